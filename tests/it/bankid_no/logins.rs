//! Logins and signatures: allowed, challenged, blocked.

use anyhow::Result;
use serde_json::json;

use crate::stage::{Stage, codes, light, signal};

#[tokio::test]
async fn a_login_without_risk_reaches_the_application_as_it_came() -> Result<()> {
    let stage = Stage::start(|_| {}).await?;
    stage.data("t-1", &light("Green")).await?;
    // Each way in which a client says who it is, and each algorithm that its tokens are signed with.
    let ways = [
        json!({ "clientId": "shop" }),
        json!({ "clientId": "shop", "par": true }),
        json!({ "clientId": "shop-post", "alg": "RS256" }),
        json!({ "clientId": "shop-jwt", "alg": "PS256", "par": true }),
    ];
    for (index, way) in ways.into_iter().enumerate() {
        let login = stage.login_with("ola,tid=t-1,altsub=9578-5999", way.clone()).await?.returned()?;
        assert_eq!(
            (&login["claims"]["sub"], &login["claims"]["tid"]),
            (&json!("ola"), &json!("t-1")),
            "{way}"
        );
        assert_eq!(login["riskgate"]["riskgate-verdict"], "allow", "{way}");
        let record = stage.record(index + 1).await?;
        assert_eq!((&record["provider"], &record["operation"]), (&json!("BankIdNo"), &json!("Login")));
        assert_eq!((&record["flow"], &record["verdict"]), (&json!("login"), &json!("Allow")), "{record}");
        assert_eq!(signal(&record).0, "Low", "{record}");
    }
    Ok(())
}

#[tokio::test]
async fn a_risky_login_is_the_applications_own_failure() -> Result<()> {
    let stage = Stage::start(|_| {}).await?;
    stage.data("t-yellow", &light("Yellow")).await?;
    stage.data("t-red", &light("Red")).await?;
    stage.data("t-alarm", &json!({ "BankID_Alarm_IDx": "ID2" })).await?;
    for (tid, error, verdict, challenge) in [
        ("t-yellow", "insufficient_user_authentication", "Challenge", Some("StepUp")),
        ("t-alarm", "insufficient_user_authentication", "Challenge", Some("StepUp")),
        ("t-red", "access_denied", "Block", None),
    ] {
        let failure = stage.refused(&format!("kari,tid={tid}")).await?;
        assert_eq!(failure.class, "ResponseBodyError", "{tid}");
        assert_eq!((failure.status, failure.error_code.as_deref()), (Some(400), Some(error)), "{tid}");
        let about = failure.riskgate.expect("headers");
        assert_eq!(about["riskgate-verdict"], "block", "{tid}");
        assert_eq!(about.get("riskgate-challenge").and_then(|value| value.as_str()), challenge, "{tid}");
        let id = about["riskgate-decision-id"].as_str().unwrap().to_owned();
        let record = stage.sidecar.decision("the record", |record| record["id"] == id.as_str()).await?;
        assert_eq!((&record["verdict"], &record["enforced"]), (&json!(verdict), &json!("Block")), "{record}");
    }
    Ok(())
}

#[tokio::test]
async fn a_challenge_may_pass_and_a_refusal_may_be_an_invalid_grant() -> Result<()> {
    let stage = Stage::start(|spec| {
        spec["flows"][0]["challenge"] = json!({ "atCollect": "PassWithHeader" });
        spec["providers"][0]["bankIdNo"]["refusal"] = json!({ "error": "invalid_grant" });
    })
    .await?;
    stage.data("t-yellow", &light("Yellow")).await?;
    stage.data("t-red", &light("Red")).await?;
    let passed = stage.login("kari,tid=t-yellow").await?.returned()?;
    assert_eq!(passed["riskgate"]["riskgate-verdict"], "challenge");
    assert_eq!(stage.refused("kari,tid=t-red").await?.error_code.as_deref(), Some("invalid_grant"));
    Ok(())
}

#[tokio::test]
async fn a_signature_is_judged_as_one() -> Result<()> {
    let stage = Stage::start(|_| {}).await?;
    stage.data("t-sign", &light("Yellow")).await?;
    let sign = json!({ "scope": "openid sign" });
    let failure = stage.login_with("ola,tid=t-sign", sign).await?.failed()?;
    assert_eq!(
        failure.error_code.as_deref(),
        Some("access_denied"),
        "what challenges a login blocks a signature"
    );
    let record = stage.record(1).await?;
    assert_eq!((&record["operation"], &record["flow"]), (&json!("Sign"), &json!("contract")), "{record}");

    let logins_only = Stage::start(|spec| drop(spec["flows"].as_array_mut().unwrap().pop())).await?;
    let failure = logins_only.login_with("ola,tid=t-2", json!({ "scope": "openid sign" })).await?.failed()?;
    assert_eq!(failure.error_code.as_deref(), Some("access_denied"));
    assert_eq!(codes(&logins_only.record(1).await?), ["Uncovered"]);
    Ok(())
}

#[tokio::test]
async fn monitor_changes_nothing_and_tells_what_enforce_would_do() -> Result<()> {
    let stage = Stage::start(|spec| spec["mode"] = json!("Monitor")).await?;
    stage.data("t-red", &light("Red")).await?;
    let login = stage.login("kari,tid=t-red").await?.returned()?;
    assert_eq!((&login["claims"]["sub"], &login["riskgate"]), (&json!("kari"), &json!({})));
    let record = stage.record(1).await?;
    assert_eq!((&record["verdict"], &record["enforced"]), (&json!("Block"), &json!("Allow")));
    Ok(())
}

#[tokio::test]
async fn a_refreshed_login_is_judged_again() -> Result<()> {
    let stage = Stage::start(|_| {}).await?;
    stage.data("t-1", &light("Green")).await?;
    let login = stage.login("ola,tid=t-1").await?.returned()?;
    let refresh = json!({ "refreshToken": login["refresh"] });
    let refreshed = stage.application.call("refresh", &refresh).await?.returned()?;
    assert_eq!(refreshed["claims"]["tid"], "t-1");
    assert_ne!(refreshed["access"], login["access"]);
    let record = stage.record(2).await?;
    assert_eq!((signal(&record).0, &record["verdict"]), ("Low", &json!("Allow")));
    Ok(())
}

#[tokio::test]
async fn a_login_that_goes_on_after_its_data_are_gone_was_judged_before() -> Result<()> {
    let stage = Stage::start(|_| {}).await?;
    let green = json!({ "tid": "t-1", "transaction_data": {}, "derived_data": light("Green") });
    let gone = json!({ "status": 410 });
    let answers = json!([{ "status": 202 }, { "status": 200, "body": green.to_string() }, gone, gone]);
    stage.script("t-1", &json!({ "answers": answers })).await?;
    let login = stage.login("ola,tid=t-1").await?.returned()?;
    let refresh = json!({ "refreshToken": login["refresh"] });
    stage.application.call("refresh", &refresh).await?.returned()?;
    let record = stage.record(2).await?;
    assert_eq!(signal(&record), ("NotApplicable", &json!(["DataGone", "error:scripted"])));
    // BankID's own answers carry no risk, which does not apply either.
    assert_eq!(codes(&record), ["WhenNotApplicable"; 2], "{record}");
    Ok(())
}

#[tokio::test]
async fn a_policy_may_end_logins_that_go_on_after_their_data_are_gone() -> Result<()> {
    let stage = Stage::start(|spec| {
        for flow in spec["flows"].as_array_mut().unwrap() {
            flow["sources"] = json!([{ "name": "security-data", "whenNotApplicable": "Challenge" }]);
        }
    })
    .await?;
    let green = json!({ "tid": "t-1", "transaction_data": {}, "derived_data": light("Green") });
    let answers = json!([{ "status": 202 }, { "status": 200, "body": green.to_string() }, { "status": 410 }]);
    stage.script("t-1", &json!({ "answers": answers })).await?;
    let login = stage.login("ola,tid=t-1").await?.returned()?;
    let refresh = json!({ "refreshToken": login["refresh"] });
    let failure = stage.application.call("refresh", &refresh).await?.failed()?;
    assert_eq!(failure.error_code.as_deref(), Some("insufficient_user_authentication"));
    Ok(())
}
