//! What the store knows of a transaction.

use std::net::IpAddr;

use bytes::Bytes;
use riskgate_core::{Millis, Operation, RequirementSet, Signal, Threshold};
use serde::{Deserialize, Serialize};

/// How long an open order is kept (design.md section 4).
pub const OPEN_FOR: Millis = 600_000;
/// How long the answer of a complete transaction is kept, as the application sees it (bankid-se.md section 7).
pub const COMPLETE_FOR: Millis = 180_000;
/// How long the answer of a failed transaction is kept, as the application sees it.
pub const FAILED_FOR: Millis = 300_000;

/// A transaction: what was known when it was started, and its terminal answer once there is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transaction {
    /// Facts from when the order was made; none for an order that another sidecar, or an earlier life of this one, made.
    pub order: Option<Order>,
    /// The terminal answer.
    pub terminal: Option<Terminal>,
    /// A request for the result was sent and its answer lost: a terminal answer may be gone.
    #[serde(default)]
    pub unresolved: bool,
}

/// Facts from when the order was made. No policy: a decision is made under the configuration current when it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// What the application asked for.
    pub operation: Operation,
    /// The flow it was started in; none for an operation that no flow covers.
    pub flow: Option<String>,
    /// The threshold that the application set itself.
    pub application_threshold: Option<Threshold>,
    /// What the order carried when it was sent.
    pub carried: RequirementSet,
    /// The client certificate that created it, by fingerprint.
    pub certificate: String,
    /// The members that were attached.
    pub attached: Vec<String>,
    /// What was found wrong with what the application sent.
    pub lint: Vec<String>,
    /// What the screen-phase sources said.
    pub signals: Vec<Signal>,
    /// The user's national identity number, where the request named it.
    pub subject: Option<String>,
    /// The user's address.
    pub client_ip: Option<IpAddr>,
    /// The user's browser.
    pub user_agent: Option<String>,
}

/// A terminal answer: first as the provider gave it, then as the application gets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Terminal {
    /// As the provider gave it; not judged yet.
    Held(Held),
    /// As the application gets it.
    Settled(Settled),
}

/// A terminal answer as the provider gave it. It must never reach an application unjudged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    /// The HTTP status.
    pub status: u16,
    /// The response headers that may be passed on.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte.
    #[serde(with = "body")]
    pub body: Bytes,
}

/// A terminal answer as the application gets it, as often as it asks within the window.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settled {
    /// The HTTP status.
    pub status: u16,
    /// The response headers, those of the decision included.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte.
    #[serde(with = "body")]
    pub body: Bytes,
    /// How the transaction ended, as the application sees it; gives the window.
    pub outcome: Final,
}

/// How a transaction ended, as the application sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Final {
    /// With its result.
    Complete,
    /// Without: failed at the provider, or refused.
    Failed,
}

impl Final {
    /// How long the answer is kept.
    #[must_use]
    pub fn window(self) -> Millis {
        match self {
            Self::Complete => COMPLETE_FOR,
            Self::Failed => FAILED_FOR,
        }
    }
}

// A body holds a name, a personal number and a signature: it must not reach a log through `{:?}`.
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

/// Bodies in the serialised form of a shared store: bytes are kept as they are, valid UTF-8 as text, else refused by the
/// reader before they come here.
mod body {
    use bytes::Bytes;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(body: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(body)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        Vec::<u8>::deserialize(deserializer).map(Bytes::from)
    }
}
