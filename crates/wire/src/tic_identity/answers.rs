//! Answers that riskgate writes itself, as TIC writes them (other-systems.md section B.2).

use serde_json::{Value, json};

use crate::answer::{Answer, Fault};

/// The content type of requests and answers.
pub(super) const CONTENT_TYPE: &str = "application/json";

/// An error, in the first of the two forms that clients know: `{"error":{"code","message"}}`.
pub(super) fn error(status: u16, code: &str, message: &str) -> Answer {
    answer(status, &json!({ "error": { "code": code, "message": message } }))
}

/// A session's state without a result: the answer to a poll, a status request and a collect alike.
pub(super) fn state(reference: &str, state: &str, hint: &str) -> Answer {
    answer(200, &json!({ "sessionId": reference, "status": state, "hintCode": hint }))
}

/// The answer that refuses what comes after a session, in the words that TIC has for a session that is not complete
/// (section B.3).
pub(super) fn not_completed() -> Answer {
    error(400, "session_not_completed", "Session not completed")
}

/// A fault with the status and code that TIC has for it.
pub(super) fn fault(fault: Fault, details: &str) -> Answer {
    let (status, code) = match fault {
        Fault::Unauthorized => (403, "forbidden"),
        Fault::NotFound => (404, "not_found"),
        Fault::MethodNotAllowed => (405, "method_not_allowed"),
        Fault::UnsupportedMediaType => (415, "unsupported_media_type"),
        Fault::InvalidParameters => (400, "invalid_request"),
        Fault::RequestTimeout => (408, "request_timeout"),
        Fault::Maintenance => (503, "service_unavailable"),
        Fault::InternalError => (500, "internal_error"),
    };
    error(status, code, details)
}

/// The answer in place of one that cannot be believed (design.md section 4, Failure).
pub(super) fn in_place_of(status: u16, details: &str) -> Answer {
    let status = if (400..600).contains(&status) { status } else { 500 };
    error(status, "internal_error", details)
}

fn answer(status: u16, body: &Value) -> Answer {
    Answer { status, content_type: CONTENT_TYPE, body: body.to_string().into() }
}
