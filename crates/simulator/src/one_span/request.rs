//! What a request may carry, and what is wrong with one that carries something else (`other-systems.md section C.3`).

use std::net::Ipv4Addr;

use serde_json::{Map, Value};

use super::path::Kind;

/// A request's members, checked.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) members: Map<String, Value>,
    /// Whether the risk engine is asked.
    pub(super) assessed: bool,
    /// Whether the user answers a challenge with it.
    pub(super) has_credentials: bool,
}

/// The messages of `validationErrors`.
pub(super) type Wrong = Vec<String>;

/// What the risk-only call cannot do without.
const MANDATORY: [&str; 4] = ["accountRef", "amount", "currency", "transactionType"];

impl Request {
    pub(super) fn parse(kind: Kind, body: &[u8]) -> Result<Self, Wrong> {
        let members: Map<String, Value> =
            serde_json::from_slice(body).map_err(|error| vec![format!("body: {error}")])?;
        let object_type = members.get("objectType").and_then(Value::as_str);
        let assessed = match (kind, object_type) {
            (Kind::Login, Some("AdaptiveLoginInput")) => true,
            (Kind::Login, Some("LoginInput")) => false,
            (Kind::Transaction, Some("AdaptiveTransactionValidationInput")) => true,
            (Kind::Transaction, Some("TransactionValidationInput")) => false,
            (Kind::Login | Kind::Transaction, _) => return Err(vec!["objectType: unknown".to_owned()]),
            (Kind::Event | Kind::RiskOnly, _) => true,
        };
        let mut wrong = Vec::new();
        let mut require = |holds: bool, message: String| {
            if !holds {
                wrong.push(message);
            }
        };
        let text = |name: &str| members.get(name).map(|value| value.as_str());
        if let Some(address) = text("clientIP") {
            let dotted = address.is_some_and(|address| address.parse::<Ipv4Addr>().is_ok());
            require(dotted, "clientIP: must be in dotted decimal notation".to_owned());
        }
        if let Some(session) = text("sessionID") {
            let hexadecimal =
                session.is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit()));
            require(hexadecimal, "sessionID: must be hexadecimal".to_owned());
        }
        if let Some(cddc) = members.get("cddc") {
            require(cddc.is_object(), "cddc: must be an object".to_owned());
        }
        if kind == Kind::Event {
            require(text("eventType").flatten().is_some(), "eventType: is mandatory".to_owned());
        }
        if kind == Kind::RiskOnly {
            for name in MANDATORY {
                require(
                    members.get(name).is_some_and(|value| !value.is_null()),
                    format!("{name}: is mandatory"),
                );
            }
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let has_credentials = members.get("credentials").is_some_and(Value::is_object);
        Ok(Self { members, assessed, has_credentials })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(kind: Kind, body: &str) -> Wrong {
        Request::parse(kind, body.as_bytes()).unwrap_err()
    }

    #[test]
    fn each_mistake_is_named() {
        let adaptive = |more: &str| format!(r#"{{"objectType":"AdaptiveLoginInput",{more}}}"#);
        assert_eq!(wrong(Kind::Login, "{}"), ["objectType: unknown"]);
        assert_eq!(
            wrong(Kind::Login, &adaptive(r#""clientIP":"::1""#)),
            ["clientIP: must be in dotted decimal notation"]
        );
        assert_eq!(
            wrong(Kind::Login, &adaptive(r#""sessionID":"3f-2""#)),
            ["sessionID: must be hexadecimal"]
        );
        assert_eq!(wrong(Kind::Login, &adaptive(r#""cddc":"x""#)), ["cddc: must be an object"]);
        assert_eq!(wrong(Kind::Event, "{}"), ["eventType: is mandatory"]);
        assert_eq!(wrong(Kind::RiskOnly, r#"{"amount":1}"#).len(), 3);
        assert_eq!(wrong(Kind::RiskOnly, "[]").len(), 1);
    }

    #[test]
    fn what_is_not_adaptive_is_not_assessed() {
        let parsed = |kind, body: &str| Request::parse(kind, body.as_bytes()).unwrap().assessed;
        assert!(!parsed(Kind::Login, r#"{"objectType":"LoginInput"}"#));
        assert!(!parsed(Kind::Transaction, r#"{"objectType":"TransactionValidationInput"}"#));
        assert!(parsed(Kind::Transaction, r#"{"objectType":"AdaptiveTransactionValidationInput"}"#));
    }
}
