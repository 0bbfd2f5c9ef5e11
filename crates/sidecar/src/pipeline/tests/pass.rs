//! Calls that carry no result.

use http::Method;

use super::{Stage, header};

#[tokio::test]
async fn the_answer_passes_as_the_protocol_has_it() {
    let stage = Stage::new();
    stage.upstream.answers(200, r#"{"token_endpoint":"https://made.example/token"}"#);
    let answer = stage.ask(Method::GET, "/page", &[("host", "127.0.0.1:15382")], "").await;
    assert_eq!(&answer.body[..], br#"{"token_endpoint":"https://127.0.0.1:15382/token"}"#);
    assert_eq!((header(&answer, "x-provider"), header(&answer, "riskgate-verdict")), (Some("yes"), None));
    assert_eq!(stage.decisions().len(), 0);
}

#[tokio::test]
async fn a_path_of_several_purposes_is_told_apart_by_its_body() {
    let stage = Stage::new();
    stage.upstream.answers(200, "a token of the service's own");
    let answer = stage.exchange("/token", &[], "service=1").await;
    assert_eq!(&answer.body[..], b"a token of the service's own");
    assert_eq!(stage.upstream.asked()[0].body(), "service=1", "as it came");
    assert_eq!(stage.decisions().len(), 0);
}

#[tokio::test]
async fn what_cannot_be_believed_passes_only_in_monitor() {
    let enforce = Stage::new();
    enforce.upstream.answers(502, "<html>");
    let answer = enforce.ask(Method::GET, "/page", &[], "").await;
    assert_eq!(answer.status, 502);
    assert!(!answer.body.starts_with(b"<html>"));
    let lost = enforce.ask(Method::GET, "/page", &[], "").await;
    assert!(lost.body.starts_with(b"InternalError"));
    let monitor = Stage::with("mode: Monitor\n");
    monitor.upstream.answers(502, "<html>");
    assert_eq!(&monitor.ask(Method::GET, "/page", &[], "").await.body[..], b"<html>");
}
