//! Why a decision came out as it did: what the security data service said, or why it said nothing.

use anyhow::Result;
use serde_json::{Value, json};

use crate::stage::{Stage, codes, light, signal};

#[tokio::test]
async fn what_does_not_apply_is_not_asked_for() -> Result<()> {
    let stage = Stage::start(|_| {}).await?;
    let login = stage.login("ola,acr=urn:bankid:bis;LOA=3,tid=t-bis").await?.returned()?;
    assert_eq!(login["claims"]["acr"], "urn:bankid:bis;LOA=3");
    let record = stage.record(1).await?;
    assert_eq!(signal(&record), ("NotApplicable", &json!([])));
    assert!(stage.simulator.control().requests("/securityData/t-bis").await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn every_refusal_of_the_service_is_named_in_the_record() -> Result<()> {
    let stage = Stage::start(|_| {}).await?;
    let scripted = |status: u16| json!({ "answers": [{ "status": 202 }, { "status": status }] });
    let cases: [(&str, Value, &[&str]); 6] = [
        ("t-400", scripted(400), &["OtherClientsTransaction", "error:scripted"]),
        ("t-403", scripted(403), &["InsufficientScope", "error:scripted"]),
        ("t-404", scripted(404), &["UnknownTransaction", "error:scripted"]),
        ("t-410", scripted(410), &["DataGone", "error:scripted"]),
        ("t-slow", json!({ "collectSeconds": 60 }), &["TimedOut"]),
        (
            "t-429",
            json!({ "answers": [{ "status": 429, "retryAfter": 60 }] }),
            &["Overloaded", "error:scripted"],
        ),
    ];
    for (index, (tid, script, causes)) in cases.into_iter().enumerate() {
        stage.script(tid, &script).await?;
        assert_eq!(
            stage.refused(&format!("ola,tid={tid}")).await?.error_code.as_deref(),
            Some("access_denied")
        );
        let record = stage.record(index + 1).await?;
        assert_eq!(signal(&record), ("Unavailable", &json!(causes)), "{tid}");
        assert_eq!(codes(&record), ["WhenUnavailable"], "{tid}");
    }
    // Without a reference nobody can be asked, and whoever gives none is not let in for that.
    assert!(stage.refused("ola").await.is_ok());
    assert_eq!(signal(&stage.record(7).await?), ("Unavailable", &json!(["NoTransactionReference"])));
    Ok(())
}

#[tokio::test]
async fn access_that_only_the_issuer_has_is_named() -> Result<()> {
    let no_bank = |spec: &mut Value| spec["sources"][0]["securityData"]["clientId"] = json!("no-bank");
    let stage = Stage::start(no_bank).await?;
    stage.refused("ola,tid=t-1").await?;
    let record = stage.record(1).await?;
    assert_eq!(signal(&record), ("Unavailable", &json!(["InvalidScope", "error:invalid_scope"])));
    Ok(())
}

#[tokio::test]
async fn the_source_proves_who_it_is_in_each_way() -> Result<()> {
    for (client, authentication, key) in [
        ("bank", "ClientSecretBasic", "secret"),
        ("bank-post", "ClientSecretPost", "secret"),
        ("bank-jwt", "PrivateKeyJwt", "key.pem"),
    ] {
        let stage = Stage::start(|spec| {
            let source = &mut spec["sources"][0]["securityData"];
            source["clientId"] = json!(client);
            source["authentication"] = json!(authentication);
            source["credentialRef"]["key"] = json!(key);
            if authentication == "PrivateKeyJwt" {
                source["keyId"] = json!("bank");
            }
        })
        .await?;
        stage.data("t-1", &light("Green")).await?;
        stage.login("ola,tid=t-1").await?.returned()?;
        assert_eq!(signal(&stage.record(1).await?).0, "Low", "{authentication}");
    }
    Ok(())
}

#[tokio::test]
async fn an_address_that_the_provider_did_not_see_can_block() -> Result<()> {
    let stage = Stage::start(|_| {}).await?;
    stage
        .data("t-1", &json!({ "BankID_fpf_classification": "Green", "BankID_User_IP": "198.51.100.7" }))
        .await?;
    let from = |ip: &str| json!({ "headers": { "riskgate-client-ip": ip } });
    stage.login_with("ola,tid=t-1", from("198.51.100.7")).await?.returned()?;
    let failure = stage.login_with("ola,tid=t-1", from("203.0.113.9")).await?.failed()?;
    assert_eq!(failure.error_code.as_deref(), Some("access_denied"));
    let record = stage.record(2).await?;
    assert_eq!((signal(&record), codes(&record)), (("Low", &json!(["ClientIpDiffers"])), vec!["BlockWhen"]));
    Ok(())
}

#[tokio::test]
async fn claims_are_used_by_name() -> Result<()> {
    let rules = json!([
        { "claim": "BankID_timeZone", "noneOf": ["Europe/Oslo"], "indicator": "ForeignTimeZone", "level": "High" },
        { "claim": "BankID_env", "atLeast": 60, "indicator": "RiskyEnvironment", "level": "Moderate" },
    ]);
    let stage = Stage::start(|spec| spec["sources"][0]["securityData"]["claims"] = rules).await?;
    let script = json!({ "collectSeconds": 0, "transactionData": { "BankID_timeZone": "Asia/Tokyo" } });
    stage.script("t-zone", &script).await?;
    stage.refused("ola,tid=t-zone").await?;
    assert_eq!(signal(&stage.record(1).await?), ("High", &json!(["ForeignTimeZone"])));
    let env = json!({ "BankID_env": "0.61", "BankID_env_classification": "Green" });
    stage.data("t-env", &env).await?;
    stage.refused("ola,tid=t-env").await?;
    assert_eq!(signal(&stage.record(2).await?), ("Moderate", &json!(["RiskyEnvironment"])));
    Ok(())
}
