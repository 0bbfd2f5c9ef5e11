//! Why there is no security data, in words for the decision record.

use serde_json::Value;

use crate::source::SourceFailure;

/// Causes that this source has besides [`riskgate_core::cause`].
pub mod cause {
    /// No token has a claim that names the transaction (`referenceClaim` of the provider).
    pub const NO_TRANSACTION_REFERENCE: &str = "NoTransactionReference";
    /// The provider has no security data service, or the login was another provider's.
    pub const UNSUPPORTED_BY_ISSUER: &str = "UnsupportedByIssuer";
    /// The client may not have the scope: the service is for issuing banks only.
    pub const INVALID_SCOPE: &str = "InvalidScope";
    /// The client is not known, or its proof is not taken.
    pub const INVALID_CLIENT: &str = "InvalidClient";
    /// The client may not ask for tokens of its own.
    pub const UNAUTHORIZED_CLIENT: &str = "UnauthorizedClient";
    /// The token endpoint does not understand the request.
    pub const INVALID_REQUEST: &str = "InvalidRequest";
    /// The transaction is another client's (400).
    pub const OTHER_CLIENT: &str = "OtherClientsTransaction";
    /// The access token is not taken, nor is a new one (401).
    pub const UNAUTHORIZED: &str = "Unauthorized";
    /// The access token's scope is not enough (403).
    pub const INSUFFICIENT_SCOPE: &str = "InsufficientScope";
    /// The transaction is not known to the provider (404).
    pub const UNKNOWN_TRANSACTION: &str = "UnknownTransaction";
    /// The data is no longer there: it stays an hour (410).
    pub const DATA_GONE: &str = "DataGone";
}

/// The longest word of an error body that is repeated.
const LONGEST: usize = 64;

/// A refusal that concerns this transaction alone.
pub(super) fn refused(cause: &str) -> SourceFailure {
    SourceFailure::Refused { causes: vec![cause.to_owned()], always: false }
}

/// What the service's status means for this transaction, or for all.
pub(super) fn of_service(cause: &str, always: bool, body: &[u8]) -> SourceFailure {
    SourceFailure::Refused { causes: with_reason(cause, body), always }
}

/// Why the token endpoint gave none. Everybody would be told the same.
pub(super) fn of_token_endpoint(status: u16, body: &[u8]) -> SourceFailure {
    let cause = match reason(body).as_deref() {
        Some("invalid_scope") => cause::INVALID_SCOPE,
        Some("invalid_client") => cause::INVALID_CLIENT,
        Some("unauthorized_client") => cause::UNAUTHORIZED_CLIENT,
        Some("invalid_request" | "invalid_grant" | "unsupported_grant_type") => cause::INVALID_REQUEST,
        _ if status == 429 => riskgate_core::cause::OVERLOADED,
        _ => riskgate_core::cause::FAILED,
    };
    of_service(cause, true, body)
}

fn with_reason(cause: &str, body: &[u8]) -> Vec<String> {
    let mut causes = vec![cause.to_owned()];
    causes.extend(reason(body).map(|reason| format!("error:{reason}")));
    causes
}

/// The one word that an error body gives as its reason. Its shape is not specified (other-systems.md section A.6): what is
/// no plain word is not repeated, since it might be anything.
fn reason(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let places = ["error", "code", "errorCode", "error_code", "reason"];
    let text = places.iter().find_map(|name| match &body[*name] {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(inner) => inner.get("code").and_then(Value::as_str).map(str::to_owned),
        _ => None,
    })?;
    let plain = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-' | b'.');
    // A long run of digits could be somebody's number.
    let few_digits = text.bytes().filter(u8::is_ascii_digit).count() <= 6;
    let word = (1..=LONGEST).contains(&text.len())
        && few_digits
        && text.bytes().all(|byte| plain(byte) || byte.is_ascii_digit());
    word.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_word_is_repeated() {
        for (body, expected) in [
            (r#"{"error":"invalid_scope","error_description":"for 01019912345"}"#, Some("invalid_scope")),
            (r#"{"code":4041}"#, Some("4041")),
            (r#"{"error":{"code":"E-17.b"}}"#, Some("E-17.b")),
            (r#"{"reason":"tid_unknown"}"#, Some("tid_unknown")),
            (r#"{"error":"user 01019912345"}"#, None),
            (r#"{"error":"01019912345"}"#, None),
            (r#"{"error":""}"#, None),
            (r#"{"error":null}"#, None),
            ("[]", None),
            ("<html>", None),
            ("", None),
        ] {
            assert_eq!(reason(body.as_bytes()).as_deref(), expected, "{body}");
        }
    }
}
