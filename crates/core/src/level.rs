//! Risk levels, what a source says of a transaction, and the levels a policy may name as thresholds.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A risk level, ordered from harmless to harmful.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Level {
    /// Nothing notable.
    Low,
    /// May need follow-up.
    Moderate,
    /// The transaction should be stopped and looked into.
    High,
}

impl Level {
    /// Every level, lowest first.
    pub const ALL: [Self; 3] = [Self::Low, Self::Moderate, Self::High];
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Low => "Low",
            Self::Moderate => "Moderate",
            Self::High => "High",
        })
    }
}

/// A level that a policy may name as threshold. `Low` is not among them: it would stop everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Threshold {
    /// From `Moderate` upwards.
    Moderate,
    /// Only `High`.
    High,
}

impl Threshold {
    /// Whether `level` reaches this threshold.
    #[must_use]
    pub fn met_by(self, level: Level) -> bool {
        level >= self.level()
    }

    /// The lowest level that reaches this threshold.
    #[must_use]
    pub fn level(self) -> Level {
        match self {
            Self::Moderate => Level::Moderate,
            Self::High => Level::High,
        }
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.level().fmt(f)
    }
}

/// What one source says. The last three are never folded into a level: each has its own rule in a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub enum Assessment {
    /// The source assessed the transaction.
    Level(Level),
    /// The source answered, and cannot tell.
    Unknown,
    /// The source failed, timed out, or what it said was lost.
    Unavailable,
    /// The source does not apply to this kind of transaction (a phone order, for BankID's indication).
    NotApplicable,
}

impl Assessment {
    /// The name used in records, metrics and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Level(Level::Low) => "Low",
            Self::Level(Level::Moderate) => "Moderate",
            Self::Level(Level::High) => "High",
            Self::Unknown => "Unknown",
            Self::Unavailable => "Unavailable",
            Self::NotApplicable => "NotApplicable",
        }
    }

    /// Every assessment, for tables and bounded metric labels.
    pub const ALL: [Self; 6] = [
        Self::Level(Level::Low),
        Self::Level(Level::Moderate),
        Self::Level(Level::High),
        Self::Unknown,
        Self::Unavailable,
        Self::NotApplicable,
    ];
}

impl fmt::Display for Assessment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl From<Level> for Assessment {
    fn from(level: Level) -> Self {
        Self::Level(level)
    }
}

impl From<Assessment> for &'static str {
    fn from(assessment: Assessment) -> Self {
        assessment.name()
    }
}

impl TryFrom<String> for Assessment {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Self::ALL.into_iter().find(|known| known.name() == name).ok_or_else(|| {
            format!("unknown assessment {name:?}; write Low, Moderate, High, Unknown, Unavailable or NotApplicable")
        })
    }
}
