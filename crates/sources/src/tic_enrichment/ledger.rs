//! Where is written down what was spent.

use async_trait::async_trait;
use riskgate_core::Assessment;
use serde::{Deserialize, Serialize};

use crate::source::SourceFailure;

/// Keeps what was spent, sealed, for every sidecar that serves the session.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Writes down that the session's enrichment is about to be spent.
    ///
    /// # Errors
    ///
    /// [`LedgerError`]: then it must not be spent.
    async fn intend(&self, provider: &str, session: &str) -> Result<Intent, LedgerError>;

    /// Writes down what came of it.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    async fn note(&self, provider: &str, session: &str, spent: &Spent) -> Result<(), LedgerError>;

    /// What came of it; none while nothing is known of it.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    async fn spent(&self, provider: &str, session: &str) -> Result<Option<Spent>, LedgerError>;
}

/// Whose a session's enrichment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// Nobody intended to spend it before.
    Yours,
    /// Somebody did.
    Earlier,
}

/// What was spent, and what came of it. It has no `{:?}` form: it holds a person's data.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Spent {
    /// What it is to a decision.
    pub outcome: Outcome,
    /// The service's answer to the request, for the application's own.
    pub state: Option<String>,
    /// What was found, for the application, once.
    pub data: Option<String>,
}

impl Spent {
    /// What brought nothing.
    #[must_use]
    pub fn nothing(outcome: Outcome) -> Self {
        Self { outcome, state: None, data: None }
    }
}

/// What an enrichment is to a decision. Nothing in it identifies a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// It found something.
    Found {
        /// TIC's own level of the addresses; where they were not asked for, `NotApplicable`.
        assessment: Assessment,
        /// TIC's own score.
        score: Option<u8>,
        /// Named facts.
        indicators: Vec<String>,
    },
    /// The application spent it before.
    AlreadyEnriched,
    /// The service refused, or could not be reached: nothing was spent.
    Failed,
    /// It may be spent, and what it found is gone.
    Lost,
}

/// Why nothing could be written down, or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("what was spent cannot be written down: {0}")]
pub struct LedgerError(pub String);

impl From<LedgerError> for SourceFailure {
    fn from(error: LedgerError) -> Self {
        Self::Failed(error.to_string())
    }
}
