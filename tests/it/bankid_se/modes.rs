//! Monitor, and operations that no flow covers.

use anyhow::{Context, Result};
use http::Method;
use serde_json::{Value, json};

use crate::stage::{AUTH, SIGN, Stage, at_once, body, error, header};

fn only_logins() -> Value {
    json!({ "flows": [{ "name": "login", "provider": "bankid", "operations": ["Auth"], "blockAt": "High",
                        "whenUnknown": "Block", "whenUnavailable": "Block" }] })
}

fn sign() -> Value {
    json!({ "endUserIp": "192.0.2.1", "userVisibleData": "VGV4dA==" })
}

#[tokio::test]
async fn monitor_records_what_enforce_would_have_done_and_changes_nothing() -> Result<()> {
    let stage = Stage::start(|policy| policy.with_spec(&json!({ "mode": "Monitor" }))).await?;
    let order = stage.scripted(json!({ "risk": "high" })).await?;
    let answer = stage.collect(&order).await?;
    assert_eq!(body(&answer)?["status"], "complete");
    assert!(header(&answer, "riskgate-verdict").is_none(), "no verdict header");
    let record = stage.sidecar.decision("the record", |record| record["verdict"].is_string()).await?;
    assert_eq!((&record["verdict"], &record["enforced"]), (&json!("Block"), &json!("Allow")), "{record}");
    assert_eq!(record["mode"], "Monitor");
    let sent = stage.simulator.control().requests(AUTH).await?;
    let sent: Value = serde_json::from_str(sent[0]["body"].as_str().context("a body")?)?;
    assert_eq!(sent["returnRisk"], true, "else there would be nothing to see");
    Ok(())
}

#[tokio::test]
async fn monitor_leaves_the_applications_own_words() -> Result<()> {
    let monitor = json!({ "mode": "Monitor" });
    let stage = Stage::start(|policy| policy.with_spec(&monitor)).await?;
    let long = "A".repeat(300);
    let own =
        json!({ "endUserIp": "192.0.2.1", "requirement": { "risk": "low" }, "web": { "userAgent": long } });
    drop(stage.post(AUTH, &[("Riskgate-Flow", "nosuch")], &own).await?);
    let raw = http::Request::post(AUTH).header("content-type", "application/json");
    let malformed =
        harness::web::send(&stage.sidecar.base_url()?, raw.body("{\"endUserIp\":".into())?).await?;
    error(&malformed, 400, "invalidParameters")?;
    let sent = stage.simulator.control().requests(AUTH).await?;
    let first: Value = serde_json::from_str(sent[0]["body"].as_str().context("a body")?)?;
    assert_eq!(
        (&first["requirement"], &first["web"]["userAgent"]),
        (&own["requirement"], &own["web"]["userAgent"])
    );
    assert_eq!(
        sent[1]["body"], "{\"endUserIp\":",
        "what cannot be parsed passes, and the provider says what it thinks"
    );
    Ok(())
}

#[tokio::test]
async fn uncovered_operations_are_refused_and_recorded() -> Result<()> {
    let stage = Stage::start(|policy| policy.with_spec(&only_logins())).await?;
    let answer = stage.post(SIGN, &[], &sign()).await?;
    let details = error(&answer, 400, "invalidParameters")?;
    assert!(details.contains("riskgate") && details.contains("shop/retail"), "{details}");
    assert_eq!(header(&answer, "riskgate-reasons"), Some("Uncovered"));
    let record = stage.sidecar.decision("the record", |record| record["operation"] == "Sign").await?;
    assert_eq!((&record["verdict"], &record["flow"]), (&json!("Block"), &Value::Null), "{record}");
    assert!(stage.simulator.control().requests(SIGN).await?.is_empty(), "nothing was sent");
    Ok(())
}

#[tokio::test]
async fn uncovered_operations_pass_where_the_policy_says_so() -> Result<()> {
    let forward = json!({ "uncoveredOperations": "Forward" });
    let stage = Stage::start(|policy| policy.with_spec(&only_logins()).with_spec(&forward)).await?;
    stage.simulator.control().script_next(&at_once(json!({ "risk": "high" }))).await?;
    let order = stage.order(SIGN, &sign()).await?;
    assert_eq!(body(&stage.collect(&order).await?)?["status"], "complete", "its collects pass");
    let records = stage.sidecar.decisions_once(1).await?;
    assert_eq!(records.len(), 1, "one record for one uncovered operation");
    assert_eq!(
        (&records[0]["verdict"], &records[0]["reasons"][0]["code"]),
        (&json!("Allow"), &json!("Uncovered"))
    );
    let sent = stage.simulator.control().requests(SIGN).await?;
    assert_eq!(sent[0]["body"], sign().to_string(), "as it came");
    Ok(())
}

#[tokio::test]
async fn an_open_order_follows_the_policy_that_is_in_force_when_it_completes() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let policy = harness::Policy::new(stage.simulator.endpoint());
    let order = stage.scripted(json!({ "risk": "high" })).await?;
    stage.sidecar.change_policy(&policy.with_flow("login", &json!({ "blockAt": null })))?;
    crate::reload::taken(&stage.sidecar, 1.0).await?;
    assert_eq!(body(&stage.collect(&order).await?)?["status"], "complete");
    Ok(())
}

#[tokio::test]
async fn a_probe_reaches_the_provider() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let answer = harness::web::get(&stage.sidecar.base_url()?, AUTH).await?;
    assert_eq!(answer.status().as_u16(), 405);
    let seen = stage.simulator.control().requests(AUTH).await?;
    assert_eq!(seen[0]["method"], Method::GET.as_str(), "clients use its 405 as a health probe");
    Ok(())
}
