//! Tokens: what is believed, and everything that is not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod forged;

use riskgate_wire::jose::{ACCEPTED, Algorithm, Claims, Expected, KeySet, SigningKey, Unverified, verify};
use serde_json::{Value, json};

const ISSUER: &str = "https://auth.current.bankid.no/auth/realms/current";
const CLIENT: &str = "shop";
const NOW: u64 = 1_790_000_000;

fn pem(name: &str) -> &'static [u8] {
    match name {
        "rsa" => include_bytes!("keys/rsa.pem"),
        "weak" => include_bytes!("keys/weak.pem"),
        "p256" => include_bytes!("keys/p256.pem"),
        "p384" => include_bytes!("keys/p384.pem"),
        "ed25519" => include_bytes!("keys/ed25519.pem"),
        _ => panic!("no key is named {name}"),
    }
}

fn keys() -> KeySet {
    KeySet::read(include_bytes!("keys/jwks.json")).unwrap()
}

fn claims() -> Value {
    json!({ "iss": ISSUER, "aud": CLIENT, "azp": CLIENT, "sub": "s", "exp": NOW + 300, "iat": NOW, "tid": "t-1" })
}

fn with(changes: &Value) -> Value {
    let mut claims = claims();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    claims
}

fn signed(key: &str, id: Option<&str>, claims: &Value) -> String {
    SigningKey::from_pem(pem(key), id).unwrap().sign(claims).unwrap()
}

fn read(token: &str, announced: &[Algorithm]) -> Result<Claims, Unverified> {
    verify(token, &keys(), &Expected { issuer: ISSUER, client: Some(CLIENT), announced, now: NOW })
}

#[test]
fn every_kind_of_key_signs_what_its_public_half_verifies() {
    let kinds = [
        ("p256", Algorithm::ES256),
        ("p384", Algorithm::ES384),
        ("ed25519", Algorithm::EdDSA),
        ("rsa", Algorithm::RS256),
    ];
    for (key, algorithm) in kinds {
        let token = signed(key, Some(key), &claims());
        let read = read(&token, &[algorithm]).unwrap_or_else(|error| panic!("{key}: {error}"));
        assert_eq!(read.text("tid"), Some("t-1"));
        let others: Vec<Algorithm> = ACCEPTED.into_iter().filter(|other| *other != algorithm).collect();
        assert_eq!(self::read(&token, &others).unwrap_err(), Unverified::Algorithm, "{key} is not announced");
    }
}

#[test]
fn a_token_must_say_who_it_is_from_whom_for_and_until_when() {
    let cases = [
        (json!({}), Ok(())),
        (json!({ "aud": ["other", CLIENT] }), Ok(())),
        (json!({ "azp": null }), Ok(())),
        (json!({ "iss": null }), Err(Unverified::Issuer)),
        (json!({ "iss": format!("{ISSUER}/") }), Err(Unverified::Issuer)),
        (json!({ "iss": [ISSUER] }), Err(Unverified::Issuer)),
        (json!({ "aud": null }), Err(Unverified::Audience)),
        (json!({ "aud": "shop2" }), Err(Unverified::Audience)),
        (json!({ "aud": ["other"] }), Err(Unverified::Audience)),
        (json!({ "azp": "other" }), Err(Unverified::Audience)),
        (json!({ "azp": 7 }), Err(Unverified::Audience)),
        (json!({ "exp": null }), Err(Unverified::Expired)),
        (json!({ "exp": "1999999999" }), Err(Unverified::Expired)),
        (json!({ "exp": -1 }), Err(Unverified::Expired)),
        (json!({ "exp": NOW - 60 }), Err(Unverified::Expired)),
        (json!({ "exp": NOW - 59 }), Ok(())),
        (json!({ "exp": u64::MAX }), Ok(())),
        (json!({ "nbf": NOW + 61 }), Err(Unverified::NotYet)),
        (json!({ "nbf": NOW + 60 }), Ok(())),
        (json!({ "nbf": "soon" }), Err(Unverified::NotYet)),
        (json!({ "nbf": 0 }), Ok(())),
        (json!({ "iat": NOW + 61 }), Err(Unverified::NotYet)),
    ];
    for (changes, expected) in cases {
        let token = signed("p256", Some("p256"), &with(&changes));
        assert_eq!(read(&token, &ACCEPTED).map(drop), expected, "{changes}");
    }
}

#[test]
fn a_key_is_chosen_by_its_id_and_never_guessed() {
    assert!(
        read(&signed("p256", None, &claims()), &ACCEPTED).is_ok(),
        "only one key of this kind is published"
    );
    for id in ["p384", "rsa", "shared", "enc", "novel", "gone", ""] {
        let token = signed("p256", Some(id), &claims());
        assert_eq!(read(&token, &ACCEPTED).map(drop), Err(Unverified::UnknownKey), "{id}");
    }
    let twice =
        br#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"},{"kty":"OKP","crv":"Ed25519","x":"AQ"}]}"#;
    let two = KeySet::read(twice).unwrap();
    let expected = Expected { issuer: ISSUER, client: None, announced: &ACCEPTED, now: NOW };
    let unnamed = signed("ed25519", None, &claims());
    assert_eq!(verify(&unnamed, &two, &expected).unwrap_err(), Unverified::UnknownKey);
}

#[test]
fn a_key_is_good_only_for_the_algorithm_that_it_names() {
    let mut published: Value = serde_json::from_slice(include_bytes!("keys/jwks.json")).unwrap();
    published["keys"][0]["alg"] = json!("PS256");
    let keys = KeySet::read(published.to_string().as_bytes()).unwrap();
    let expected = Expected { issuer: ISSUER, client: Some(CLIENT), announced: &ACCEPTED, now: NOW };
    let token = signed("rsa", Some("rsa"), &claims());
    assert_eq!(verify(&token, &keys, &expected).unwrap_err(), Unverified::UnknownKey);
}

#[test]
fn sets_without_a_usable_key_are_refused() {
    for (set, error) in [
        (r#"{"keys":[]}"#, "none of the provider's 0 keys"),
        (r#"{"keys":[{"kty":"oct","k":"AAAA"}]}"#, "none of the provider's 1 keys"),
        (r#"{"keys":[{"kty":"RSA","use":"enc","n":"AQ","e":"AQAB"}]}"#, "none of the provider's 1 keys"),
        (r#"{"keys":[7,"x",null]}"#, "none of the provider's 3 keys"),
        (r#"{"keys":7}"#, "not a JSON Web Key Set"),
        ("[]", "not a JSON Web Key Set"),
        ("", "not a JSON Web Key Set"),
    ] {
        let text = KeySet::read(set.as_bytes()).unwrap_err().to_string();
        assert!(text.contains(error), "{set}: {text}");
    }
}

#[test]
fn claims_are_found_by_name_and_by_pointer() {
    let token = signed("p256", Some("p256"), &with(&json!({ "a": { "b~/c": ["x", "y"] }, "n": 7 })));
    let claims = read(&token, &ACCEPTED).unwrap();
    assert_eq!(claims.text_at("tid"), Some("t-1"));
    assert_eq!(claims.text_at("/tid"), Some("t-1"));
    assert_eq!(claims.text_at("/a/b~0~1c/1"), Some("y"));
    for absent in ["a", "n", "/a", "/a/b", "/a/b~0~1c/2", "/a/b~0~1c/x", "/", "", "/n/0"] {
        assert_eq!(claims.text_at(absent), None, "{absent}");
    }
    assert_eq!(format!("{claims:?}"), "Claims of 9");
}

#[test]
fn only_keys_that_can_sign_are_taken() {
    for key in [&b""[..], b"secret", pem("weak"), include_bytes!("keys/jwks.json")] {
        assert!(SigningKey::from_pem(key, None).is_err());
    }
    let key = SigningKey::from_pem(pem("p384"), None).unwrap();
    assert_eq!(key.algorithm(), Algorithm::ES384);
    assert_eq!(format!("{key:?}"), "SigningKey { algorithm: ES384, .. }");
}
