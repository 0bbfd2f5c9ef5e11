//! Paths, methods, content types, and the shape of every answer.

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use riskgate_simulator::bankid_se::MethodNotAllowed;
use serde_json::json;

use crate::bench::{Bench, RP, invalid, post};

const PATHS: [&str; 8] =
    ["auth", "sign", "payment", "other/payment", "phone/auth", "phone/sign", "collect", "cancel"];

fn request(method: Method, path: &str, content_type: Option<&str>, body: &str) -> Request<Full<Bytes>> {
    let mut builder = Request::builder().method(method).uri(path).header("host", "localhost");
    if let Some(content_type) = content_type {
        builder = builder.header("content-type", content_type);
    }
    builder.body(Full::from(body.to_owned())).unwrap()
}

#[tokio::test]
async fn only_post_on_the_eight_paths() {
    let bench = Bench::start().await;
    for path in PATHS {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let answer =
                bench.request(RP, request(method, &format!("/rp/v6.0/{path}"), None, "")).await.unwrap();
            let (status, code, _) = answer.error();
            assert_eq!((status, code.as_str()), (405, "methodNotAllowed"), "{path}");
        }
    }
    for path in [
        "/",
        "/rp/v6.0",
        "/rp/v6.0/",
        "/rp/v6.0/auth/",
        "/rp/v6.0/other-payment",
        "/rp/v5.1/auth",
        "/rp/v6.0//auth",
    ] {
        let answer = bench.request(RP, post(path, "{}")).await.unwrap();
        let (status, code, _) = answer.error();
        assert_eq!((status, code.as_str()), (404, "notFound"), "{path}");
    }
}

#[tokio::test]
async fn a_405_may_be_empty() {
    let bench = Bench::with(|options| options.settings.method_not_allowed = MethodNotAllowed::Empty).await;
    let answer = bench.request(RP, request(Method::GET, "/rp/v6.0/auth", None, "")).await.unwrap();
    assert_eq!((answer.status, answer.body.len()), (StatusCode::METHOD_NOT_ALLOWED, 0));
    assert!(!answer.headers.contains_key("content-type"));
}

#[tokio::test]
async fn the_content_type_is_application_json_and_nothing_else() {
    let bench = Bench::start().await;
    let body = r#"{"endUserIp":"192.0.2.1"}"#;
    for content_type in [
        None,
        Some("text/plain"),
        Some("application/json;charset=utf-8"),
        Some("application/json; charset=UTF-8"),
        Some("application/json;"),
    ] {
        let answer =
            bench.request(RP, request(Method::POST, "/rp/v6.0/auth", content_type, body)).await.unwrap();
        let (status, code, _) = answer.error();
        assert_eq!((status, code.as_str()), (415, "unsupportedMediaType"), "{content_type:?}");
    }
    let mut twice = post("/rp/v6.0/auth", body);
    twice.headers_mut().append("content-type", "application/json".parse().unwrap());
    assert_eq!(bench.request(RP, twice).await.unwrap().status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(bench.request(RP, post("/rp/v6.0/auth", body)).await.unwrap().status, StatusCode::OK);
}

#[tokio::test]
async fn what_is_not_json_or_too_big_is_an_invalid_request() {
    let bench = Bench::start().await;
    for path in PATHS {
        for body in ["", "no json", "[]", "{\"a\":1} trailing"] {
            let answer = bench.request(RP, post(&format!("/rp/v6.0/{path}"), body.to_owned())).await.unwrap();
            assert_eq!(answer.error(), invalid("Invalid request"), "{path} {body}");
        }
    }
    let huge = format!("{{\"endUserIp\":\"192.0.2.1\",\"userVisibleData\":\"{}\"}}", "A".repeat(1 << 20));
    assert_eq!(
        bench.request(RP, post("/rp/v6.0/auth", huge)).await.unwrap().error(),
        invalid("Invalid request")
    );
}

#[tokio::test]
async fn answers_have_their_members_in_the_order_of_the_wire() {
    let bench = Bench::start().await;
    let visible = json!("VGV4dA==");
    let transaction = json!({
        "transactionType": "card", "recipient": {"name": "A shop"}, "money": {"amount": "100,00", "currency": "SEK"},
    });
    let ip = "192.0.2.1";
    for (path, body, has_tokens) in [
        ("auth", json!({"endUserIp": ip}), true),
        ("sign", json!({"endUserIp": ip, "userVisibleData": visible}), true),
        ("payment", json!({"endUserIp": ip, "userVisibleTransaction": transaction}), true),
        (
            "other/payment",
            json!({"personalNumber": "200001010101", "userVisibleTransaction": transaction}),
            false,
        ),
        ("phone/auth", json!({"callInitiator": "RP"}), false),
        ("phone/sign", json!({"callInitiator": "user", "userVisibleData": visible}), false),
    ] {
        let answer = bench.post(&format!("/rp/v6.0/{path}"), &body).await;
        let ok = answer.ok();
        let names: Vec<&String> = ok.as_object().unwrap().keys().collect();
        let expected: &[&str] = if has_tokens {
            &["orderRef", "autoStartToken", "qrStartToken", "qrStartSecret"]
        } else {
            &["orderRef"]
        };
        assert_eq!(names, expected, "{path}");
        assert_eq!(answer.headers["content-type"], "application/json");
        for token in ok.as_object().unwrap().values() {
            assert_eq!(token.as_str().unwrap().parse::<uuid::Uuid>().unwrap().get_version_num(), 4);
        }
    }
    let order = bench.auth().await;
    let pending = bench.collect(&order).await;
    assert_eq!(
        pending.text(),
        format!(r#"{{"orderRef":"{order}","status":"pending","hintCode":"outstandingTransaction"}}"#)
    );
    let cancelled = bench.post("/rp/v6.0/cancel", &json!({"orderRef": order})).await;
    assert_eq!((cancelled.status, cancelled.text()), (StatusCode::OK, "{}"));
    let gone = bench.collect(&order).await;
    assert_eq!(gone.text(), r#"{"errorCode":"invalidParameters","details":"No such order"}"#);
}
