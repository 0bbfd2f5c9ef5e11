//! Answers that riskgate writes itself, as BankID writes them (bankid-se.md sections 4 and 6).

use crate::answer::{Answer, Fault};
use crate::json::quoted;

/// The content type of requests and answers. BankID answers 415 to any parameter beside it (bankid-se.md section 0.4).
pub(super) const CONTENT_TYPE: &str = "application/json";

const INTERNAL_ERROR: &str = "internalError";
const UNAUTHORIZED: &str = "unauthorized";

/// An error, in the key order that BankID has on the wire.
pub(super) fn error(status: u16, code: &str, details: &str) -> Answer {
    answer(status, format!(r#"{{"errorCode":{},"details":{}}}"#, quoted(code), quoted(details)))
}

/// A collect answer without completion data.
pub(super) fn state(reference: &str, state: &str, hint: &str) -> Answer {
    let (reference, state, hint) = (quoted(reference), quoted(state), quoted(hint));
    answer(200, format!(r#"{{"orderRef":{reference},"status":{state},"hintCode":{hint}}}"#))
}

/// A fault with the status and code that BankID has for it.
pub(super) fn fault(fault: Fault, details: &str) -> Answer {
    let (status, code) = match fault {
        Fault::Unauthorized => (403, UNAUTHORIZED),
        Fault::NotFound => (404, "notFound"),
        Fault::MethodNotAllowed => (405, "methodNotAllowed"),
        Fault::UnsupportedMediaType => (415, "unsupportedMediaType"),
        Fault::InvalidParameters => (400, "invalidParameters"),
        Fault::RequestTimeout => (408, "requestTimeout"),
        Fault::Maintenance => (503, "maintenance"),
        Fault::InternalError => (500, INTERNAL_ERROR),
    };
    error(status, code, details)
}

/// The answer in place of one that cannot be believed (design.md section 4, Failure).
pub(super) fn in_place_of(status: u16, details: &str) -> Answer {
    match status {
        403 => error(403, UNAUTHORIZED, details),
        400..=599 => error(status, INTERNAL_ERROR, details),
        _ => error(500, INTERNAL_ERROR, details),
    }
}

fn answer(status: u16, body: String) -> Answer {
    Answer { status, content_type: CONTENT_TYPE, body: body.into() }
}
