//! Every code: what the application gets, and what is recorded.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::stage::{EVENT, LOGIN, RISK_ONLY, Stage, TRANSACTION, header, is_decline, login, said};

fn codes(record: &Value) -> Result<Vec<&str>> {
    let reasons = record["reasons"].as_array().context("reasons")?;
    reasons.iter().map(|reason| reason["code"].as_str().context("a code")).collect()
}

#[tokio::test]
async fn an_accept_passes_byte_for_byte_on_every_road() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let event = json!({ "eventType": "LoginAttempt" });
    let transaction = json!({ "objectType": "AdaptiveTransactionValidationInput", "amount": 1 });
    let risk_only =
        json!({ "accountRef": "a", "amount": 1, "currency": "SEK", "transactionType": "Payment" });
    let calls = [
        (LOGIN, "Login", login()),
        (EVENT, "Event", event),
        (TRANSACTION, "Transaction", transaction),
        (RISK_ONLY, "Transaction", risk_only),
    ];
    for (count, (path, operation, body)) in calls.into_iter().enumerate() {
        stage.next(&json!({ "code": 0, "fields": { "odd": "a\u{e5}", "n": 1.50 } })).await?;
        let answer = stage.post(path, &[], &body).await?;
        assert_eq!(said(&answer)?["riskResponseCode"], 0, "{path}");
        assert_eq!(header(&answer, "riskgate-verdict"), Some("allow"));
        let records = stage.sidecar.decisions_once(count + 1).await?;
        let record = records.last().context("a record")?;
        assert_eq!(
            (&record["operation"], &record["verdict"], &record["provider"]),
            (&json!(operation), &json!("Allow"), &json!("OneSpan"))
        );
        assert!(record["transaction"].is_string());
    }
    Ok(())
}

#[tokio::test]
async fn a_decline_is_recorded_and_stays_one_whatever_the_thresholds() -> Result<()> {
    let stage =
        Stage::start(|policy| policy.with_flow("all", &json!({ "blockAt": null, "whenUnknown": "Allow" })))
            .await?;
    for status in ["refused", "pending", "accepted"] {
        let answer =
            stage.login(&json!({ "code": 1, "status": status, "fields": { "userRef": "x" } })).await?;
        assert!(is_decline(&said(&answer)?), "{status}: {answer:?}");
        assert_eq!(header(&answer, "riskgate-verdict"), Some("block"));
    }
    for record in stage.sidecar.decisions_once(3).await? {
        assert_eq!(codes(&record)?, ["ProviderDeclined"], "{record}");
    }
    Ok(())
}

#[tokio::test]
async fn every_challenge_passes_as_it_came_and_is_one_at_least() -> Result<()> {
    let stage = Stage::start(|policy| policy.with_flow("all", &json!({ "blockAt": null }))).await?;
    let all = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 20, 21, 22, 23, 24, 25, 99];
    for code in all {
        let answer = stage.login(&json!({ "code": code })).await?;
        let said = said(&answer)?;
        assert_eq!((&said["riskResponseCode"], &said["sessionStatus"]), (&json!(code), &json!("pending")));
        assert_eq!(header(&answer, "riskgate-verdict"), Some("challenge"));
        assert_eq!(header(&answer, "riskgate-challenge"), Some("StepUp"));
    }
    for record in stage.sidecar.decisions_once(all.len()).await? {
        assert_eq!(
            (&record["verdict"], codes(&record)?),
            (&json!("Challenge"), vec!["ProviderChallenged"]),
            "{record}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_threshold_blocks_a_challenge() -> Result<()> {
    let stage = Stage::start(|policy| policy.with_flow("all", &json!({ "blockAt": "Moderate" }))).await?;
    assert!(is_decline(&said(&stage.login(&json!({ "code": 3 })).await?)?));
    Ok(())
}

#[tokio::test]
async fn what_is_no_code_is_unknown_and_the_policy_decides() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    for code in [json!("absent"), json!(-1), json!("0"), json!(0.0)] {
        let answer = stage.login(&json!({ "code": code, "status": "accepted" })).await?;
        assert!(is_decline(&said(&answer)?), "{code}");
    }
    let not_assessed = stage.post(LOGIN, &[], &json!({ "objectType": "LoginInput" })).await?;
    assert!(is_decline(&said(&not_assessed)?));
    let records = stage.sidecar.decisions_once(5).await?;
    for record in &records {
        assert_eq!(codes(record)?, ["WhenUnknown"], "{record}");
    }
    assert_eq!(records[4]["lint"], json!(["NotAdaptive"]));
    Ok(())
}

#[tokio::test]
async fn conditions_name_the_fields_of_the_answer() -> Result<()> {
    let rule = json!([{ "name": "provider", "blockWhen": ["clientIPCountry != SE", "amount >= 10000", "ChallengeSMS"] }]);
    let stage = Stage::start(|policy| policy.with_flow("all", &json!({ "sources": rule }))).await?;
    for (script, blocked) in [
        (json!({ "fields": { "clientIPCountry": "SE", "amount": 9999.99 } }), None),
        (json!({ "fields": { "clientIPCountry": "RU" } }), Some("clientIPCountry != SE")),
        (json!({ "fields": { "amount": "10000" } }), Some("amount >= 10000")),
        (json!({ "code": 3 }), Some("ChallengeSMS")),
    ] {
        let answer = stage.login(&script).await?;
        assert_eq!(is_decline(&said(&answer)?), blocked.is_some(), "{script}");
        if let Some(condition) = blocked {
            let found =
                |record: &Value| record["reasons"].to_string().contains(&format!("blockWhen: {condition}"));
            let record = stage.sidecar.decision(condition, found).await?;
            assert!(!record.to_string().contains("RU"), "a fact is never recorded: {record}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn in_monitor_nothing_changes_and_everything_is_recorded() -> Result<()> {
    let stage = Stage::start(|policy| policy.with_spec(&json!({ "mode": "Monitor" }))).await?;
    let answer = stage.login(&json!({ "code": 1, "fields": { "userRef": "x" } })).await?;
    assert_eq!(said(&answer)?["userRef"], "x");
    assert_eq!(header(&answer, "riskgate-verdict"), None);
    assert_eq!(stage.received(LOGIN).await?, [login()]);
    let record = &stage.sidecar.decisions_once(1).await?[0];
    assert_eq!((&record["verdict"], &record["enforced"]), (&json!("Block"), &json!("Allow")));
    Ok(())
}
