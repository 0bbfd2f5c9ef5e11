//! The provider gives a terminal answer once. The application gets it, whatever happens on the way.

use anyhow::{Result, ensure};
use harness::{PATIENCE, eventually, raw, web};
use serde_json::json;

use crate::stage::{AUTH, COLLECT, Stage, at_once, auth, body, error, header};

#[tokio::test]
async fn a_dropped_connection_loses_nothing() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let order = stage.scripted(json!({ "risk": "low" })).await?;
    // The application goes away while the provider is being asked.
    stage.simulator.control().hold(COLLECT).await?;
    let mut connection = raw::Connection::open(stage.sidecar.address("bankid")?).await?;
    let ask = format!("{{\"orderRef\":\"{order}\"}}");
    let request = format!(
        "POST {COLLECT} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{ask}",
        ask.len()
    );
    connection.write(request.as_bytes()).await?;
    stage.simulator.control().wait_for_requests(COLLECT, 1).await?;
    connection.reset()?;
    stage.simulator.control().release(COLLECT).await?;
    stage.sidecar.decision("the decision", |record| record["verdict"] == "Allow").await?;

    let first = stage.collect(&order).await?;
    assert_eq!(body(&first)?["status"], "complete");
    assert_eq!(stage.deliveries(&order).await?, 1, "the provider was not asked again");
    assert_eq!(stage.sidecar.decisions_once(1).await?.len(), 1, "one decision for one transaction");
    Ok(())
}

#[tokio::test]
async fn an_answer_is_repeated_byte_for_byte_with_its_decision() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    for risk in ["low", "high"] {
        let order = stage.scripted(json!({ "risk": risk })).await?;
        let first = stage.collect(&order).await?;
        let second = stage.collect(&order).await?;
        assert_eq!(first.body(), second.body());
        for name in ["riskgate-verdict", "riskgate-reasons", "riskgate-decision-id", "content-type"] {
            assert_eq!(header(&first, name), header(&second, name), "{name}");
            assert!(header(&first, name).is_some(), "{name}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_allowed_answer_is_the_providers_byte_for_byte() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let script = json!({ "risk": "low", "faults": [
        { "at": "terminal", "fault": "members", "members": { "future": { "member": [1.50, "å"] } } }] });
    let order = stage.scripted(script).await?;
    let answer = stage.collect(&order).await?;
    let text = std::str::from_utf8(answer.body())?;
    assert!(text.contains("\"future\"") && text.contains('å'), "unknown members pass: {text}");
    assert_eq!(header(&answer, "riskgate-verdict"), Some("allow"));
    Ok(())
}

#[tokio::test]
async fn fifty_collects_at_once_cost_one_call() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let order = stage.scripted(json!({ "risk": "low" })).await?;
    stage.simulator.control().hold(COLLECT).await?;
    let base_url = stage.sidecar.base_url()?;
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let request = web::post(COLLECT, &[], &json!({ "orderRef": order }))?;
        let base_url = base_url.clone();
        asking.spawn(async move { web::send(&base_url, request).await });
    }
    stage.simulator.control().wait_for_requests(COLLECT, 1).await?;
    stage.simulator.control().release(COLLECT).await?;
    let mut bodies = Vec::new();
    while let Some(answer) = asking.join_next().await {
        bodies.push(answer??.into_body());
    }
    assert_eq!(bodies.len(), 50);
    assert!(bodies.iter().all(|body| body == &bodies[0]), "everybody gets the same answer");
    assert_eq!(stage.simulator.control().requests(COLLECT).await?.len(), 1, "one call of the provider");
    assert_eq!(stage.sidecar.decisions_once(1).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_full_store_takes_no_new_order_and_drops_none() -> Result<()> {
    let small = json!({ "store": { "memory": { "maxBytes": "2Ki" } } });
    let stage = Stage::start(|policy| policy.with_spec(&small)).await?;
    stage.simulator.control().script_default(&at_once(json!({ "risk": "low" }))).await?;
    let mut taken = vec![stage.order(AUTH, &auth()).await?];
    let refused = loop {
        let answer = stage.post(AUTH, &[], &auth()).await?;
        if !answer.status().is_success() {
            break answer;
        }
        taken.push(crate::stage::order_ref(&answer)?);
        ensure!(taken.len() < 100, "2 KiB hold no hundred orders");
    };
    error(&refused, 503, "maintenance")?;
    let sent = stage.simulator.control().requests(AUTH).await?.len();
    assert_eq!(sent, taken.len(), "nothing was sent for the order that was refused");
    for order in &taken {
        assert_eq!(body(&stage.collect(order).await?)?["status"], "complete", "what was taken is kept");
    }
    let metrics = stage.sidecar.metrics().await?;
    assert!(metrics.sum("riskgate_store_errors_total", &[("operation", "admit")]) >= 1.0);
    stage.sidecar.change_policy(&harness::Policy::new(stage.simulator.endpoint()))?;
    crate::reload::taken(&stage.sidecar, 1.0).await?;
    stage.order(AUTH, &auth()).await?;
    Ok(())
}

#[tokio::test]
async fn an_answer_that_was_lost_on_the_way_is_never_allowed() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let order =
        stage.scripted(json!({ "risk": "low", "faults": [{ "at": "terminal", "fault": "reset" }] })).await?;
    error(&stage.collect(&order).await?, 500, "internalError")?;
    let details = error(&stage.collect(&order).await?, 400, "invalidParameters")?;
    assert_eq!(details, "No such order", "the provider's own words pass");
    let record =
        stage.sidecar.decision("the record", |record| record["reasons"][0]["code"] == "Unresolved").await?;
    assert_eq!((&record["verdict"], &record["flow"]), (&json!("Block"), &json!("login")), "{record}");
    Ok(())
}

#[tokio::test]
async fn a_provider_that_says_pending_again_is_believed() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let script = json!({ "risk": "low", "faults": [
        { "at": "collect", "times": 1, "when": "before", "fault": "drop" }] });
    let order = stage.scripted(script).await?;
    error(&stage.collect(&order).await?, 500, "internalError")?;
    eventually("the result", PATIENCE, || async {
        let answer = body(&stage.collect(&order).await?)?;
        ensure!(answer["status"] == "complete", "{answer}");
        Ok(())
    })
    .await
}
