//! What one source said of one transaction.

use serde::{Deserialize, Serialize};

use crate::level::Assessment;

/// The source name of the provider's own indication, in signals, reasons and flow entries.
pub const PROVIDER_SOURCE: &str = "provider";

/// When a source was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Phase {
    /// Before the order exists: from the request alone.
    Screen,
    /// When the provider's result is there.
    Assess,
}

/// Indicators that say why a signal is `Unavailable`.
pub mod cause {
    /// The source did not answer within its budget.
    pub const TIMED_OUT: &str = "TimedOut";
    /// The source answered with an error, or could not be reached.
    pub const FAILED: &str = "Failed";
    /// The source failed so often that it is left alone for a while.
    pub const CIRCUIT_OPEN: &str = "CircuitOpen";
    /// The source was busy with as many questions as it may get at once.
    pub const OVERLOADED: &str = "Overloaded";
    /// The order is not in the store, so what was learned when it was made is lost (design.md section 4).
    pub const CONTEXT_LOST: &str = "ContextLost";
    /// The flow names the source, and nothing asked it.
    pub const NOT_ASKED: &str = "NotAsked";
    /// What can be asked only once may have been asked, and its answer is not there: it is never asked again.
    pub const SPEND_UNRESOLVED: &str = "SpendUnresolved";
    /// What can be asked only once was asked by the application.
    pub const ALREADY_ENRICHED: &str = "AlreadyEnriched";
}

/// Indicators of the provider's own signal that say what its answer does already, in its own form (OneSpan's codes,
/// other-systems.md section C.5). They decide whatever the thresholds of the flow.
pub mod own {
    /// The provider declined by itself: at least a block.
    pub const DECLINED: &str = "ProviderDeclined";
    /// The provider challenges the user by itself: at least a challenge, which the application understands as it comes.
    pub const CHALLENGED: &str = "ProviderChallenged";
    /// The user met a challenge before the provider gave this result.
    pub const CHALLENGE_MET: &str = "ProviderChallengeMet";
}

/// An assessment with where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Signal {
    /// The source's name in the policy, or [`PROVIDER_SOURCE`].
    pub source: String,
    /// When it was asked.
    pub phase: Phase,
    /// What it said.
    pub assessment: Assessment,
    /// A score of 0 to 100, where the source gives one.
    pub score: Option<u8>,
    /// Machine-readable facts behind the assessment; for `Unavailable`, one of [`cause`].
    pub indicators: Vec<String>,
    /// How old the fact was when it was used, in milliseconds (0: asked for this transaction).
    pub age_ms: u64,
    /// How long the source took, in milliseconds.
    pub latency_ms: u64,
}

impl Signal {
    /// A signal without score, indicators, age or latency.
    #[must_use]
    pub fn new(source: impl Into<String>, phase: Phase, assessment: impl Into<Assessment>) -> Self {
        Self {
            source: source.into(),
            phase,
            assessment: assessment.into(),
            score: None,
            indicators: Vec::new(),
            age_ms: 0,
            latency_ms: 0,
        }
    }

    /// An `Unavailable` signal with its [`cause`].
    #[must_use]
    pub fn unavailable(source: impl Into<String>, phase: Phase, cause: &str) -> Self {
        Self { indicators: vec![cause.to_owned()], ..Self::new(source, phase, Assessment::Unavailable) }
    }

    /// Whether the signal carries `indicator`.
    #[must_use]
    pub fn has_indicator(&self, indicator: &str) -> bool {
        self.indicators.iter().any(|known| known == indicator)
    }
}
