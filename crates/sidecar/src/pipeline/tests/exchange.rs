//! One request that starts a transaction and brings its result.

use std::time::Duration;

use http::Method;
use riskgate_store::{Held, Key};
use tokio::time::Instant;

use super::{Stage, header};

const KEY: Key<'_> = Key { provider: "made", reference: "repeat::code=1" };

#[tokio::test]
async fn an_allowed_result_passes_as_it_came_with_its_verdict() {
    let stage = Stage::new();
    stage.upstream.answers(200, "low");
    let answer =
        stage.exchange("/token", &[("authorization", "Basic eA=="), ("cookie", "a=b")], "code=1").await;
    assert_eq!((answer.status, &answer.body[..]), (200, &b"low"[..]));
    assert_eq!(header(&answer, "riskgate-verdict"), Some("allow"));
    assert_eq!(header(&answer, "x-provider"), Some("yes"));
    let [sent] = &stage.upstream.asked()[..] else { panic!("one call") };
    assert_eq!(sent.body(), "code=1&attached=1");
    assert_eq!(sent.uri(), "https://made.example/token");
    assert_eq!(sent.headers()["content-type"], super::protocol::FORM);
    assert_eq!(sent.headers()["authorization"], "Basic eA==");
    assert!(!sent.headers().contains_key("cookie"));
    let [decision] = &stage.decisions()[..] else { panic!("one decision") };
    assert_eq!((&decision["flow"], &decision["operation"]), (&"login".into(), &"Auth".into()));
    assert_eq!(decision["attached"], serde_json::json!(["attached"]));
    assert_eq!(decision["signals"][0]["score"], 7);
    assert_eq!(decision["signals"][0]["indicators"], serde_json::json!(["seen"]));
}

#[tokio::test]
async fn a_blocked_result_is_withheld_and_stays_withheld() {
    let stage = Stage::new();
    stage.upstream.answers(200, "high");
    let first = stage.exchange("/token", &[], "code=1").await;
    assert_eq!((first.status, &first.body[..]), (403, &b"Auth Block"[..]));
    assert_eq!((header(&first, "riskgate-verdict"), header(&first, "x-provider")), (Some("block"), None));
    let again = stage.exchange("/token", &[], "code=1").await;
    assert_eq!((again.status, &again.body, &again.headers), (first.status, &first.body, &first.headers));
    assert_eq!((stage.upstream.asked().len(), stage.decisions().len()), (1, 1));
}

#[tokio::test]
async fn only_the_same_request_gets_the_answer_again() {
    let stage = Stage::new();
    for _ in 0..4 {
        stage.upstream.answers(200, "low");
    }
    for (headers, body) in [
        (&[][..], "code=1"),
        (&[], "code=2"),
        (&[("authorization", "Basic eA==")], "code=1"),
        (&[], "code=1"),
    ] {
        assert_eq!(stage.exchange("/token", headers, body).await.status, 200);
    }
    assert_eq!(stage.upstream.asked().len(), 3);
}

#[tokio::test]
async fn a_request_that_is_never_the_same_is_another_transaction() {
    let stage = Stage::new();
    stage.upstream.answers(200, "low");
    stage.upstream.answers(400, "refused");
    assert_eq!(stage.exchange("/call", &[], "a=1").await.status, 200);
    assert_eq!(stage.exchange("/call", &[], "a=1").await.status, 400);
    assert_eq!((stage.upstream.asked().len(), stage.decisions().len()), (2, 1));
    let kept = stage.store().get(Key { provider: "made", reference: "made-1" }).await.unwrap();
    assert!(kept.is_some_and(|kept| kept.terminal.is_some()), "a later request about it finds the verdict");
}

#[tokio::test]
async fn the_same_request_at_once_is_one_call() {
    let stage = Stage::new();
    stage.upstream.hold();
    stage.upstream.answers(200, "low");
    let ask = || stage.exchange("/token", &[], "code=1");
    let release = async {
        while stage.upstream.asked().is_empty() {
            tokio::task::yield_now().await;
        }
        stage.upstream.release();
    };
    let (one, other, ()) = tokio::join!(ask(), ask(), release);
    assert_eq!((one.status, &one.headers), (200, &other.headers));
    assert_eq!((stage.upstream.asked().len(), stage.decisions().len()), (1, 1));
}

#[tokio::test]
async fn an_application_that_disconnects_gets_the_answer_when_it_asks_again() {
    let stage = Stage::new();
    stage.upstream.hold();
    stage.upstream.answers(200, "low");
    let gone = async {
        while stage.upstream.asked().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = stage.exchange("/token", &[], "code=1") => panic!("nothing was answered yet"),
        () = gone => {}
    }
    stage.upstream.release();
    stage.gateway.tasks.close();
    stage.gateway.tasks.wait().await;
    let answer = stage.exchange("/token", &[], "code=1").await;
    assert_eq!((answer.status, stage.upstream.asked().len(), stage.decisions().len()), (200, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn sources_are_waited_for_since_nobody_can_be_told_to_ask_again() {
    let stage = Stage::new();
    stage.upstream.answers(200, "low");
    let began = Instant::now();
    let answer = stage.exchange("/token", &[("riskgate-flow", "sourced")], "code=1").await;
    assert_eq!((answer.status, &answer.body[..]), (200, &b"low"[..]));
    assert_eq!(began.elapsed().as_secs(), 2);
    assert_eq!(stage.decisions()[0]["signals"][1]["source"], "slow");
}

#[tokio::test(start_paused = true)]
async fn in_monitor_nobody_waits_for_sources() {
    let stage = Stage::with("mode: Monitor\n");
    stage.upstream.answers(200, "high");
    let began = Instant::now();
    let answer = stage.exchange("/token", &[("riskgate-flow", "sourced")], "code=1").await;
    assert_eq!((answer.status, began.elapsed()), (200, Duration::ZERO));
    assert_eq!(header(&answer, "riskgate-verdict"), None);
    stage.gateway.tasks.close();
    stage.gateway.tasks.wait().await;
    let [decision] = &stage.decisions()[..] else { panic!("one decision") };
    assert_eq!((&decision["verdict"], &decision["enforced"]), (&"Block".into(), &"Allow".into()));
}

#[tokio::test]
async fn an_answer_that_was_held_and_never_judged_is_judged_when_it_is_asked_for_again() {
    let stage = Stage::new();
    let held = Held { status: 200, headers: Vec::new(), body: "high".into() };
    stage.store().hold(KEY, held).await.unwrap();
    let answer = stage.exchange("/token", &[], "code=1").await;
    assert_eq!((answer.status, &answer.body[..]), (403, &b"Auth Block"[..]));
    assert_eq!((stage.upstream.asked().len(), stage.decisions().len()), (0, 1));
}

#[tokio::test]
async fn what_is_screened_out_is_never_sent() {
    let stage = Stage::new();
    let headers = [("riskgate-flow", "screened"), ("riskgate-user-agent", "bad")];
    let answer = stage.exchange("/token", &headers, "code=1").await;
    assert_eq!((answer.status, &answer.body[..]), (403, &b"not started"[..]));
    assert_eq!((stage.upstream.asked().len(), stage.decisions().len()), (0, 1));
}

#[tokio::test]
async fn an_operation_without_a_flow_is_refused_or_passes_as_it_came() {
    let refused = Stage::new();
    let answer = refused.exchange("/sign", &[], "a=1").await;
    assert_eq!((answer.status, refused.upstream.asked().len()), (500, 0));
    assert_eq!(header(&answer, "riskgate-reasons"), Some("Uncovered"));
    let forwards = Stage::with("uncoveredOperations: Forward\n");
    forwards.upstream.answers(200, "high");
    let answer = forwards.exchange("/sign", &[], "a=1").await;
    assert_eq!((answer.status, &answer.body[..]), (200, &b"high"[..]));
    assert_eq!(forwards.upstream.asked()[0].body(), "a=1");
}

#[tokio::test]
async fn what_the_provider_says_otherwise_is_not_judged() {
    let stage = Stage::new();
    stage.upstream.answers(400, "no");
    let refused = stage.exchange("/token", &[], "code=1").await;
    assert_eq!((refused.status, &refused.body[..]), (400, &b"no"[..]), "in the provider's own words");
    stage.upstream.answers(200, "garbage");
    let garbage = stage.exchange("/token", &[], "code=1").await;
    assert_eq!(garbage.status, 500);
    assert!(!String::from_utf8_lossy(&garbage.body).contains("garbage"));
    let lost = stage.exchange("/token", &[], "code=1").await;
    assert!(lost.body.starts_with(b"InternalError"));
    let unread = stage.exchange("/token", &[], "").await;
    assert!(unread.body.starts_with(b"InvalidParameters"));
    assert_eq!((stage.upstream.asked().len(), stage.decisions().len()), (3, 0));
    let monitor = Stage::with("mode: Monitor\n");
    monitor.upstream.answers(200, "garbage");
    assert_eq!(&monitor.exchange("/token", &[], "code=1").await.body[..], b"garbage");
}

#[tokio::test]
async fn another_method_is_told_which_one_is_taken() {
    let stage = Stage::new();
    let answer = stage.ask(Method::PUT, "/token", &[], "").await;
    assert!(answer.body.starts_with(b"MethodNotAllowed: only POST is taken here"));
    let answer = stage.ask(Method::POST, "/token", &[("content-type", "application/json")], "{}").await;
    assert!(answer.body.starts_with(b"UnsupportedMediaType: send Content-Type: application/x-www-form"));
    assert_eq!(stage.upstream.asked().len(), 0);
}
