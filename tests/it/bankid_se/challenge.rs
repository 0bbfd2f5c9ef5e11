//! A challenge at the order and at the result, thresholds of the application, and flows chosen by header.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::stage::{AUTH, COLLECT, SIGN, Stage, at_once, auth, body, error, header};

async fn sent(stage: &Stage, path: &str) -> Result<Value> {
    let requests = stage.simulator.control().requests(path).await?;
    let last = requests.last().context("a request")?;
    Ok(serde_json::from_str(last["body"].as_str().context("a body")?)?)
}

fn challenged(challenge: &Value) -> Value {
    json!({ "blockAt": null, "challengeAt": "Moderate", "challenge": challenge })
}

#[tokio::test]
async fn an_order_that_carries_the_requirement_meets_the_challenge() -> Result<()> {
    let challenge =
        json!({ "atOrder": { "when": "Always", "require": ["PinCode"] }, "atCollect": "AllowIfRequired" });
    let stage = Stage::start(|policy| policy.with_flow("login", &challenged(&challenge))).await?;
    let order = stage.scripted(json!({ "risk": "moderate" })).await?;
    assert_eq!(sent(&stage, AUTH).await?["requirement"]["pinCode"], true);
    let answer = stage.collect(&order).await?;
    assert_eq!(body(&answer)?["status"], "complete");
    assert_eq!(header(&answer, "riskgate-verdict"), Some("allow"));
    let record = stage.sidecar.decision("the record", |record| record["verdict"] == "Challenge").await?;
    let codes: Vec<&Value> =
        record["reasons"].as_array().context("reasons")?.iter().map(|reason| &reason["code"]).collect();
    assert_eq!(codes, ["ChallengeAt", "ChallengeMet"], "{record}");
    assert_eq!(record["enforced"], "Allow");
    assert!(
        record["attached"]
            .as_array()
            .is_some_and(|attached| attached.contains(&json!("requirement.pinCode")))
    );
    Ok(())
}

#[tokio::test]
async fn a_challenge_that_nothing_met_is_refused() -> Result<()> {
    let stage = Stage::start(|policy| policy.with_flow("login", &challenged(&json!({})))).await?;
    let order = stage.scripted(json!({ "risk": "moderate" })).await?;
    let answer = stage.collect(&order).await?;
    assert_eq!(
        body(&answer)?,
        json!({ "orderRef": order, "status": "failed", "hintCode": "transactionRiskBlocked" })
    );
    assert_eq!(header(&answer, "riskgate-verdict"), Some("block"));
    assert_eq!(header(&answer, "riskgate-challenge"), Some("StepUp"));
    Ok(())
}

#[tokio::test]
async fn a_challenge_passes_with_a_header_for_applications_that_step_up() -> Result<()> {
    let challenge = json!({ "atCollect": "PassWithHeader" });
    let stage = Stage::start(|policy| policy.with_flow("login", &challenged(&challenge))).await?;
    let order = stage.scripted(json!({ "risk": "high" })).await?;
    let answer = stage.collect(&order).await?;
    assert_eq!(body(&answer)?["status"], "complete");
    assert_eq!(header(&answer, "riskgate-verdict"), Some("challenge"));
    assert_eq!(header(&answer, "riskgate-reasons"), Some("ChallengeAt"));
    let record = stage.sidecar.decision("the record", |record| record["verdict"].is_string()).await?;
    assert_eq!((&record["verdict"], &record["enforced"]), (&json!("Challenge"), &json!("Allow")));
    assert_eq!(header(&answer, "riskgate-decision-id"), record["id"].as_str());
    Ok(())
}

#[tokio::test]
async fn the_applications_own_threshold_is_taken_over() -> Result<()> {
    let lax = json!({ "blockAt": null });
    let stage = Stage::start(|policy| policy.with_flow("login", &lax)).await?;
    let cases = [
        ("low", "moderate", "failed"),
        ("LOW", "low", "complete"),
        ("moderate", "moderate", "complete"),
        ("Moderate", "high", "failed"),
    ];
    for (accepted, risk, status) in cases {
        stage.simulator.control().script_next(&at_once(json!({ "risk": risk }))).await?;
        let order = stage
            .order(AUTH, &json!({ "endUserIp": "192.0.2.1", "requirement": { "risk": accepted } }))
            .await?;
        assert!(sent(&stage, AUTH).await?.get("requirement").is_none(), "an emptied requirement goes");
        assert_eq!(body(&stage.collect(&order).await?)?["status"], status, "{accepted} {risk}");
    }
    let strange = json!({ "endUserIp": "192.0.2.1", "requirement": { "risk": "norisklevel" } });
    let details = error(&stage.post(AUTH, &[], &strange).await?, 400, "invalidParameters")?;
    assert!(details.contains("requirement.risk"), "{details}");
    Ok(())
}

#[tokio::test]
async fn a_header_selects_a_flow_that_covers_the_operation() -> Result<()> {
    let kiosk = json!({ "operations": ["Auth"], "selectableByHeader": true, "challengeAt": "Moderate",
                        "whenUnknown": "Block", "whenUnavailable": "Block" });
    let stage = Stage::start(|policy| policy.with_flow("kiosk", &kiosk)).await?;
    for (flow, status) in [("login", "complete"), ("kiosk", "failed")] {
        stage.simulator.control().script_next(&at_once(json!({ "risk": "moderate" }))).await?;
        let answer = stage.post(AUTH, &[("Riskgate-Flow", flow)], &auth()).await?;
        let order = crate::stage::order_ref(&answer)?;
        assert_eq!(body(&stage.collect(&order).await?)?["status"], status, "{flow}");
    }
    for wrong in ["transfer", "nosuch", ""] {
        let details =
            error(&stage.post(AUTH, &[("Riskgate-Flow", wrong)], &auth()).await?, 400, "invalidParameters")?;
        assert!(details.contains("login, kiosk"), "the flows that exist are named: {details}");
    }
    let twice = [("Riskgate-Flow", "login"), ("Riskgate-Flow", "login")];
    error(&stage.post(AUTH, &twice, &auth()).await?, 400, "invalidParameters")?;
    Ok(())
}

#[tokio::test]
async fn every_value_of_the_indication_is_judged_by_its_own_rule() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let table = [
        ("low", "complete", "complete"),
        ("moderate", "complete", "failed"),
        ("high", "failed", "failed"),
        ("absent", "complete", "failed"),
        ("severe", "complete", "failed"),
    ];
    for (risk, login, sign) in table {
        let order = stage.scripted(json!({ "risk": risk })).await?;
        assert_eq!(body(&stage.collect(&order).await?)?["status"], login, "login at {risk}");
        stage.simulator.control().script_next(&at_once(json!({ "risk": risk }))).await?;
        let order =
            stage.order(SIGN, &json!({ "endUserIp": "192.0.2.1", "userVisibleData": "VGV4dA==" })).await?;
        assert_eq!(body(&stage.collect(&order).await?)?["status"], sign, "signature at {risk}");
    }
    assert_eq!(stage.simulator.control().requests(COLLECT).await?.len(), 10);
    Ok(())
}
