//! Answers that riskgate writes itself, as OneSpan writes them (other-systems.md sections C.4 and C.7).

use super::fields::RISK_RESPONSE_CODE;
use crate::answer::{Answer, Fault};
use crate::json::{Edits, Object, Value, quoted};

/// The content type of requests and answers.
pub(super) const CONTENT_TYPE: &str = "application/json";

/// What of an answer identifies the request, and may be repeated where the rest of it is withheld.
const IDENTIFIERS: [&str; 4] = ["requestID", "eventID", "eventId", "transactionID"];

/// The members of `answer` that identify the request, as they were sent. None of an answer that does not read.
pub(super) fn identifiers(answer: &[u8]) -> String {
    let mut members = String::new();
    if let Ok(answer) = Object::read(answer) {
        for name in IDENTIFIERS {
            if let (Value::Text(_), Some(text)) = (answer.get(name), answer.raw(name)) {
                members.push_str(&format!("{}:{text},", quoted(name)));
            }
        }
    }
    members
}

/// The identifier of the session `reference`, as a member.
pub(super) fn identifier(reference: &str) -> String {
    if reference.is_empty() { String::new() } else { format!("\"requestID\":{},", quoted(reference)) }
}

/// The decline: the code 1 and the state of a refusal, with nothing but identifiers beside them.
pub(super) fn decline(identifiers: &str) -> Answer {
    answer(200, format!(r#"{{{identifiers}"riskResponseCode":1,"sessionStatus":"refused"}}"#))
}

/// What is on file of a request that was declined: `answer` with the code 1. Nothing of an answer that does not read.
pub(super) fn declined_on_file(answer: &[u8]) -> Answer {
    let Ok(on_file) = Object::read(answer) else { return decline("") };
    let mut edits = Edits::default();
    edits.set(RISK_RESPONSE_CODE, "1".to_owned());
    if !on_file.get("sessionStatus").is_missing() {
        edits.set("sessionStatus", quoted("refused"));
    }
    self::answer(200, edits.apply(Some(&on_file), answer.len()))
}

/// A challenge in OneSpan's own form: the code that asks for it, and a session that still runs.
pub(super) fn challenge(identifiers: &str, code: u32) -> Answer {
    answer(200, format!(r#"{{{identifiers}"riskResponseCode":{code},"sessionStatus":"pending"}}"#))
}

/// The answer that says that a session still runs.
pub(super) fn pending(reference: &str) -> Answer {
    answer(200, format!(r#"{{{}"sessionStatus":"pending"}}"#, identifier(reference)))
}

/// An error with OneSpan's `message`.
pub(super) fn error(status: u16, message: &str) -> Answer {
    answer(status, format!(r#"{{"message":{}}}"#, quoted(message)))
}

/// A fault, with the status that HTTP has for it.
pub(super) fn fault(fault: Fault, details: &str) -> Answer {
    let status = match fault {
        Fault::Unauthorized => 403,
        Fault::NotFound => 404,
        Fault::MethodNotAllowed => 405,
        Fault::UnsupportedMediaType => 415,
        Fault::InvalidParameters => 400,
        Fault::RequestTimeout => 408,
        Fault::Maintenance => 503,
        Fault::InternalError => 500,
    };
    error(status, details)
}

/// The answer in place of one that cannot be believed: its own status for a 4xx or 5xx, else 500.
pub(super) fn in_place_of(status: u16, details: &str) -> Answer {
    error(if (400..600).contains(&status) { status } else { 500 }, details)
}

fn answer(status: u16, body: String) -> Answer {
    Answer { status, content_type: CONTENT_TYPE, body: body.into() }
}
