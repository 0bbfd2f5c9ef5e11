//! Answers that riskgate writes itself, in OAuth's form (RFC 6749 section 5.2; other-systems.md section A.8).

use super::level::HIGH;
use crate::answer::{Answer, Fault};
use crate::json::quoted;

/// The content type of the provider's answers.
pub const CONTENT_TYPE: &str = "application/json";

const INVALID_REQUEST: &str = "invalid_request";
const SERVER_ERROR: &str = "server_error";
const UNAVAILABLE: &str = "temporarily_unavailable";

/// The refusal of a login, with the error that the policy chose.
#[must_use]
pub fn block(error: &str, description: &str) -> Answer {
    self::error(400, error, description)
}

/// A login that is not enough: the application starts another at the high level (the words are those of RFC 9470).
#[must_use]
pub fn challenge(description: &str) -> Answer {
    let description = quoted(&allowed(description));
    let body = format!(
        r#"{{"error":"insufficient_user_authentication","error_description":{description},"acr_values":"{HIGH}","max_age":0}}"#
    );
    Answer { status: 400, content_type: CONTENT_TYPE, body: body.into() }
}

/// A fault, with the status that HTTP has for it and the nearest of OAuth's words.
#[must_use]
pub fn fault(fault: Fault, description: &str) -> Answer {
    let (status, code) = match fault {
        Fault::Unauthorized => (403, INVALID_REQUEST),
        Fault::NotFound => (404, INVALID_REQUEST),
        Fault::MethodNotAllowed => (405, INVALID_REQUEST),
        Fault::UnsupportedMediaType => (415, INVALID_REQUEST),
        Fault::InvalidParameters => (400, INVALID_REQUEST),
        Fault::RequestTimeout => (408, INVALID_REQUEST),
        Fault::Maintenance => (503, UNAVAILABLE),
        Fault::InternalError => (500, SERVER_ERROR),
    };
    error(status, code, description)
}

/// The answer in place of one that cannot be believed (design.md section 4, Failure).
#[must_use]
pub fn in_place_of(status: u16, description: &str) -> Answer {
    let status = if (400..600).contains(&status) { status } else { 500 };
    error(status, SERVER_ERROR, description)
}

fn error(status: u16, code: &str, description: &str) -> Answer {
    let (code, description) = (quoted(code), quoted(&allowed(description)));
    let body = format!(r#"{{"error":{code},"error_description":{description}}}"#);
    Answer { status, content_type: CONTENT_TYPE, body: body.into() }
}

/// A description may have printable ASCII, without quotation mark and backslash.
fn allowed(description: &str) -> String {
    let may_stand = |c: char| matches!(c, ' '..='!' | '#'..='[' | ']'..='~');
    description.chars().map(|c| if may_stand(c) { c } else { '\'' }).collect()
}
