//! Whose time ends transactions: the server's, for all sidecars alike (docs/adr/0014).

use std::sync::Arc;

use riskgate_core::{Clock, Millis};

/// How much longer than a transaction's deadline the server keeps it where the deadline is by another clock than its own.
const SPARE: Millis = 60_000;

/// The time that deadlines are kept by.
///
/// Normally the server's own: its expiry is the deadline, scripts ask it for the time, and what it still has is not over. No
/// sidecar's clock plays a part. Tests of the contract move time, which no server lets them: there, scripts are told the time.
pub(super) struct Time(Option<Arc<dyn Clock>>);

impl Time {
    /// The server's.
    pub(super) fn of_the_server() -> Self {
        Self(None)
    }

    /// That of `clock`.
    #[cfg(any(test, feature = "conformance"))]
    pub(super) fn of(clock: Arc<dyn Clock>) -> Self {
        Self(Some(clock))
    }

    /// The time as scripts take it: nothing where they ask the server.
    pub(super) fn argument(&self) -> String {
        self.0.as_ref().map_or_else(String::new, |clock| clock.now().to_string())
    }

    /// How long after a deadline the server drops a transaction.
    pub(super) fn spare(&self) -> Millis {
        if self.0.is_some() { SPARE } else { 0 }
    }

    /// Whether what the server still has is over.
    pub(super) fn is_over(&self, deadline: Millis) -> bool {
        self.0.as_ref().is_some_and(|clock| deadline <= clock.now())
    }
}
