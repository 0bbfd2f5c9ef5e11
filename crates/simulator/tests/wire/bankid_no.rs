//! BankID Norway's security data (other-systems.md sections A.6 and A.7).

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use riskgate_simulator::Transport;
use serde_json::json;
use tokio::net::TcpStream;

use crate::bench::{Answer, Bench, exchange};

async fn bench() -> Bench {
    Bench::with(|options| {
        options.transport = Transport::Plain;
        options.bankid_no = Some(([127, 0, 0, 1], 0).into());
    })
    .await
}

async fn look_as(bench: &Bench, method: Method, path: &str, token: Option<&str>) -> Answer {
    let base = bench.running.bankid_no().unwrap();
    let authority = base.strip_prefix("http://").unwrap();
    let mut request = Request::builder().method(method).uri(path).header("host", authority);
    if let Some(token) = token {
        request = request.header("authorization", token);
    }
    let socket = TcpStream::connect(authority).await.unwrap();
    exchange(socket, request.body(Full::from(Bytes::new())).unwrap()).await.unwrap()
}

async fn look(bench: &Bench, tid: &str) -> Answer {
    look_as(bench, Method::GET, &format!("/securityData/{tid}"), Some("Bearer t")).await
}

#[tokio::test]
async fn data_are_ordered_collected_delivered_and_gone() {
    let bench = bench().await;
    assert_eq!(look(&bench, "t-1").await.status, 202);
    bench.advance(1).await;
    let fast = look(&bench, "t-1").await;
    assert_eq!((fast.status.as_u16(), fast.headers["retry-after"].as_bytes()), (429, &b"5"[..]));
    bench.advance(5).await;
    let data = look(&bench, "t-1").await.ok();
    assert_eq!((&data["tid"], &data["derived_data"]["BankID_fpf"]), (&json!("t-1"), &json!("0")));
    assert_eq!(data["derived_data"]["BankID_ips_classification"], "Unknown");
    assert_eq!(data["transaction_data"]["BankID_language"], "\"en-US\"");
    bench.advance(3597).await;
    assert_eq!(look(&bench, "t-1").await.status, 410);
    let seen = bench.control_get("/v1/bankid-no/transactions/t-1").await;
    assert_eq!(seen, json!({ "looks": 4, "tooFast": 1, "delivered": 1 }));
}

#[tokio::test]
async fn scripts_say_what_comes() {
    let bench = bench().await;
    let script = json!({
        "collectSeconds": 7,
        "answers": [{ "status": 401 }, { "status": 429, "retryAfter": 9 }, { "status": 500, "body": "<html>" }],
        "derivedData": { "BankID_fpf": "0.9", "BankID_User_IP": null },
    });
    bench.control(Method::PUT, "/v1/bankid-no/scripts/transactions/t-2", &script).await.ok();
    assert_eq!(look(&bench, "t-2").await.json()["error"], "scripted");
    assert_eq!(look(&bench, "t-2").await.headers["retry-after"], "9");
    assert_eq!(look(&bench, "t-2").await.text(), "<html>");
    bench.advance(5).await;
    assert_eq!(look(&bench, "t-2").await.status, 202);
    bench.advance(5).await;
    assert_eq!(look(&bench, "t-2").await.status, 204);
    bench.advance(5).await;
    let data = look(&bench, "t-2").await.ok();
    assert_eq!(data["derived_data"]["BankID_fpf"], "0.9");
    assert!(data["derived_data"].get("BankID_User_IP").is_none());

    bench.control_post("/v1/bankid-no/scripts/next", json!({ "collectSeconds": 0 })).await;
    let settings = json!({ "pollSeconds": 0, "onlyScripted": true });
    bench.control(Method::PUT, "/v1/bankid-no/settings", &settings).await.ok();
    assert_eq!(look(&bench, "t-3").await.status, 202);
    assert_eq!(look(&bench, "t-3").await.status, 200);
    assert_eq!(look(&bench, "t-4").await.status, 404);
}

#[tokio::test]
async fn only_its_path_and_a_bearer_token_are_taken() {
    let bench = bench().await;
    for token in [None, Some("Bearer "), Some("Basic t"), Some("bearer t")] {
        assert_eq!(look_as(&bench, Method::GET, "/securityData/t", token).await.status, 401, "{token:?}");
    }
    let settings = json!({ "tokens": ["good"] });
    bench.control(Method::PUT, "/v1/bankid-no/settings", &settings).await.ok();
    assert_eq!(look(&bench, "t").await.status, 401);
    assert_eq!(look_as(&bench, Method::GET, "/securityData/t", Some("Bearer good")).await.status, 202);
    assert_eq!(look_as(&bench, Method::POST, "/securityData/t", Some("Bearer good")).await.status, 405);
    for path in ["/securityData/", "/securityData", "/securityData/a/b", "/"] {
        assert_eq!(look_as(&bench, Method::GET, path, Some("Bearer good")).await.status, 404, "{path}");
    }
    bench.control_post("/v1/reset", json!({})).await;
    assert_eq!(look(&bench, "t").await.status, 202);
}
