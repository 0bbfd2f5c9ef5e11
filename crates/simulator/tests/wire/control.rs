//! The control API.

use std::sync::Arc;

use http::{Method, StatusCode};
use riskgate_simulator::bankid_se::qr;
use riskgate_simulator::{ClockMode, Recording};
use serde_json::json;

use crate::bench::{Bench, invalid, post};

#[tokio::test]
async fn it_lists_itself_and_refuses_with_a_reason() {
    let bench = Bench::start().await;
    let routes = bench.control_get("/").await["routes"].as_object().unwrap().len();
    assert!(routes > 10, "{routes}");
    for (method, path, body, status, told) in [
        (Method::GET, "/v1/nothing", json!({}), 404, "GET / lists"),
        (Method::PUT, "/v1/bankid-se/scripts/default", json!({"riks": "low"}), 400, "unknown field `riks`"),
        (Method::PUT, "/v1/bankid-se/scripts/persons/19", json!({}), 400, "12 digits"),
        (Method::PUT, "/v1/bankid-se/scripts", json!({"persons": {"19": {}}}), 400, "persons.19"),
        (Method::DELETE, "/v1/bankid-se/scripts/persons/199001010017", json!({}), 404, "no script is set"),
        (Method::POST, "/v1/hold", json!({"path": "/collect"}), 400, "no provider serves /collect"),
        (Method::POST, "/v1/clock/advance", json!({"seconds": -1}), 400, "seconds"),
        (Method::GET, "/v1/requests?count=x", json!({}), 400, "count=x"),
        (Method::GET, "/v1/requests?pth=x", json!({}), 400, "pth: not a parameter"),
        (Method::PATCH, "/v1/bankid-se/settings", json!({"unknownMembers": "maybe"}), 400, "unknown variant"),
        (Method::GET, "/v1/bankid-se/orders/none", json!({}), 404, "none: no such order"),
    ] {
        let answer = bench.control(method, path, &body).await;
        let error = answer.json()["error"].as_str().unwrap().to_owned();
        assert_eq!(answer.status.as_u16(), status, "{path}: {error}");
        assert!(error.contains(told), "{path}: {error}");
    }
}

#[tokio::test]
async fn requests_are_recorded_as_they_came() {
    let bench = Bench::start().await;
    let body = r#"{ "endUserIp" : "192.0.2.1" }"#;
    let mut request = post("/rp/v6.0/auth", body);
    request.headers_mut().insert("x-own", "value".parse().unwrap());
    bench.request(crate::bench::RP, request).await.unwrap();
    bench.post_as(Some("secrets/bankid-rp-next"), "/rp/v6.0/collect", &json!({})).await.unwrap();

    let all = bench.control_get("/v1/requests").await;
    let [first, second] = all["requests"].as_array().unwrap().as_slice() else {
        panic!("two requests: {all}")
    };
    assert_eq!(
        (&first["method"], &first["path"], &first["body"]),
        (&json!("POST"), &json!("/rp/v6.0/auth"), &json!(body))
    );
    assert!(first["headers"].as_array().unwrap().contains(&json!(["x-own", "value"])));
    assert_eq!((&first["status"], &second["status"]), (&json!(200), &json!(400)));
    let fingerprints =
        [&first["clientCertificate"], &second["clientCertificate"]].map(|value| value.as_str().unwrap());
    assert!(fingerprints[0] != fingerprints[1] && fingerprints[0].len() == 64, "{fingerprints:?}");

    let collects = bench.control_get("/v1/requests?path=%2Frp%2Fv6.0%2Fcollect&method=POST&after=1").await;
    assert_eq!(collects["requests"].as_array().unwrap().len(), 1);
    bench.control(Method::DELETE, "/v1/requests", &json!({})).await.ok();
    assert_eq!(bench.control_get("/v1/requests").await["requests"], json!([]));
}

#[tokio::test]
async fn recording_is_bounded_or_off() {
    let bench =
        Bench::with(|options| options.recording = Recording { requests: 2, ..Recording::default() }).await;
    for _ in 0..3 {
        bench.auth().await;
    }
    let kept = bench.control_get("/v1/requests").await;
    assert_eq!((kept["requests"].as_array().unwrap().len(), &kept["forgotten"]), (2, &json!(1)));

    let bench =
        Bench::with(|options| options.recording = Recording { requests: 0, ..Recording::default() }).await;
    let order = bench.auth().await;
    let wait = bench.control(Method::GET, "/v1/requests/wait", &json!({})).await;
    assert_eq!(wait.status, StatusCode::CONFLICT);
    let delivery = bench.control(Method::GET, &format!("/v1/bankid-se/deliveries/{order}"), &json!({})).await;
    assert_eq!(delivery.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn held_requests_wait_until_they_are_released() {
    let bench = Arc::new(Bench::start().await);
    let order = bench.auth().await;
    bench.control_post("/v1/hold", json!({"path": "/rp/v6.0/collect"})).await;
    let collects: Vec<_> = (0..3)
        .map(|_| {
            let (bench, order) = (bench.clone(), order.clone());
            tokio::spawn(async move { bench.collect(&order).await.ok()["hintCode"].clone() })
        })
        .collect();
    let waiting = bench.control_get("/v1/requests/wait?path=/rp/v6.0/collect&answered=false&count=3").await;
    assert_eq!(waiting["requests"].as_array().unwrap().len(), 3);
    assert_eq!(bench.control_get("/v1/held").await, json!({"/rp/v6.0/collect": {"waiting": 3}}));
    bench.control_post("/v1/release", json!({})).await;
    let mut hints = Vec::new();
    for collect in collects {
        hints.push(collect.await.unwrap());
    }
    hints.sort_by_key(|hint| hint.as_str().map(str::to_owned));
    assert_eq!(hints, ["outstandingTransaction", "started", "userSign"]);
    assert_eq!(bench.control_get("/v1/held").await, json!({}));
}

#[tokio::test]
async fn a_request_has_its_effect_though_its_client_left() {
    let bench = Arc::new(Bench::start().await);
    bench.next(json!({"hints": []})).await;
    let order = bench.auth().await;
    bench.control_post("/v1/hold", json!({"path": "/rp/v6.0/collect"})).await;
    let collect = bench.try_collect(&order);
    let waiting = bench.control_get("/v1/requests/wait?path=/rp/v6.0/collect&answered=false");
    tokio::select! {
        answer = collect => panic!("it is held: {answer:?}"),
        _ = waiting => {}
    }
    bench.control_post("/v1/release", json!({})).await;
    bench.control_get("/v1/requests/wait?path=/rp/v6.0/collect&answered=true").await;
    assert_eq!(bench.collect(&order).await.error(), invalid("No such order"));
}

#[tokio::test]
async fn a_wait_ends_in_time() {
    let bench = Bench::start().await;
    let answer = bench.control(Method::GET, "/v1/requests/wait?count=1&timeoutMs=50", &json!({})).await;
    assert_eq!(answer.status, StatusCode::REQUEST_TIMEOUT);
    assert_eq!(answer.json()["error"], "only 0 matching requests came within 50ms");
}

#[tokio::test]
async fn orders_are_listed_with_their_qr_code_and_can_be_ended() {
    let bench = Bench::start().await;
    let order = bench.auth().await;
    bench.advance(7).await;
    let path = format!("/v1/bankid-se/orders/{order}");
    let view = bench.control_get(&path).await;
    let text = |name: &str| view[name].as_str().unwrap();
    assert_eq!(
        (text("operation"), text("status"), text("hintCode")),
        ("Auth", "pending", "outstandingTransaction")
    );
    assert_eq!(text("qrData"), qr::data(text("qrStartToken"), text("qrStartSecret"), 7));

    let ended = bench.control_post(&format!("{path}/finish"), json!({"outcome": "userCancel"})).await;
    assert_eq!(ended, json!({"status": "failed", "hintCode": "userCancel"}));
    let again = bench.control(Method::POST, &format!("{path}/finish"), &json!({"outcome": "complete"})).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
    assert_eq!(bench.control_get("/v1/bankid-se/orders").await["orders"][0]["status"], "failed");
    assert_eq!(bench.collect(&order).await.ok()["hintCode"], "userCancel");
    assert_eq!(bench.control_get("/v1/bankid-se/orders").await["orders"], json!([]));
}

#[tokio::test]
async fn only_a_manual_clock_can_be_moved() {
    let bench = Bench::with(|options| options.clock = ClockMode::Real).await;
    let answer = bench.control(Method::POST, "/v1/clock/advance", &json!({"seconds": 1})).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert_eq!(bench.control_get("/v1/clock").await["mode"], "real");
}

#[tokio::test]
async fn settings_change_while_running() {
    let bench = Bench::start().await;
    let body = json!({"endUserIp": "192.0.2.1", "future": true});
    assert_eq!(bench.post("/rp/v6.0/auth", &body).await.error(), invalid("Invalid request"));
    let patch = json!({"unknownMembers": "lenient", "lifetimes": {"start": 1.5}});
    let changed = bench.control(Method::PATCH, "/v1/bankid-se/settings", &patch).await.ok();
    assert_eq!(
        (&changed["lifetimes"]["start"], &changed["lifetimes"]["complete"]),
        (&json!(1.5), &json!(180.0))
    );
    let order = bench.order("/rp/v6.0/auth", &body).await;
    bench.advance(2).await;
    assert_eq!(bench.collect(&order).await.ok()["hintCode"], "startFailed");
}

#[tokio::test]
async fn a_reset_brings_the_beginning_back() {
    let bench = Bench::start().await;
    let initial =
        (bench.control_get("/v1/bankid-se/scripts").await, bench.control_get("/v1/bankid-se/settings").await);
    let script = json!({"risk": "high"});
    bench.control(Method::PUT, "/v1/bankid-se/scripts/default", &script).await.ok();
    bench.control(Method::PUT, "/v1/bankid-se/scripts/persons/199001010017", &script).await.ok();
    bench.next(json!([script, script])).await;
    bench.control(Method::PATCH, "/v1/bankid-se/settings", &json!({"maxOrders": 1})).await.ok();
    bench.auth().await;
    bench.control_post("/v1/hold", json!({"path": "/rp/v6.0/auth"})).await;

    bench.control_post("/v1/reset", json!({})).await;
    let now =
        (bench.control_get("/v1/bankid-se/scripts").await, bench.control_get("/v1/bankid-se/settings").await);
    assert_eq!(now, initial);
    for path in ["/v1/held", "/v1/bankid-se/deliveries"] {
        assert_eq!(bench.control_get(path).await, json!({}), "{path}");
    }
    assert_eq!(bench.control_get("/v1/bankid-se/orders").await["orders"], json!([]));
}
