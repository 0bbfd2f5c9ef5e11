//! BankID Norway's login (other-systems.md sections A.1 to A.5), up to the security data of its transaction.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use riskgate_simulator::Transport;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::bench::{Answer, Bench, exchange};

/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const REALM: &str = "/auth/realms/current";

async fn bench() -> Bench {
    Bench::with(|options| {
        options.transport = Transport::Plain;
        options.bankid_no = Some(([127, 0, 0, 1], 0).into());
    })
    .await
}

async fn send(bench: &Bench, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let base = bench.running.bankid_no().unwrap();
    let authority = base.strip_prefix("http://").unwrap();
    let mut request = Request::builder().method(method).uri(path).header("host", authority);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let socket = TcpStream::connect(authority).await.unwrap();
    exchange(socket, request.body(Full::from(Bytes::from(body.to_owned()))).unwrap()).await.unwrap()
}

/// The code that a browser brings, by the query of where it is sent.
async fn authorized(bench: &Bench, scope: &str) -> String {
    let query = format!(
        "client_id=shop&redirect_uri=https%3A%2F%2Fshop.example%2Fcb&response_type=code&scope={scope}&state=s&nonce=n\
         &code_challenge={CHALLENGE}&code_challenge_method=S256"
    );
    let sent = send(bench, Method::GET, &format!("{REALM}/precheck/auth?{query}"), &[], "").await;
    assert_eq!(sent.status, 302);
    let location = sent.headers["location"].to_str().unwrap().to_owned();
    assert!(location.starts_with("https://shop.example/cb?"), "{location}");
    assert!(location.contains("state=s"), "{location}");
    location
}

async fn tokens(bench: &Bench, form: &str) -> Answer {
    let path = format!("{REALM}/protocol/openid-connect/token");
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    send(bench, Method::POST, &path, &headers, form).await
}

fn code_in(location: &str) -> String {
    let (_, rest) = location.split_once("code=").expect("a code");
    rest.split('&').next().unwrap().to_owned()
}

fn exchange_of(code: &str, verifier: &str) -> String {
    format!(
        "grant_type=authorization_code&client_id=shop&client_secret=x&code={code}&code_verifier={verifier}\
         &redirect_uri=https%3A%2F%2Fshop.example%2Fcb"
    )
}

/// The claims of a token, whose signature is checked against the published key.
async fn verified(bench: &Bench, token: &str) -> Value {
    let keys =
        send(bench, Method::GET, &format!("{REALM}/protocol/openid-connect/certs"), &[], "").await.ok();
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let coordinate = |name: &str| decode(keys["keys"][0][name].as_str().unwrap());
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
    key.verify(signed.as_bytes(), &decode(signature)).unwrap();
    serde_json::from_slice(&decode(signed.split('.').nth(1).unwrap())).unwrap()
}

#[tokio::test]
async fn a_login_gives_tokens_whose_transaction_has_the_scripted_data() {
    let bench = bench().await;
    let base = bench.running.bankid_no().unwrap();
    let found =
        send(&bench, Method::GET, &format!("{REALM}/.well-known/openid-configuration"), &[], "").await;
    let found = found.ok();
    assert_eq!(found["issuer"], format!("{base}{REALM}"));
    assert_eq!(found["fraud-data-baseurl"], base);
    let script = json!({
        "collectSeconds": 0,
        "derivedData": { "BankID_fpf_classification": "Red" },
        "login": { "claims": { "acr": "urn:bankid:bis;LOA=3", "sid": null } },
    });
    bench.control_post("/v1/bankid-no/scripts/next", script).await;
    let code = code_in(&authorized(&bench, "openid%20sign").await);
    let answer = tokens(&bench, &exchange_of(&code, VERIFIER)).await.ok();
    assert_eq!((&answer["token_type"], &answer["scope"]), (&json!("Bearer"), &json!("openid sign")));
    let claims = verified(&bench, answer["id_token"].as_str().unwrap()).await;
    assert_eq!(claims["iss"], format!("{base}{REALM}"));
    for (name, value) in
        [("aud", json!("shop")), ("nonce", json!("n")), ("acr", json!("urn:bankid:bis;LOA=3"))]
    {
        assert_eq!(claims[name], value, "{name}");
    }
    assert_eq!(claims.get("sid"), None);

    let service = tokens(
        &bench,
        "grant_type=client_credentials&client_id=bank&client_secret=x&scope=fraud-data-rs%2FsecurityData",
    );
    let bearer = format!("Bearer {}", service.await.ok()["access_token"].as_str().unwrap());
    let path = format!("/securityData/{}", claims["tid"].as_str().unwrap());
    let headers = [("authorization", bearer.as_str())];
    assert_eq!(send(&bench, Method::GET, &path, &headers, "").await.status, 202);
    bench.advance(5).await;
    let data = send(&bench, Method::GET, &path, &headers, "").await.ok();
    assert_eq!(data["derived_data"]["BankID_fpf_classification"], "Red");

    let again = tokens(&bench, &exchange_of(&code, VERIFIER)).await;
    assert_eq!((again.status.as_u16(), &again.json()["error"]), (400, &json!("invalid_grant")));
}

#[tokio::test]
async fn what_is_not_as_documented_is_refused_in_oauths_words() {
    let bench = bench().await;
    let code = code_in(&authorized(&bench, "openid").await);
    for (form, status, error) in [
        (exchange_of(&code, "a-guess"), 400, "invalid_grant"),
        (exchange_of("never-given", VERIFIER), 400, "invalid_grant"),
        ("grant_type=authorization_code&client_id=shop".to_owned(), 401, "invalid_client"),
        (
            "grant_type=client_credentials&client_id=bank&client_secret=x&scope=openid".to_owned(),
            400,
            "invalid_scope",
        ),
        ("grant_type=password&client_id=shop&client_secret=x".to_owned(), 400, "unsupported_grant_type"),
    ] {
        let answer = tokens(&bench, &form).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["error"]), (status, &json!(error)), "{form}");
        assert_eq!(answer.headers["cache-control"], "no-store");
    }
    let lacking = send(&bench, Method::GET, &format!("{REALM}/precheck/auth?client_id=shop"), &[], "").await;
    assert_eq!(lacking.status, 400);
    bench.control_post("/v1/bankid-no/scripts/next", json!({ "login": { "denied": "access_denied" } })).await;
    assert!(authorized(&bench, "openid").await.contains("error=access_denied"));
}
