//! Tokens that somebody else wrote, in every way that has worked somewhere.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use riskgate_wire::jose::{ACCEPTED, Unverified};
use serde_json::{Value, json};

use crate::{claims, read, signed};

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// The token with another header, and its signature as it was.
fn with_header(token: &str, header: &Value) -> String {
    let (_, rest) = token.split_once('.').unwrap();
    format!("{}.{rest}", part(header))
}

#[test]
fn no_signature_is_no_token() {
    let header = part(&json!({ "alg": "none" }));
    let claims = part(&claims());
    for token in [format!("{header}.{claims}."), format!("{header}.{claims}"), format!("{claims}..")] {
        assert_eq!(read(&token, &ACCEPTED).unwrap_err(), Unverified::Form, "{token}");
    }
    for spelling in ["None", "NONE", "nOnE", "", "HS256 ", "ES256K", "RS1"] {
        let header = part(&json!({ "alg": spelling, "kid": "p256" }));
        assert_eq!(read(&format!("{header}.{claims}.AAAA"), &ACCEPTED).unwrap_err(), Unverified::Form);
    }
}

#[test]
fn a_public_key_is_no_shared_secret() {
    use hmac::{Hmac, KeyInit, Mac};
    let message = format!("{}.{}", part(&json!({ "alg": "HS256", "kid": "shared" })), part(&claims()));
    for secret in [&include_bytes!("keys/jwks.json")[..], b"0123456789abcdef0123456789abcdef"] {
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret).unwrap();
        mac.update(message.as_bytes());
        let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()));
        assert_eq!(read(&token, &ACCEPTED).unwrap_err(), Unverified::Algorithm);
    }
}

#[test]
fn the_header_alone_decides_nothing() {
    let token = signed("p256", Some("p256"), &claims());
    let cases = [
        (json!({ "alg": "ES256", "kid": "p384" }), Unverified::UnknownKey),
        (json!({ "alg": "RS256", "kid": "p256" }), Unverified::UnknownKey),
        (json!({ "alg": "RS256", "kid": "rsa" }), Unverified::Signature),
        (json!({ "alg": "EdDSA", "kid": "ed25519" }), Unverified::Signature),
        (json!({ "alg": "ES256", "kid": "p256", "crit": ["b64"], "b64": false }), Unverified::Critical),
        (json!({ "alg": "ES256", "kid": "p256", "extra": 1 }), Unverified::Signature),
        (
            json!({ "alg": "EdDSA", "kid": "mine", "jwk": { "kty": "OKP", "crv": "Ed25519", "x": "AA" } }),
            Unverified::UnknownKey,
        ),
        (
            json!({ "alg": "ES256", "jku": "https://evil.example/keys", "kid": "mine" }),
            Unverified::UnknownKey,
        ),
    ];
    for (header, error) in cases {
        assert_eq!(read(&with_header(&token, &header), &ACCEPTED).unwrap_err(), error, "{header}");
    }
}

#[test]
fn a_token_of_another_key_does_not_fit() {
    // The same kind of key, and the name of the provider's: only the signature tells.
    let other = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let forged = riskgate_wire::jose::SigningKey::from_pem(other.as_bytes(), Some("p256")).unwrap();
    let token = forged.sign(&claims()).unwrap();
    assert_eq!(read(&token, &ACCEPTED).unwrap_err(), Unverified::Signature);
}

#[test]
fn an_overlong_token_is_not_looked_at() {
    let mut long = claims();
    long["padding"] = json!("x".repeat(64 * 1024));
    assert_eq!(read(&signed("p256", Some("p256"), &long), &ACCEPTED).unwrap_err(), Unverified::Form);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_changed_token_is_believed(at in any::<prop::sample::Index>(), to in "[A-Za-z0-9_.-]") {
        let token = signed("p256", Some("p256"), &claims());
        let at = at.index(token.len());
        let mut changed = token.clone();
        changed.replace_range(at..=at, &to);
        if changed != token {
            prop_assert!(read(&changed, &ACCEPTED).is_err());
        }
    }

    #[test]
    fn any_text_is_answered(text in "[A-Za-z0-9_.-]{0,200}") {
        prop_assert!(read(&text, &ACCEPTED).is_err());
    }
}
