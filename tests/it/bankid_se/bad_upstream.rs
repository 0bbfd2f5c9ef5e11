//! Whatever the provider, or somebody in its place, answers: bounded, well formed, in the provider's shape.

use std::net::TcpListener;

use anyhow::{Context, Result};
use harness::{Policy, Sidecar, Simulator};
use serde_json::json;

use crate::stage::{AUTH, COLLECT, Stage, auth, body, error};

#[tokio::test]
async fn answers_that_are_not_the_providers_are_replaced() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let table = [
        ("order", "html403", 403, "unauthorized"),
        ("order", "garbage", 500, "internalError"),
        ("order", "truncate", 500, "internalError"),
        ("order", "reset", 500, "internalError"),
        ("order", "drop", 500, "internalError"),
        ("collect", "html403", 403, "unauthorized"),
        ("terminal", "garbage", 500, "internalError"),
        ("terminal", "truncate", 500, "internalError"),
        ("terminal", "wrongOrderRef", 500, "internalError"),
        ("terminal", "unknownStatus", 500, "internalError"),
    ];
    for (at, fault, status, code) in table {
        let script = json!({ "hints": [], "faults": [{ "at": at, "fault": fault }] });
        stage.simulator.control().script_next(&script).await?;
        let ordered = stage.post(AUTH, &[], &auth()).await?;
        let answer =
            if at == "order" { ordered } else { stage.collect(&crate::stage::order_ref(&ordered)?).await? };
        let details = error(&answer, status, code).with_context(|| format!("{at} {fault}"))?;
        assert!(details.contains("riskgate"), "the details say whose answer this is: {details}");
        assert!(!details.contains("<html"), "and nothing of what came: {details}");
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_beyond_every_bound_is_not_read_to_its_end() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let huge =
        json!({ "risk": "low", "faults": [{ "at": "terminal", "fault": "hugeBody", "bytes": 8_388_608 }] });
    let order = stage.scripted(huge).await?;
    error(&stage.collect(&order).await?, 500, "internalError")?;
    Ok(())
}

#[tokio::test]
async fn errors_of_the_provider_pass_as_they_came() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    for (status, code) in [
        (400, "alreadyInProgress"),
        (401, "unauthorized"),
        (503, "Maintenance"),
        (500, "internalError"),
        (429, "futureCode"),
    ] {
        let fault = json!({ "at": "order", "fault": "error", "status": status, "errorCode": code, "details": "Its own words" });
        stage.simulator.control().script_next(&json!({ "faults": [fault] })).await?;
        let details = error(&stage.post(AUTH, &[], &auth()).await?, status, code)?;
        assert_eq!(details, "Its own words");
    }
    for hint in ["userCancel", "startFailed", "transactionRiskBlocked", "futureFailure"] {
        let order = stage.scripted(json!({ "outcome": hint })).await?;
        let answer = stage.collect(&order).await?;
        assert_eq!(body(&answer)?["hintCode"], hint);
        assert_eq!(answer.body(), stage.collect(&order).await?.body(), "a failure is repeated, too");
    }
    assert!(stage.sidecar.decisions()?.is_empty(), "what the provider itself failed is not decided");
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_not_the_provider_gets_nothing() -> Result<()> {
    for certificate in ["expired", "other-root", "wrong-name"] {
        let stage = Stage::start_with(&["--server-certificate", certificate], |policy| policy).await?;
        error(&stage.post(AUTH, &[], &auth()).await?, 503, "maintenance").context(certificate)?;
        assert!(
            stage.simulator.control().requests(AUTH).await?.is_empty(),
            "{certificate}: nothing was sent"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_maintenance() -> Result<()> {
    let simulator = Simulator::start().await?;
    // A port that was free a moment ago, and that nobody listens on.
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let sidecar =
        Sidecar::start(&Policy::new(&format!("https://localhost:{port}")), simulator.credentials()).await?;
    let stage = Stage { simulator, sidecar };
    error(&stage.post(AUTH, &[], &auth()).await?, 503, "maintenance")?;
    error(&stage.collect("131daac9-16c6-4618-beb0-365768f37288").await?, 503, "maintenance")?;
    Ok(())
}

#[tokio::test]
async fn a_provider_that_answers_too_late_is_an_internal_error() -> Result<()> {
    let limits = json!({ "timeouts": { "answer": "300ms" } });
    let stage = Stage::start(|policy| policy.with_spec(&limits)).await?;
    stage.simulator.control().hold(COLLECT).await?;
    let order = stage.scripted(json!({ "risk": "low" })).await?;
    error(&stage.collect(&order).await?, 500, "internalError")?;
    stage.simulator.control().release(COLLECT).await?;
    Ok(())
}

#[tokio::test]
async fn nothing_is_sent_twice() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    for fault in ["drop", "reset"] {
        let before = stage.simulator.control().requests(AUTH).await?.len();
        stage
            .simulator
            .control()
            .script_next(&json!({ "faults": [{ "at": "order", "fault": fault }] }))
            .await?;
        error(&stage.post(AUTH, &[], &auth()).await?, 500, "internalError")?;
        assert_eq!(stage.simulator.control().requests(AUTH).await?.len(), before + 1, "{fault}");
    }
    Ok(())
}
