//! SIGTERM: nothing is cut, and the process ends when it is done.

use std::time::Duration;

use anyhow::{Result, ensure};
use harness::{PATIENCE, eventually, raw, web};
use serde_json::json;

use crate::stage::{AUTH, COLLECT, Stage, auth, body, order_ref};

#[tokio::test]
async fn what_runs_is_finished_and_idle_connections_end_at_once() -> Result<()> {
    let mut stage = Stage::start(|policy| policy).await?;
    let order = stage.scripted(json!({ "risk": "low" })).await?;
    let idle = raw::Connection::open(stage.sidecar.address("bankid")?).await?;
    let mut used = stage.connect().await?;
    order_ref(&used.send(web::post(AUTH, &[], &auth())?).await?)?;
    stage.simulator.control().hold(COLLECT).await?;
    let mut busy = stage.connect().await?;
    let request = web::post(COLLECT, &[], &json!({ "orderRef": order }))?;
    let answer = tokio::spawn(async move { busy.send(request).await });
    stage.simulator.control().wait_for_requests(COLLECT, 1).await?;

    let health = stage.sidecar.health_url();
    stage.sidecar.process().terminate()?;
    let mut idle = idle;
    idle.closed(PATIENCE).await?;
    eventually("readiness to fail", PATIENCE, || async {
        ensure!(web::get(&health, "/readyz").await?.status().as_u16() == 503, "still ready");
        Ok(())
    })
    .await?;
    assert!(web::get(&health, "/livez").await?.status().is_success(), "alive until the end");
    assert!(raw::Connection::open(stage.sidecar.address("bankid")?).await.is_err(), "nothing new is taken");

    stage.simulator.control().release(COLLECT).await?;
    let answer = answer.await??;
    assert_eq!(body(&answer)?["status"], "complete", "the answer that was under way arrives");
    assert_eq!(answer.headers().get("connection").map(|value| value.as_bytes()), Some(&b"close"[..]));
    ends_well(&mut stage).await
}

/// It ends by itself, everything finished: a second signal would cut it short.
async fn ends_well(stage: &mut Stage) -> Result<()> {
    let status = stage.sidecar.process().exited(PATIENCE).await?;
    ensure!(status.success(), "{status}");
    Ok(())
}

#[tokio::test]
async fn an_answer_that_nobody_waits_for_is_finished_too() -> Result<()> {
    let mut stage = Stage::start(|policy| policy).await?;
    let order = stage.scripted(json!({ "risk": "low" })).await?;
    stage.simulator.control().hold(COLLECT).await?;
    let mut gone = raw::Connection::open(stage.sidecar.address("bankid")?).await?;
    let ask = json!({ "orderRef": order }).to_string();
    let head = format!(
        "POST {COLLECT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}",
        ask.len()
    );
    gone.write(format!("{head}\r\n\r\n{ask}").as_bytes()).await?;
    stage.simulator.control().wait_for_requests(COLLECT, 1).await?;
    gone.reset()?;
    stage.sidecar.process().terminate()?;
    stage.simulator.control().release(COLLECT).await?;
    ends_well(&mut stage).await?;
    assert_eq!(stage.sidecar.decisions_once(1).await?.len(), 1, "it was decided and recorded before the end");
    Ok(())
}

#[tokio::test]
async fn the_grace_is_kept_when_a_provider_never_answers() -> Result<()> {
    let short = json!({ "timeouts": { "drain": "200ms" } });
    let mut stage = Stage::start(|policy| policy.with_spec(&short)).await?;
    stage.simulator.control().hold(AUTH).await?;
    let mut busy = stage.connect().await?;
    let request = web::post(AUTH, &[], &auth())?;
    let answer = tokio::spawn(async move { busy.send(request).await });
    stage.simulator.control().wait_for_requests(AUTH, 1).await?;
    stage.sidecar.process().terminate()?;
    let status = stage.sidecar.process().exited(Duration::from_secs(10)).await?;
    assert_eq!(status.code(), Some(1), "what was cut is told by the exit code");
    assert!(answer.await?.is_err());
    Ok(())
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() -> Result<()> {
    let mut stage = Stage::start(|policy| policy).await?;
    stage.simulator.control().hold(AUTH).await?;
    let mut busy = stage.connect().await?;
    let request = web::post(AUTH, &[], &auth())?;
    drop(tokio::spawn(async move { busy.send(request).await }));
    stage.simulator.control().wait_for_requests(AUTH, 1).await?;
    let health = stage.sidecar.health_url();
    stage.sidecar.process().terminate()?;
    eventually("draining", PATIENCE, || async {
        ensure!(web::get(&health, "/readyz").await?.status().as_u16() == 503, "not yet");
        Ok(())
    })
    .await?;
    stage.sidecar.process().terminate()?;
    let status = stage.sidecar.process().exited(Duration::from_secs(10)).await?;
    assert_eq!(status.code(), Some(1));
    Ok(())
}
