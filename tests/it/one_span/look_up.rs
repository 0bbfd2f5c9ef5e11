//! What OneSpan has on file: the rules that matched, and the application's own look-ups.

use anyhow::{Context, Result};
use harness::Policy;
use harness::web::{self, Answer};
use http::Request;
use serde_json::{Value, json};

use crate::stage::{EVENT, Stage, TRANSACTION, header, is_decline, said};

const LOOK_UPS: [&str; 2] = ["/v1/events/", "/v1/transactions/"];

fn looking_up(matched_rules: &Value) -> impl FnOnce(Policy) -> Policy + use<> {
    let patch = json!({ "oneSpan": { "matchedRules": matched_rules } });
    move |policy| policy.with_provider(&patch)
}

/// How often something was looked up.
async fn looked_up(stage: &Stage) -> Result<usize> {
    let all = stage.simulator.control().call(http::Method::GET, "/v1/requests", None).await?;
    let requests = all["requests"].as_array().context("requests")?;
    let is_look_up = |request: &&Value| {
        let path = request["path"].as_str().unwrap_or_default();
        LOOK_UPS.iter().any(|begins| path.starts_with(begins))
    };
    Ok(requests.iter().filter(is_look_up).count())
}

async fn indicators(stage: &Stage, count: usize) -> Result<Value> {
    Ok(stage.sidecar.decisions_once(count).await?[count - 1]["signals"][0]["indicators"].clone())
}

async fn get(stage: &Stage, path: &str) -> Result<Answer> {
    stage.send(Request::get(path).body(bytes::Bytes::new())?).await
}

#[tokio::test]
async fn the_rules_that_matched_stand_in_the_record_of_whatever_was_not_accepted() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let rules = json!({ "rules": ["Velocity", "New device"] });
    let challenged = stage.login(&json!({ "code": 3, "matchedRules": rules })).await?;
    assert_eq!(said(&challenged)?["riskResponseCode"], 3, "as it came");
    let matched = ["matchedRules=Velocity", "matchedRules=New device"];
    assert_eq!(
        indicators(&stage, 1).await?,
        json!(["ChallengeSMS", "ProviderChallenged", matched[0], matched[1]])
    );
    let event = json!({ "eventType": "LoginAttempt" });
    let transaction = json!({ "objectType": "AdaptiveTransactionValidationInput", "amount": 1 });
    for (count, path, body) in [(2, EVENT, event), (3, TRANSACTION, transaction)] {
        stage.next(&json!({ "code": 1, "matchedRules": rules })).await?;
        assert!(is_decline(&said(&stage.post(path, &[], &body).await?)?), "{path}");
        assert_eq!(
            indicators(&stage, count).await?,
            json!(["ProviderDeclined", matched[0], matched[1]]),
            "{path}"
        );
    }
    assert_eq!(looked_up(&stage).await?, 3);
    stage.login(&json!({ "code": 0, "matchedRules": rules })).await?;
    assert_eq!(indicators(&stage, 4).await?, json!([]));
    assert_eq!(looked_up(&stage).await?, 3, "what was accepted is not looked up");
    Ok(())
}

#[tokio::test]
async fn a_look_up_that_fails_or_takes_too_long_never_costs_the_decision() -> Result<()> {
    let stage = Stage::start(looking_up(&json!({ "lookUp": "Always", "timeout": "150ms" }))).await?;
    let scripts = [
        json!({ "code": 0, "lookUpFault": { "fault": "garbage" } }),
        json!({ "code": 0, "lookUpFault": { "fault": "drop" } }),
        json!({ "code": 0, "lookUpFault": { "fault": "error", "status": 503, "message": "later" } }),
        json!({ "code": 0, "lookUpDelay": 60_000 }),
    ];
    for (count, script) in scripts.iter().enumerate() {
        let answer = stage.login(script).await?;
        assert_eq!(said(&answer)?["riskResponseCode"], 0, "{script}");
        assert_eq!(indicators(&stage, count + 1).await?, json!(["MatchedRulesUnavailable"]), "{script}");
    }
    Ok(())
}

#[tokio::test]
async fn a_policy_may_block_on_a_rule_of_what_was_accepted() -> Result<()> {
    let always = looking_up(&json!({ "lookUp": "Always" }));
    let rule = json!([{ "name": "provider", "blockWhen": ["matchedRules = Velocity"] }]);
    let stage = Stage::start(|policy| always(policy).with_flow("all", &json!({ "sources": rule }))).await?;
    for (matched, declined) in [(json!(["Quiet"]), false), (json!(["Quiet", "Velocity"]), true)] {
        let answer = stage.login(&json!({ "code": 0, "matchedRules": matched })).await?;
        assert_eq!(is_decline(&said(&answer)?), declined, "{matched}");
    }
    Ok(())
}

#[tokio::test]
async fn the_application_looks_up_what_was_allowed_and_learns_nothing_new_of_what_was_not() -> Result<()> {
    let never = looking_up(&json!({ "lookUp": "Never" }));
    let stage =
        Stage::start(|policy| never(policy).with_flow("all", &json!({ "blockAt": "Moderate" }))).await?;
    let allowed = said(&stage.login(&json!({ "code": 0, "matchedRules": ["Quiet"] })).await?)?;
    let path = format!("/v1/events/{}", allowed["eventID"].as_str().context("an eventID")?);
    let on_file = get(&stage, &path).await?;
    assert_eq!(said(&on_file)?["riskResponseCode"], 0);
    assert_eq!(said(&on_file)?["matchedRules"], json!(["Quiet"]));
    assert_eq!(header(&on_file, "riskgate-verdict"), None, "nothing is decided by it");

    let declined = stage.login(&json!({ "code": 3, "matchedRules": ["Velocity"] })).await?;
    let id = said(&declined)?["eventID"].as_str().context("an eventID")?.to_owned();
    for _ in 0..2 {
        let on_file = get(&stage, &format!("/v1/events/{id}")).await?;
        assert_eq!(said(&on_file)?["riskResponseCode"], 1, "OneSpan has 3 on file");
        assert_eq!(said(&on_file)?["matchedRules"], json!(["Velocity"]));
        assert_eq!(header(&on_file, "riskgate-verdict"), Some("block"));
        assert_eq!(header(&on_file, "riskgate-decision-id"), header(&declined, "riskgate-decision-id"));
    }
    let none = get(&stage, "/v1/transactions/7f").await?;
    assert_eq!((none.status(), web::json::<Value>(&none)?["message"].is_string()), (404.try_into()?, true));
    assert_eq!(stage.sidecar.decisions()?.len(), 2, "look-ups are no decisions");
    Ok(())
}
