//! OneSpan's stand-in: every line of `other-systems.md section C` that it follows.

use std::io;

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use rustls::version;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::bench::{Answer, Bench, Client, RP};

const LOGIN: &str = "/v1/users/alice@bank/login";

fn login() -> Value {
    json!({ "objectType": "AdaptiveLoginInput", "clientIP": "192.0.2.1", "sessionID": "3f2a" })
}

async fn try_call(
    bench: &Bench,
    certificate: Option<&str>,
    method: Method,
    path: &str,
    body: &Value,
) -> io::Result<Answer> {
    let address = bench.running.one_span();
    let port = address.rsplit_once(':').unwrap().1;
    let socket = TcpStream::connect(format!("127.0.0.1:{port}")).await?;
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost")
        .header("content-type", "application/json")
        .body(Full::from(Bytes::from(body.to_string())))
        .unwrap();
    let client = Client::new(bench.pki.path(), certificate, &[&version::TLS13]);
    client.request_over(socket, request).await
}

async fn post(bench: &Bench, path: &str, body: &Value) -> Answer {
    try_call(bench, RP, Method::POST, path, body).await.unwrap()
}

async fn get(bench: &Bench, path: &str) -> Answer {
    try_call(bench, RP, Method::GET, path, &json!({})).await.unwrap()
}

async fn next(bench: &Bench, script: Value) {
    bench.control_post("/v1/one-span/scripts/next", script).await;
}

#[tokio::test]
async fn a_login_is_accepted_with_a_code_an_event_and_a_session() {
    let bench = Bench::start().await;
    let answer = post(&bench, LOGIN, &login()).await;
    assert!(answer.headers.contains_key("log-correlation-id"));
    let said = answer.ok();
    assert_eq!((&said["riskResponseCode"], &said["sessionStatus"]), (&json!(0), &json!("accepted")));
    let event = said["eventID"].as_str().unwrap();
    let looked_up = get(&bench, &format!("/v1/events/{event}")).await.ok();
    assert_eq!((&looked_up["clientIP"], &looked_up["matchedRules"]), (&json!("192.0.2.1"), &json!({})));
}

#[tokio::test]
async fn a_challenge_is_pending_until_its_polls_say_more() {
    let bench = Bench::start().await;
    next(&bench, json!({ "code": 7, "session": { "pending": 1, "status": "accepted" } })).await;
    let said = post(&bench, LOGIN, &login()).await.ok();
    assert_eq!((&said["riskResponseCode"], &said["sessionStatus"]), (&json!(7), &json!("pending")));
    let session = format!("/v1/sessions/{}", said["requestID"].as_str().unwrap());
    assert_eq!(get(&bench, &session).await.ok()["sessionStatus"], "pending");
    assert_eq!(get(&bench, &session).await.ok()["sessionStatus"], "accepted");
}

#[tokio::test]
async fn credentials_answer_a_challenge() {
    let bench = Bench::start().await;
    let mut answered = login();
    answered["credentials"] = json!({ "authenticator": { "OTP": "123456" } });
    let said = post(&bench, "/v1/users/risk-4@bank/login", &answered).await.ok();
    assert_eq!((&said["riskResponseCode"], &said["sessionStatus"]), (&json!(4), &json!("accepted")));
}

#[tokio::test]
async fn what_is_not_adaptive_has_no_code() {
    let bench = Bench::start().await;
    let said = post(&bench, LOGIN, &json!({ "objectType": "LoginInput" })).await.ok();
    assert_eq!((&said["riskResponseCode"], &said["sessionStatus"]), (&Value::Null, &json!("accepted")));
}

#[tokio::test]
async fn the_risk_only_call_has_a_code_and_no_session() {
    let bench = Bench::start().await;
    let body = json!({ "accountRef": "a", "amount": 10, "currency": "SEK", "transactionType": "Payment", "relationshipRef": "risk-1" });
    let said = post(&bench, "/v1/transactions", &body).await.ok();
    assert_eq!((&said["riskResponseCode"], &said["sessionStatus"]), (&json!(1), &Value::Null));
    assert!(said["transactionID"].is_string());
    let answer = post(&bench, "/v1/transactions", &json!({})).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["validationErrors"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn scripts_say_what_else_happens() {
    let bench = Bench::start().await;
    next(
        &bench,
        json!([
            { "code": "absent" }, { "code": -1 }, { "status": "refused" }, { "code": 1 },
            { "fields": { "clientIPCountry": "RU" }, "matchedRules": ["Velocity"] },
            { "fault": { "fault": "error", "status": 503, "message": "busy" } },
            { "fault": { "fault": "garbage" } }, { "fault": { "fault": "html403" } },
        ]),
    )
    .await;
    assert_eq!(post(&bench, LOGIN, &login()).await.ok()["riskResponseCode"], Value::Null);
    assert_eq!(post(&bench, LOGIN, &login()).await.ok()["riskResponseCode"], -1);
    assert_eq!(post(&bench, LOGIN, &login()).await.ok()["sessionStatus"], "refused");
    assert_eq!(post(&bench, LOGIN, &login()).await.ok()["sessionStatus"], "refused");
    let said = post(&bench, LOGIN, &login()).await.ok();
    assert_eq!(said["clientIPCountry"], "RU");
    let event = format!("/v1/events/{}", said["eventID"].as_str().unwrap());
    assert_eq!(get(&bench, &event).await.ok()["matchedRules"], json!(["Velocity"]));
    let busy = post(&bench, LOGIN, &login()).await;
    assert_eq!((busy.status.as_u16(), busy.json()), (503, json!({ "message": "busy" })));
    assert!(serde_json::from_slice::<Value>(&post(&bench, LOGIN, &login()).await.body).is_err());
    assert_eq!(post(&bench, LOGIN, &login()).await.status, 403);
    next(&bench, json!([{ "fault": { "fault": "drop" } }, { "fault": { "fault": "reset" } }, { "fault": { "fault": "truncate" } }])).await;
    for _ in 0..3 {
        assert!(try_call(&bench, RP, Method::POST, LOGIN, &login()).await.is_err());
    }
}

#[tokio::test]
async fn other_paths_methods_and_clients_are_refused() {
    let bench = Bench::start().await;
    assert_eq!(get(&bench, LOGIN).await.status, 405);
    assert_eq!(get(&bench, "/v1/sessions/none").await.status, 404);
    assert_eq!(get(&bench, "/v1/events/none").await.status, 404);
    assert_eq!(post(&bench, "/v1/users/alice/login", &login()).await.status, 404);
    assert_eq!(post(&bench, LOGIN, &json!({ "objectType": "x" })).await.status, 400);
    assert!(try_call(&bench, None, Method::POST, LOGIN, &login()).await.is_err(), "mutual TLS");
}

#[tokio::test]
async fn the_control_api_shows_and_ends_sessions() {
    let bench = Bench::start().await;
    bench.control(Method::PUT, "/v1/one-span/scripts/default", &json!({ "code": 3 })).await.ok();
    bench.control(Method::PUT, "/v1/one-span/scripts/users/bob@bank", &json!({ "code": 5 })).await.ok();
    let said = post(&bench, "/v1/users/bob@bank/login", &login()).await.ok();
    assert_eq!(said["riskResponseCode"], 5);
    let id = said["requestID"].as_str().unwrap();
    bench.control_post(&format!("/v1/one-span/sessions/{id}/finish"), json!({ "status": "timeout" })).await;
    assert_eq!(get(&bench, &format!("/v1/sessions/{id}")).await.ok()["sessionStatus"], "timeout");
    let shown = bench.control_get(&format!("/v1/one-span/sessions/{id}")).await;
    assert_eq!((&shown["user"], &shown["polls"]), (&json!("bob@bank"), &json!(1)));
    assert_eq!(bench.control_get("/v1/one-span/scripts").await["default"]["code"], 3);
    bench.control_post("/v1/reset", json!({})).await;
    assert_eq!(post(&bench, LOGIN, &login()).await.ok()["riskResponseCode"], 0);
}
