//! The source's own access token: asked for in three ways, kept, and asked for once.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use futures_util::future::join_all;
use riskgate_core::config::ClientAuthentication;
use serde_json::{Value, json};

use super::stage::{ISSUER, Says, Service, Stage, green};
use crate::security_data::{ClientCredential, cause};

fn form(body: &str) -> Value {
    let pairs = form_urlencoded::parse(body.as_bytes()).into_owned();
    Value::Object(pairs.map(|(name, value)| (name, json!(value))).collect())
}

#[tokio::test(start_paused = true)]
async fn a_secret_goes_into_the_header() {
    let service = Service::new([green()]);
    Stage::with(&service, ClientAuthentication::ClientSecretBasic, b"s:e cret\n", Vec::new())
        .ask()
        .await
        .unwrap();
    let (header, body) =
        service.received("/token", |one| (one.authorization.clone().unwrap(), one.body.clone())).remove(0);
    assert_eq!(header, format!("Basic {}", STANDARD.encode("the+bank:s%3Ae+cret")));
    assert_eq!(body, "grant_type=client_credentials&scope=fraud-data-rs%2FsecurityData");
}

#[tokio::test(start_paused = true)]
async fn a_secret_goes_into_the_form() {
    let service = Service::new([green()]);
    Stage::with(&service, ClientAuthentication::ClientSecretPost, b"s&t", Vec::new()).ask().await.unwrap();
    let (header, body) =
        service.received("/token", |one| (one.authorization.clone(), form(&one.body))).remove(0);
    assert_eq!(header, None);
    let expected = json!({
        "grant_type": "client_credentials", "scope": "fraud-data-rs/securityData",
        "client_id": "the bank", "client_secret": "s&t",
    });
    assert_eq!(body, expected);
}

#[tokio::test(start_paused = true)]
async fn a_private_key_signs_an_assertion_of_its_own_for_each_request() {
    let key = include_bytes!("../../../../wire/tests/jose/keys/p256.pem");
    let service = Service::new([Says::Status(401), green()]);
    Stage::with(&service, ClientAuthentication::PrivateKeyJwt, key, Vec::new()).ask().await.unwrap();
    let forms = service.received("/token", |one| form(&one.body));
    let assertions: Vec<(Value, Value)> = forms
        .iter()
        .map(|form| {
            assert_eq!(form["client_id"], "the bank");
            assert_eq!(
                form["client_assertion_type"],
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
            );
            let token = form["client_assertion"].as_str().unwrap();
            let mut parts = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap());
            let mut part = || serde_json::from_slice(&parts.next().unwrap()).unwrap();
            (part(), part())
        })
        .collect();
    let (header, claims) = &assertions[0];
    assert_eq!(*header, json!({ "typ": "JWT", "alg": "ES256", "kid": "key-1" }));
    assert_eq!((&claims["iss"], &claims["sub"]), (&json!("the bank"), &json!("the bank")));
    assert_eq!(claims["aud"], ISSUER);
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 60);
    assert_ne!(claims["jti"], assertions[1].1["jti"], "an identifier is used once");
}

#[tokio::test(start_paused = true)]
async fn a_hundred_questions_take_one_token() {
    let service = Service::new((0..100).map(|_| green()));
    let stage = Stage::new(&service);
    let all = join_all((0..100).map(|_| stage.ask())).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(service.received("/token", |_| ()).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_used_for_four_fifths_of_its_life() {
    let service = Service::new([]);
    let stage = Stage::new(&service);
    let ask = async |after: u64| {
        tokio::time::sleep(Duration::from_secs(after)).await;
        service.then([green()]);
        stage.ask().await.unwrap();
        service.received("/token", |_| ()).len()
    };
    assert_eq!(ask(0).await, 1);
    assert_eq!(ask(239).await, 1, "it lasts 300 s");
    assert_eq!(ask(1).await, 2);
}

#[tokio::test(start_paused = true)]
async fn those_who_waited_for_a_token_share_that_there_is_none() {
    let service = Service::new([]);
    service.tokens(std::iter::repeat_n(Says::Json(400, json!({ "error": "invalid_scope" })), 100));
    let stage = Stage::new(&service);
    for (causes, always) in join_all((0..100).map(|_| stage.refusal())).await {
        assert_eq!(causes, [cause::INVALID_SCOPE, "error:invalid_scope"]);
        assert!(always);
    }
    assert_eq!(service.received("/token", |_| ()).len(), 1);
    assert!(service.looks().is_empty());
    stage.refusal().await;
    assert_eq!(service.received("/token", |_| ()).len(), 2, "the next question tries again");
}

#[tokio::test(start_paused = true)]
async fn every_refusal_of_the_token_endpoint_is_named() {
    for (status, error, expected) in [
        (400, "invalid_scope", cause::INVALID_SCOPE),
        (401, "invalid_client", cause::INVALID_CLIENT),
        (400, "unauthorized_client", cause::UNAUTHORIZED_CLIENT),
        (400, "invalid_request", cause::INVALID_REQUEST),
        (400, "unsupported_grant_type", cause::INVALID_REQUEST),
        (429, "slow_down", riskgate_core::cause::OVERLOADED),
        (500, "unknown_error", riskgate_core::cause::FAILED),
    ] {
        let service = Service::new([]);
        service.tokens([Says::Json(status, json!({ "error": error }))]);
        let (causes, _) = Stage::new(&service).refusal().await;
        assert_eq!(causes, [expected.to_owned(), format!("error:{error}")]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_bearer_token_is_not_used() {
    for body in [
        json!({ "access_token": "x", "token_type": "DPoP" }),
        json!({ "access_token": "x\ny" }),
        json!({ "access_token": 7 }),
        json!({ "token_type": "Bearer" }),
    ] {
        let service = Service::new([]);
        service.tokens([Says::Json(200, body)]);
        assert!(Stage::new(&service).ask().await.is_err());
        assert!(service.looks().is_empty());
    }
    let service = Service::new([green()]);
    service.tokens([Says::Json(200, json!({ "access_token": "x", "token_type": "bearer" }))]);
    assert!(Stage::new(&service).ask().await.is_ok(), "the spelling before version 3 of the API");
}

#[test]
fn a_credential_that_cannot_prove_anything_is_refused() {
    let read = |authentication, content: &[u8]| ClientCredential::read(authentication, content, None);
    assert!(read(ClientAuthentication::PrivateKeyJwt, b"secret").is_err());
    for authentication in [ClientAuthentication::ClientSecretBasic, ClientAuthentication::ClientSecretPost] {
        assert!(read(authentication, b" \n").is_err());
        assert!(read(authentication, b"\xff").is_err());
    }
    let shown = format!("{:?}", read(ClientAuthentication::ClientSecretPost, b"hush").unwrap());
    assert_eq!(shown, "SecretPost");
}
