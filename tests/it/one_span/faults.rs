//! OneSpan down, slow or talking nonsense, and applications that do.

use anyhow::Result;
use harness::web;
use http::Request;
use serde_json::{Value, json};

use crate::stage::{LOGIN, Stage, login};

#[tokio::test]
async fn errors_of_onespan_pass_in_its_own_words() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    for status in [400, 401, 403, 404, 429, 500, 503] {
        let answer = stage
            .login(&json!({ "fault": { "fault": "error", "status": status, "message": "its own" } }))
            .await?;
        assert_eq!(
            (answer.status().as_u16(), web::json::<Value>(&answer)?),
            (status, json!({ "message": "its own" }))
        );
    }
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_believed_is_never_a_result() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    for (script, status) in [
        (json!({ "fault": { "fault": "garbage" } }), 500),
        (json!({ "fault": { "fault": "html403" } }), 403),
        (json!({ "fault": { "fault": "truncate" } }), 500),
        (json!({ "fault": { "fault": "drop" } }), 500),
        (json!({ "fault": { "fault": "reset" } }), 500),
        (json!({ "status": "Accepted" }), 500),
    ] {
        let answer = stage.login(&script).await?;
        assert_eq!(answer.status(), status, "{script}: {answer:?}");
        let message = web::json::<Value>(&answer)?["message"].as_str().unwrap_or_default().to_owned();
        assert!(message.contains("riskgate"), "{message}");
    }
    Ok(())
}

#[tokio::test]
async fn a_onespan_that_is_away_or_slow_is_said_to_be() -> Result<()> {
    let stage =
        Stage::start(|policy| policy.with_spec(&json!({ "timeouts": { "answer": "300ms" } }))).await?;
    assert_eq!(stage.login(&json!({ "delay": 60_000 })).await?.status(), 500);
    let closed = json!({ "oneSpan": { "endpoint": "https://localhost:1" } });
    let away = Stage::start(|policy| policy.with_provider(&closed)).await?;
    assert_eq!(away.post(LOGIN, &[], &login()).await?.status(), 503);
    Ok(())
}

#[tokio::test]
async fn requests_that_do_not_read_are_refused_and_not_sent() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let json = "application/json";
    for (content_type, body, status) in [
        (json, r#"{"clientIP":"1.1.1.1","clientIP":"2.2.2.2"}"#, 400),
        (json, "[]", 400),
        (json, "{", 400),
        ("text/plain", "{}", 415),
    ] {
        let request = Request::post(LOGIN).header("content-type", content_type).body(body.into())?;
        let answer = stage.send(request).await?;
        assert_eq!(answer.status(), status, "{body}");
        assert!(web::json::<Value>(&answer)?["message"].is_string());
    }
    assert!(stage.received(LOGIN).await?.is_empty());
    let request = Request::post(LOGIN).header("content-type", "application/json; charset=UTF-8");
    let answer = stage.send(request.body(login().to_string().into())?).await?;
    assert_eq!(answer.status(), 200, "what Java's clients send is taken: {answer:?}");
    Ok(())
}

#[tokio::test]
async fn operations_that_no_flow_covers_are_refused_or_pass_with_their_sessions() -> Result<()> {
    let only = json!({ "operations": ["Event"] });
    let stage = Stage::start(|policy| policy.with_flow("all", &only)).await?;
    assert_eq!(stage.post(LOGIN, &[], &login()).await?.status(), 400);
    let forward = json!({ "uncoveredOperations": "Forward" });
    let stage = Stage::start(|policy| policy.with_flow("all", &only).with_spec(&forward)).await?;
    let script = json!({ "code": 1, "status": "pending", "session": { "pending": 0 } });
    let answer: Value = web::success(&stage.login(&script).await?)?;
    assert_eq!((&answer["riskResponseCode"], &answer["sessionStatus"]), (&json!(1), &json!("pending")));
    let polled: Value = web::success(&stage.poll(answer["requestID"].as_str().unwrap_or_default()).await?)?;
    assert_eq!(polled["sessionStatus"], "accepted");
    Ok(())
}
