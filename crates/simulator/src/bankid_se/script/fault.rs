//! What can go wrong with an answer.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Something that goes wrong, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// With which answers.
    pub at: FaultPoint,
    /// How many of them pass unharmed first.
    #[serde(default)]
    pub skip: u32,
    /// How many of them it hits after that; all when left out. Answers to collects and cancels are counted for each
    /// order by itself, answers to orders for the script.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// Whether the request still has its effect; see [`When`] for the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// What goes wrong.
    #[serde(flatten)]
    pub kind: FaultKind,
}

/// Which answers a fault belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FaultPoint {
    /// The answer to the order.
    Order,
    /// A pending answer.
    Pending,
    /// The terminal answer.
    Terminal,
    /// Any answer to a collect.
    Collect,
    /// The answer to a cancel.
    Cancel,
}

/// Whether the fault strikes before or after the request has its effect: an order made, a terminal answer used up, an
/// order cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum When {
    /// No effect; the terminal answer can still be collected. The default of `error` and `html403`.
    Before,
    /// The effect is there, but the answer suffers. The default of the others.
    After,
}

/// What goes wrong with an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum FaultKind {
    /// The connection closes without an answer.
    Drop {},
    /// The connection is reset without an answer.
    Reset {},
    /// The connection closes after half of the body.
    Truncate {},
    /// The body is no JSON.
    Garbage {},
    /// The front-end's HTML page with status 403.
    Html403 {},
    /// Another order's `orderRef`.
    WrongOrderRef {},
    /// A `status` that does not exist.
    UnknownStatus {},
    /// The content type carries a charset.
    Charset {},
    /// Spaces after the JSON, up to `bytes`.
    HugeBody {
        /// The length of the body; at most 64 MiB.
        bytes: usize,
    },
    /// Members are added to the answer, or replaced: objects are merged, everything else is set, also to null.
    Members {
        /// What is merged into the answer.
        members: Members,
    },
    /// An error of the API.
    Error {
        /// The HTTP status, 400 to 599.
        status: ErrorStatus,
        /// The `errorCode`, `maintenance` for instance.
        error_code: String,
        /// The `details`.
        #[serde(default)]
        details: String,
    },
}

/// The members of a JSON object.
pub type Members = Map<String, Value>;

/// An HTTP status that tells an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct ErrorStatus(http::StatusCode);

impl ErrorStatus {
    /// 500.
    pub const INTERNAL_SERVER_ERROR: Self = Self(http::StatusCode::INTERNAL_SERVER_ERROR);
    /// 503.
    pub const SERVICE_UNAVAILABLE: Self = Self(http::StatusCode::SERVICE_UNAVAILABLE);

    /// The status.
    #[must_use]
    pub fn code(self) -> http::StatusCode {
        self.0
    }
}

impl TryFrom<u16> for ErrorStatus {
    type Error = String;

    fn try_from(number: u16) -> Result<Self, String> {
        match http::StatusCode::from_u16(number) {
            Ok(status) if (400..600).contains(&number) => Ok(Self(status)),
            _ => Err(format!("status {number}: an error has a status from 400 to 599")),
        }
    }
}

impl From<ErrorStatus> for u16 {
    fn from(status: ErrorStatus) -> Self {
        status.0.as_u16()
    }
}

impl Fault {
    /// Whether it hits the answer that `earlier` answers of the same kind came before.
    pub(crate) fn hits(&self, earlier: u32) -> bool {
        earlier >= self.skip && self.times.is_none_or(|times| earlier - self.skip < times)
    }

    /// Whether the request has its effect all the same.
    pub(crate) fn takes_effect(&self) -> bool {
        match self.when {
            Some(when) => when == When::After,
            None => !matches!(self.kind, FaultKind::Error { .. } | FaultKind::Html403 {}),
        }
    }
}
