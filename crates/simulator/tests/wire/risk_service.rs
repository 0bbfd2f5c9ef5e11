//! A platform team's own risk service (docs/http-source.md has the contract).

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use riskgate_simulator::Transport;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::bench::{Answer, Bench, exchange};

async fn ask(bench: &Bench, token: &str, question: &Value) -> Answer {
    let url = bench.running.risk_service().unwrap();
    let (authority, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let request = Request::post(format!("/{path}"))
        .header("host", authority)
        .header("content-type", "application/json")
        .header("authorization", token)
        .body(Full::from(Bytes::from(question.to_string())))
        .unwrap();
    exchange(TcpStream::connect(authority).await.unwrap(), request).await.unwrap()
}

fn question(address: &str) -> Value {
    json!({
        "schema": "riskgate.dev/assessment/v1", "phase": "Assess", "provider": "bankid", "clientIp": address,
    })
}

#[tokio::test]
async fn it_says_what_the_scripts_say() {
    let bench = Bench::with(|options| {
        options.transport = Transport::Plain;
        options.risk_service = Some(([127, 0, 0, 1], 0).into());
    })
    .await;
    assert_eq!(ask(&bench, "Bearer t", &question("192.0.2.7")).await.status, 204);
    let high = json!({ "assessment": "High", "score": 95, "indicators": ["listed"], "ageSeconds": 60 });
    for (path, script) in [("addresses/192.0.2.7", high.clone()), ("default", json!({ "status": 503 }))] {
        bench.control(Method::PUT, &format!("/v1/risk-service/scripts/{path}"), &script).await.ok();
    }
    assert_eq!(ask(&bench, "Bearer t", &question("192.0.2.7")).await.ok(), high);
    assert_eq!(ask(&bench, "Bearer t", &question("192.0.2.8")).await.status, 503);
    assert_eq!(ask(&bench, "Bearer refused", &question("192.0.2.7")).await.status, 401);
    assert_eq!(ask(&bench, "Bearer t", &json!({ "schema": "another" })).await.status, 400);
    let recorded = bench.control_get("/v1/requests?path=/assess&answered=true").await;
    assert_eq!(recorded["requests"].as_array().unwrap().len(), 5);
}
