//! Who asks for tokens (other-systems.md section A.4). Every client is known here, with any secret: what is checked is that it
//! authenticates as the provider documents it.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;

/// The one type of assertions (RFC 7523 section 2.2).
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The client that a request for tokens is of: by Basic, by its form, or by an assertion for one of `audiences`. None where it
/// does not authenticate.
pub(super) fn authenticated(
    authorization: Option<&[u8]>,
    form: &[(String, String)],
    audiences: &[&str],
    now: i64,
) -> Option<String> {
    let value = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let filled = |text: &str| !text.is_empty();
    if let Some(header) = authorization {
        let encoded = header.strip_prefix(b"Basic ")?;
        let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
        let (client, secret) = text.split_once(':')?;
        return (filled(client) && filled(secret)).then(|| decoded(client));
    }
    if let Some(assertion) = value("client_assertion") {
        let kind = value("client_assertion_type")?;
        return (kind == ASSERTION_TYPE).then(|| asserted(assertion, audiences, now)).flatten();
    }
    value("client_secret").filter(|secret| filled(secret))?;
    value("client_id").filter(|client| filled(client)).map(str::to_owned)
}

/// The client of an assertion. Its signature is not checked, since its key is registered nowhere.
fn asserted(token: &str, audiences: &[&str], now: i64) -> Option<String> {
    let payload = token.split('.').nth(1)?;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    let (issuer, subject) = (claims["iss"].as_str()?, claims["sub"].as_str()?);
    let named = |audience: &Value| audience.as_str().is_some_and(|named| audiences.contains(&named));
    let audience = &claims["aud"];
    let is_for_us = named(audience) || audience.as_array().is_some_and(|all| all.iter().any(named));
    let lives = claims["exp"].as_i64().is_some_and(|end| end > now) && claims["jti"].is_string();
    (issuer == subject && is_for_us && lives).then(|| subject.to_owned())
}

/// Basic carries the client's name in the encoding of forms (RFC 6749 section 2.3.1).
fn decoded(text: &str) -> String {
    form_urlencoded::parse(format!("x={text}").as_bytes())
        .next()
        .map_or_else(String::new, |(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn assertion(claims: &Value) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()))
    }

    #[test]
    fn each_of_the_three_ways_is_known() {
        let basic = format!("Basic {}", STANDARD.encode("my%20shop:secret"));
        let of_basic = authenticated(Some(basic.as_bytes()), &[], &[], 0);
        assert_eq!(of_basic.as_deref(), Some("my shop"));
        let posted = form(&[("client_id", "shop"), ("client_secret", "secret")]);
        assert_eq!(authenticated(None, &posted, &[], 0).as_deref(), Some("shop"));
        let claims = json!({ "iss": "bank", "sub": "bank", "aud": ["here"], "exp": 60, "jti": "1" });
        let asserted = |claims: &Value| {
            let assertion = assertion(claims);
            let form = form(&[("client_assertion", &assertion), ("client_assertion_type", ASSERTION_TYPE)]);
            authenticated(None, &form, &["here", "there"], 59)
        };
        assert_eq!(asserted(&claims).as_deref(), Some("bank"));
        for (member, value) in
            [("iss", json!("other")), ("aud", json!("elsewhere")), ("exp", json!(59)), ("jti", Value::Null)]
        {
            let mut wrong = claims.clone();
            wrong[member] = value;
            assert_eq!(asserted(&wrong), None, "{member}");
        }
    }

    #[test]
    fn without_a_secret_nobody_is_known() {
        assert_eq!(authenticated(None, &form(&[("client_id", "shop")]), &[], 0), None);
        assert_eq!(authenticated(Some(b"Bearer x"), &form(&[("client_id", "shop")]), &[], 0), None);
        let empty = form(&[("client_id", "shop"), ("client_secret", "")]);
        assert_eq!(authenticated(None, &empty, &[], 0), None);
    }
}
