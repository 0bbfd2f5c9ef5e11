//! The trait that every enrichment source implements, what it is asked and what it says.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use riskgate_core::{Assessment, Facts, Operation, Phase};

use crate::outbound::OutboundError;

/// What may be known of a transaction when a source is asked. What is not known is absent, never made up.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Question {
    /// The entry of the policy that the application talks to.
    pub provider: String,
    /// The provider's reference; none before the order exists.
    pub reference: Option<String>,
    /// What the application asked for; none for an order that nothing is known of any more.
    pub operation: Option<Operation>,
    /// The user's address, as the application reported it.
    pub client_ip: Option<IpAddr>,
    /// The address of the device that the user identified with, as the provider saw it. Another than `client_ip` is normal
    /// (a QR code is scanned with another device).
    pub device_ip: Option<IpAddr>,
    /// The user's browser.
    pub user_agent: Option<String>,
    /// The level of assurance of the login, where the provider's result names one (BankID Norway: 3 or 4).
    pub assurance: Option<u8>,
    /// Whether an earlier login goes on (BankID Norway: a refresh token), and nobody logged in now.
    pub renewed: bool,
    /// The user's national identity number.
    pub subject: Option<String>,
    /// The application's request, where the source is asked before it is sent.
    pub request: Option<Bytes>,
}

/// What a source found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What it says. A source that could not find out gives a [`SourceFailure`] instead of `Unavailable`.
    pub assessment: Assessment,
    /// A score of 0 to 100, where the source has one.
    pub score: Option<u8>,
    /// Machine-readable facts behind the assessment; nothing that identifies a user.
    pub indicators: Vec<String>,
    /// What else it said, for conditions of `blockWhen`. May be a user's own, and is never recorded.
    pub facts: Facts,
    /// How old the fact is: zero when it was asked for now.
    pub age: Duration,
}

impl Report {
    /// An assessment that was made now, without score or indicators.
    #[must_use]
    pub fn new(assessment: impl Into<Assessment>) -> Self {
        Self {
            assessment: assessment.into(),
            score: None,
            indicators: Vec::new(),
            facts: Facts::default(),
            age: Duration::ZERO,
        }
    }
}

/// Why a source found out nothing. The texts go to the log: nothing of a user belongs into them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceFailure {
    /// It could not be reached, or its answer is of no use.
    #[error("{0}")]
    Failed(String),
    /// It asked to be asked less often.
    #[error("it is overloaded: {0}")]
    Overloaded(String),
    /// It answered, and said why it does not tell: the causes go into the decision record in place of `Failed`.
    #[error("it does not tell: {}", causes.join(", "))]
    Refused {
        /// Why, the source's own name for it first. Nothing of a user.
        causes: Vec<String>,
        /// Whether it would refuse every question alike. If not, it works, and its circuit breaker counts no failure.
        always: bool,
    },
    /// It is still working on its answer after all the time that it had for it.
    #[error("it did not find out in its time")]
    TimedOut,
}

impl From<OutboundError> for SourceFailure {
    fn from(error: OutboundError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Something that can assess a transaction.
///
/// A source must not block the thread, and must leave nothing behind when its future is dropped: that happens when its time
/// is over, and when nobody waits for the answer any more.
#[async_trait]
pub trait Source: Send + Sync {
    /// Its name in the policy.
    fn name(&self) -> &str;

    /// Whether it is asked in `phase`.
    fn serves(&self, phase: Phase) -> bool;

    /// Finds out what it can.
    ///
    /// # Errors
    ///
    /// [`SourceFailure`] when that is nothing because something went wrong; that a source knows nothing of a user is no
    /// failure but [`Assessment::Unknown`].
    async fn assess(&self, phase: Phase, question: &Question) -> Result<Report, SourceFailure>;
}

// The rest is one user's own.
impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question")
            .field("provider", &self.provider)
            .field("operation", &self.operation)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_debug_form_shows_nothing_of_the_user() {
        let question = Question {
            provider: "bankid".to_owned(),
            reference: Some("131daac9".to_owned()),
            operation: Some(Operation::Sign),
            client_ip: Some([192, 0, 2, 77].into()),
            device_ip: Some([198, 51, 100, 7].into()),
            user_agent: Some("Secret-Agent".to_owned()),
            assurance: Some(4),
            renewed: true,
            subject: Some("199001012385".to_owned()),
            request: Some(Bytes::from_static(b"{}")),
        };
        assert_eq!(format!("{question:?}"), "Question { provider: \"bankid\", operation: Some(Sign), .. }");
    }
}
