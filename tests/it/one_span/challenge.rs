//! A challenge that another source asks for: written in OneSpan's own form, or declined.

use anyhow::Result;
use serde_json::json;

use crate::stage::{Stage, header, is_decline, said};

#[tokio::test]
async fn an_accept_is_raised_to_the_configured_challenge() -> Result<()> {
    let unknown = json!({ "whenUnknown": "Challenge" });
    let code = json!({ "oneSpan": { "challengeCode": 5 } });
    let stage = Stage::start(|policy| policy.with_flow("all", &unknown).with_provider(&code)).await?;
    let script = json!({ "code": "absent", "status": "accepted", "fields": { "userRef": "x" }, "session": { "pending": 0 } });
    let answer = stage.login(&script).await?;
    let raised = said(&answer)?;
    assert_eq!((&raised["riskResponseCode"], &raised["sessionStatus"]), (&json!(5), &json!("pending")));
    assert!(raised["userRef"].is_null() && raised["requestID"].is_string(), "{raised}");
    assert_eq!(header(&answer, "riskgate-challenge"), Some("StepUp"));
    let polled = said(&stage.poll(raised["requestID"].as_str().unwrap_or_default()).await?)?;
    assert!(is_decline(&polled), "the result of a request that is to be challenged is withheld: {polled}");
    Ok(())
}

#[tokio::test]
async fn without_a_code_for_it_a_challenge_is_a_decline() -> Result<()> {
    let unknown = json!({ "whenUnknown": "Challenge" });
    let stage = Stage::start(|policy| policy.with_flow("all", &unknown)).await?;
    let answer = stage.login(&json!({ "code": "absent", "status": "accepted" })).await?;
    assert!(is_decline(&said(&answer)?));
    Ok(())
}

#[tokio::test]
async fn a_policy_may_let_the_application_step_up() -> Result<()> {
    let flow = json!({ "whenUnknown": "Challenge", "challenge": { "atCollect": "PassWithHeader" } });
    let stage = Stage::start(|policy| policy.with_flow("all", &flow)).await?;
    let answer = stage.login(&json!({ "code": "absent", "status": "accepted" })).await?;
    assert_eq!(said(&answer)?["sessionStatus"], "accepted");
    assert_eq!(header(&answer, "riskgate-verdict"), Some("challenge"));
    Ok(())
}
