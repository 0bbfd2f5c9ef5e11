//! What the store knows of a transaction.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use riskgate_core::{Millis, Operation, RequirementSet, Signal, Threshold};

/// How long an open order is kept (design.md section 4).
pub const OPEN_FOR: Millis = 600_000;
/// How long the answer of a complete transaction is kept, as the application sees it (bankid-se.md section 7).
pub const COMPLETE_FOR: Millis = 180_000;
/// How long the answer of a failed transaction is kept, as the application sees it.
pub const FAILED_FOR: Millis = 300_000;
/// How long the answer to an exchange is kept for the same request, sent again (design.md section 4, deliver once).
pub const EXCHANGED_FOR: Millis = 60_000;
/// How long the decision on a session is kept that gives its result as often as it is asked: as long as something can come
/// after the result (other-systems.md section B.3: an enrichment within 30 minutes, its URL 30 more).
pub const DECIDED_FOR: Millis = 3_600_000;
/// How long a terminal answer is kept until it is judged: the longest window that its judgement can give it, so that a task
/// that died while judging loses nothing that the application could still have asked for.
pub const HELD_FOR: Millis = FAILED_FOR;

/// A transaction: what was known when it was started, and its terminal answer once there is one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transaction {
    /// Facts from when the order was made; none for an order that another sidecar, or an earlier life of this one, made.
    pub order: Option<Order>,
    /// The terminal answer.
    pub terminal: Option<Terminal>,
    /// A request for the result was sent and its answer lost: a terminal answer may be gone.
    pub unresolved: bool,
    /// The decision record of the settled answer may not have been written yet ([`crate::TransactionStore::claim_record`]).
    pub unrecorded: bool,
    /// The shared store could not be asked, or was not there when the order was made: what stands here is what this sidecar
    /// alone knows.
    pub degraded: bool,
}

/// Facts from when the order was made. No policy: a decision is made under the configuration current when it is made.
///
/// What would have to be copied is shared: a store gives an order out at every look.
#[derive(Clone, PartialEq, Eq)]
pub struct Order {
    /// What the application asked for.
    pub operation: Operation,
    /// The flow it was started in; none for an operation that no flow covers.
    pub flow: Option<Arc<str>>,
    /// The threshold that the application set itself.
    pub application_threshold: Option<Threshold>,
    /// What the order carried when it was sent.
    pub carried: RequirementSet,
    /// The client certificate that created it, by fingerprint.
    pub certificate: Arc<str>,
    /// The members that were attached.
    pub attached: Arc<[String]>,
    /// What was found wrong with what the application sent.
    pub lint: Arc<[String]>,
    /// What the screen-phase sources said.
    pub signals: Arc<[Signal]>,
    /// The user's national identity number, where the request named it.
    pub subject: Option<Arc<str>>,
    /// The user's address.
    pub client_ip: Option<IpAddr>,
    /// The user's browser.
    pub user_agent: Option<Arc<str>>,
}

/// A terminal answer: first as the provider gave it, then as the application gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Terminal {
    /// As the provider gave it; not judged yet.
    Held(Held),
    /// As the application gets it.
    Settled(Settled),
}

/// A terminal answer as the provider gave it. It must never reach an application unjudged.
#[derive(Clone, PartialEq, Eq)]
pub struct Held {
    /// The HTTP status.
    pub status: u16,
    /// The response headers that may be passed on.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body, byte for byte.
    pub body: Bytes,
}

/// A terminal answer as the application gets it, as often as it asks within the window.
#[derive(Clone, PartialEq, Eq)]
pub struct Settled {
    /// The HTTP status.
    pub status: u16,
    /// The response headers, those of the decision included.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body, byte for byte.
    pub body: Bytes,
    /// How the transaction ended, as the application sees it; gives the window.
    pub outcome: Final,
}

/// How a transaction ended, as the application sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Final {
    /// With its result.
    Complete,
    /// Without: failed at the provider, or refused.
    Failed,
    /// With the answer to the request that started it, whatever that says.
    Exchanged,
    /// With a decision on each request for its result, whatever that says.
    Decided,
}

impl Final {
    /// How long the answer is kept.
    #[must_use]
    pub fn window(self) -> Millis {
        match self {
            Self::Complete => COMPLETE_FOR,
            Self::Failed => FAILED_FOR,
            Self::Exchanged => EXCHANGED_FOR,
            Self::Decided => DECIDED_FOR,
        }
    }
}

// What is one user's own must not reach a log through `{:?}`: personal number and address here, and below the bodies, which
// hold a name, a personal number and a signature, and the headers.
impl std::fmt::Debug for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Order")
            .field("operation", &self.operation)
            .field("flow", &self.flow)
            .field("application_threshold", &self.application_threshold)
            .field("carried", &self.carried)
            .field("certificate", &self.certificate)
            .field("attached", &self.attached)
            .field("lint", &self.lint)
            .field("signals", &self.signals.len())
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Held {{ status: {}, body: {} bytes }}", self.status, self.body.len())
    }
}

impl std::fmt::Debug for Settled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Settled {{ status: {}, body: {} bytes, {:?} }}",
            self.status,
            self.body.len(),
            self.outcome
        )
    }
}
