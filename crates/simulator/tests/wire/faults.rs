//! Scripted faults.

use std::io::ErrorKind;

use http::StatusCode;
use riskgate_simulator::{Options, Transport, start};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::bench::{Bench, invalid};

/// An order that completes at once, with these faults.
async fn order(bench: &Bench, faults: Value) -> String {
    bench.next(json!({"hints": [], "faults": faults})).await;
    bench.auth().await
}

#[tokio::test]
async fn a_connection_that_ends_before_the_answer_was_used_up() {
    let bench = Bench::start().await;
    for fault in ["drop", "reset", "truncate"] {
        let order =
            order(&bench, json!([{"at": "terminal", "fault": fault, "when": "before", "times": 1}])).await;
        bench.try_collect(&order).await.unwrap_err();
        assert_eq!(bench.collect(&order).await.ok()["status"], "complete", "{fault}");
    }
}

#[tokio::test]
async fn a_connection_that_ends_after_it() {
    let bench = Bench::start().await;
    for fault in ["drop", "reset", "truncate"] {
        let order = order(&bench, json!([{"at": "terminal", "fault": fault}])).await;
        bench.try_collect(&order).await.unwrap_err();
        assert_eq!(bench.collect(&order).await.error(), invalid("No such order"), "{fault}");
        let delivery = bench.control_get(&format!("/v1/bankid-se/deliveries/{order}")).await;
        assert_eq!(
            delivery,
            json!({"pending": 0, "terminal": 0, "spoiled": 1, "refused": 1, "ending": "complete"})
        );
    }
}

/// What a client reads of the answer to an order before its connection ends, and whether that was a reset.
async fn read_raw(fault: &str) -> (String, bool) {
    let script = json!({"default": {"faults": [{"at": "order", "fault": fault}]}});
    let mut options = Options::new(Transport::Plain);
    options.scripts = serde_json::from_value(script).unwrap();
    let running = start(options).await.unwrap();
    let mut socket = TcpStream::connect(running.bankid_se_address()).await.unwrap();
    let request = "POST /rp/v6.0/auth HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                   Content-Length: 25\r\n\r\n{\"endUserIp\":\"192.0.2.1\"}";
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut read = Vec::new();
    let ended = socket.read_to_end(&mut read).await;
    let reset = ended.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset);
    (String::from_utf8(read).unwrap(), reset)
}

#[tokio::test]
async fn how_connections_end() {
    assert_eq!(read_raw("drop").await, (String::new(), false));
    assert_eq!(read_raw("reset").await, (String::new(), true));
    let (truncated, reset) = read_raw("truncate").await;
    let (head, body) = truncated.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("Content-Length: 216") && body.len() == 108 && !reset, "{truncated}");
}

#[tokio::test]
async fn answers_that_are_not_what_they_should_be() {
    let bench = Bench::start().await;
    let at = |fault: &str| json!([{"at": "terminal", "fault": fault}]);

    let garbage = order(&bench, at("garbage")).await;
    let answer = bench.collect(&garbage).await;
    assert!(answer.status == StatusCode::OK && serde_json::from_slice::<Value>(&answer.body).is_err());

    let html = order(&bench, at("html403")).await;
    let answer = bench.collect(&html).await;
    assert_eq!((answer.status, answer.text().starts_with("<html>")), (StatusCode::FORBIDDEN, true));

    let other = order(&bench, at("wrongOrderRef")).await;
    let answer = bench.collect(&other).await.ok();
    assert!(answer["orderRef"] != other && answer["status"] == "complete");

    let unknown = order(&bench, at("unknownStatus")).await;
    assert_eq!(bench.collect(&unknown).await.ok()["status"], "undecided");

    let charset = order(&bench, at("charset")).await;
    let answer = bench.collect(&charset).await;
    assert_eq!(answer.headers["content-type"], "application/json; charset=utf-8");
    assert_eq!(answer.ok()["status"], "complete");

    let huge = order(&bench, json!([{"at": "terminal", "fault": "hugeBody", "bytes": 2_000_000}])).await;
    assert_eq!(bench.collect(&huge).await.body.len(), 2_000_000);
}

#[tokio::test]
async fn members_of_the_future() {
    let bench = Bench::start().await;
    let members =
        json!({"future": [1], "completionData": {"risk": 7, "device": {"model": "x"}, "stepUp": null}});
    let order = order(&bench, json!([{"at": "terminal", "fault": "members", "members": members}])).await;
    let answer = bench.collect(&order).await.ok();
    assert_eq!((&answer["future"], &answer["completionData"]["risk"]), (&json!([1]), &json!(7)));
    assert_eq!(answer["completionData"]["device"]["model"], "x");
    assert_eq!(answer["completionData"]["device"]["ipAddress"], "192.0.2.1", "objects are merged");

    bench.next(json!({"hints": [{"hint": "userDance"}], "outcome": "futureFailure"})).await;
    let order = bench.auth().await;
    assert_eq!(bench.collect(&order).await.ok()["hintCode"], "userDance");
    assert_eq!(bench.collect(&order).await.ok()["hintCode"], "futureFailure");
}

#[tokio::test]
async fn forced_errors() {
    let bench = Bench::start().await;
    let error = |at: &str, status: u16, code: &str| json!({"at": at, "fault": "error", "status": status, "errorCode": code, "details": "d", "times": 1});
    let script = json!({"hints": [], "faults": [error("order", 503, "Maintenance"), error("collect", 500, "internalError")]});
    bench.control(http::Method::PUT, "/v1/bankid-se/scripts/default", &script).await.ok();
    let body = json!({"endUserIp": "192.0.2.1"});
    let refused = bench.post("/rp/v6.0/auth", &body).await;
    assert_eq!(refused.text(), r#"{"errorCode":"Maintenance","details":"d"}"#);
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(bench.control_get("/v1/bankid-se/orders").await["orders"], json!([]));
    let order = bench.order("/rp/v6.0/auth", &body).await;
    assert_eq!(bench.collect(&order).await.error(), (500, "internalError".to_owned(), "d".to_owned()));
    assert_eq!(bench.collect(&order).await.ok()["status"], "complete", "the error used nothing up");
}

#[tokio::test]
async fn an_order_or_cancel_whose_answer_is_lost() {
    let bench = Bench::start().await;
    let body = json!({"endUserIp": "192.0.2.1"});
    for (when, orders) in [("before", 0), ("after", 1)] {
        bench.next(json!({"faults": [{"at": "order", "fault": "drop", "when": when}]})).await;
        bench.post_as(crate::bench::RP, "/rp/v6.0/auth", &body).await.unwrap_err();
        let known = bench.control_get("/v1/bankid-se/orders").await;
        assert_eq!(known["orders"].as_array().unwrap().len(), orders, "{when}");
    }
    bench.next(json!({"faults": [{"at": "cancel", "fault": "reset"}]})).await;
    let order = bench.auth().await;
    bench.post_as(crate::bench::RP, "/rp/v6.0/cancel", &json!({"orderRef": order})).await.unwrap_err();
    assert_eq!(bench.collect(&order).await.error(), invalid("No such order"));
}

#[tokio::test]
async fn an_answer_that_comes_late_was_used_up_in_time() {
    let bench = Bench::start().await;
    bench.next(json!({"hints": [], "delays": {"terminal": 600_000}})).await;
    let order = bench.auth().await;
    let recorded = bench.control_get("/v1/requests/wait?path=/rp/v6.0/collect&answered=false");
    tokio::select! {
        answer = bench.try_collect(&order) => panic!("it came at once: {answer:?}"),
        recorded = recorded => assert_eq!(recorded["requests"].as_array().unwrap().len(), 1),
    }
    assert_eq!(bench.collect(&order).await.error(), invalid("No such order"));
}
