//! Orders that the store does not know: another sidecar made them, or an earlier life of this one.

use std::time::Duration;

use anyhow::Result;
use harness::{Policy, Sidecar};
use serde_json::{Value, json};

use crate::stage::{AUTH, CANCEL, Stage, at_once, auth, body, error, header};

/// A second sidecar before the same simulator: what one made, the other does not know.
async fn second(stage: &Stage, adapt: impl FnOnce(Policy) -> Policy) -> Result<Stage> {
    let policy = adapt(Policy::new(stage.simulator.endpoint()));
    let sidecar = Sidecar::start(&policy, stage.simulator.credentials()).await?;
    let simulator = harness::Simulator::start().await?;
    Ok(Stage { simulator, sidecar })
}

#[tokio::test]
async fn the_strictest_flow_holds() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let other = second(&stage, |policy| policy).await?;
    // `transfer` blocks from Moderate and where nothing is known; `login` would let both pass.
    for (risk, status) in [("low", "complete"), ("moderate", "failed"), ("absent", "failed")] {
        let order = stage.scripted(json!({ "risk": risk })).await?;
        let answer = other.collect(&order).await?;
        assert_eq!(body(&answer)?["status"], status, "{risk}");
        assert!(header(&answer, "riskgate-reasons").is_some_and(|codes| codes.contains("ContextLost")));
    }
    let record = other.sidecar.decision("the record", |record| record["verdict"] == "Block").await?;
    assert_eq!((&record["flow"], &record["operation"]), (&Value::Null, &Value::Null), "{record}");
    Ok(())
}

#[tokio::test]
async fn a_policy_may_block_them_all() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let block = json!({ "bankIdSe": { "whenOrderUnknown": "Block" } });
    let other = second(&stage, |policy| policy.with_provider(&block)).await?;
    let order = stage.scripted(json!({ "risk": "low" })).await?;
    assert_eq!(body(&other.collect(&order).await?)?["status"], "failed");
    let own = stage.scripted(json!({ "risk": "low" })).await?;
    assert_eq!(body(&stage.collect(&own).await?)?["status"], "complete", "known orders are judged as ever");
    Ok(())
}

#[tokio::test]
async fn a_flow_that_is_gone_from_the_policy_is_an_unknown_one() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let order = stage.scripted(json!({ "risk": "moderate" })).await?;
    let only_transfer = json!({ "flows": [{ "name": "transfer", "provider": "bankid", "operations": ["Sign"],
        "blockAt": "Moderate", "whenUnknown": "Block", "whenUnavailable": "Block" }] });
    stage.sidecar.change_policy(&Policy::new(stage.simulator.endpoint()).with_spec(&only_transfer))?;
    crate::reload::taken(&stage.sidecar, 1.0).await?;
    assert_eq!(body(&stage.collect(&order).await?)?["status"], "failed");
    Ok(())
}

#[tokio::test]
async fn orders_of_another_certificate_are_looked_for_with_each() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let refs = json!({ "bankIdSe": { "clientCertificateRefs": [{ "name": "bankid-rp-next" }, { "name": "bankid-rp" }] } });
    let other = second(&stage, |policy| policy.with_provider(&refs)).await?;
    let order = stage.scripted(json!({ "risk": "low" })).await?;
    assert_eq!(body(&other.collect(&order).await?)?["status"], "complete");
    let pending = stage.order(AUTH, &auth()).await?;
    let cancelled = other.post(CANCEL, &[], &json!({ "orderRef": pending })).await?;
    assert_eq!(body(&cancelled)?, json!({}));
    Ok(())
}

#[tokio::test]
async fn what_no_certificate_knows_is_told_in_the_providers_words() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let details =
        error(&stage.collect("131daac9-16c6-4618-beb0-365768f37288").await?, 400, "invalidParameters")?;
    assert_eq!(details, "No such order");
    assert!(stage.sidecar.decisions()?.is_empty(), "nothing was decided");
    Ok(())
}

#[tokio::test]
async fn a_restarted_sidecar_still_enforces() -> Result<()> {
    let mut stage = Stage::start(|policy| policy).await?;
    stage.simulator.control().script_default(&at_once(json!({ "risk": "high" }))).await?;
    let order = stage.order(AUTH, &auth()).await?;
    stage.sidecar.stop(Duration::from_secs(10)).await?;
    let policy = Policy::new(stage.simulator.endpoint());
    stage.sidecar = Sidecar::start(&policy, stage.simulator.credentials()).await?;
    assert_eq!(body(&stage.collect(&order).await?)?["status"], "failed");
    Ok(())
}
