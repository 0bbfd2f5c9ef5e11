//! The verdict of a transaction.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What shall happen with a transaction, ordered from lax to strict: the strictest of several holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Verdict {
    /// The result reaches the application as the provider gave it.
    #[default]
    Allow,
    /// Step up: ask the user for more, as the flow's `challenge` says.
    Challenge,
    /// The application is told of a failure; the result is withheld.
    Block,
}

impl Verdict {
    /// The spelling of the `Riskgate-Verdict` header.
    #[must_use]
    pub fn header_value(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Challenge => "challenge",
            Self::Block => "block",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "Allow",
            Self::Challenge => "Challenge",
            Self::Block => "Block",
        })
    }
}
