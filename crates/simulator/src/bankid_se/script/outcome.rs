//! How an order ends.

use serde::{Deserialize, Serialize};

/// Written as `complete`, `pending`, or the hint code of a failure (`userCancel`, or any the real API may invent).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Outcome {
    /// The user completes it.
    #[default]
    Complete,
    /// Nobody does anything: the last hint repeats until the order expires.
    Pending,
    /// It fails with this hint code.
    Failed(String),
}

impl From<String> for Outcome {
    fn from(word: String) -> Self {
        match word.as_str() {
            "complete" => Self::Complete,
            "pending" => Self::Pending,
            _ => Self::Failed(word),
        }
    }
}

impl From<Outcome> for String {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Complete => "complete".to_owned(),
            Outcome::Pending => "pending".to_owned(),
            Outcome::Failed(hint) => hint,
        }
    }
}
