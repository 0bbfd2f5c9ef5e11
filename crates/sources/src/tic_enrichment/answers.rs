//! The service's answers (other-systems.md section B.3).

use bytes::Bytes;
use serde_json::Value;

use super::ledger::Outcome;

/// How an enrichment stands.
pub(super) struct State {
    /// Its id.
    pub(super) id: String,
    status: String,
    requested: usize,
    completed: usize,
    secure_url: Option<String>,
    /// The answer as it came.
    pub(super) text: String,
}

/// Reads the answer to a request for an enrichment, or for its state.
pub(super) fn state(answer: &Bytes) -> Option<State> {
    let read: Value = serde_json::from_slice(answer).ok()?;
    let text = |name: &str| read.get(name).and_then(Value::as_str).map(str::to_owned);
    let count = |name: &str| read.get(name).and_then(Value::as_array).map_or(0, Vec::len);
    Some(State {
        id: text("enrichmentId").filter(|id| is_token(id))?,
        status: text("status")?.to_ascii_lowercase(),
        requested: count("requestedTypes"),
        completed: count("completedTypes"),
        secure_url: text("secureUrl"),
        text: String::from_utf8(answer.to_vec()).ok()?,
    })
}

impl State {
    pub(super) fn is_processing(&self) -> bool {
        matches!(self.status.as_str(), "pending" | "processing")
    }

    pub(super) fn is_partial(&self) -> bool {
        self.status == "partiallycompleted" || self.completed < self.requested
    }

    /// Where its data is fetched, once. A URL that leads elsewhere is none: nothing but its last part is used.
    pub(super) fn data_path(&self) -> Option<String> {
        let token = self.secure_url.as_deref()?.rsplit('/').next().filter(|token| is_token(token))?;
        Some(format!("/api/v1/enrichment/data/{token}"))
    }
}

/// What a refusal says.
pub(super) fn refused(status: u16, answer: &Bytes) -> Outcome {
    let text = String::from_utf8_lossy(answer).to_ascii_lowercase();
    let already = text.contains("already been enriched") || text.contains("already_enriched");
    match status {
        400 | 409 if already => Outcome::AlreadyEnriched,
        // What a server's fault did is not known.
        500.. => Outcome::Lost,
        _ => Outcome::Failed,
    }
}

fn is_token(text: &str) -> bool {
    (1..=256).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
