//! The example policy runs: with the provider and the simulator in BankID's place.

use anyhow::Result;
use harness::root;
use serde_json::{Value, json};

use crate::stage::{Stage, codes, light, signal};

#[tokio::test]
async fn the_example_runs() -> Result<()> {
    let text = std::fs::read_to_string(root().join("examples/bankid-no/policy.yaml"))?;
    let example: Value = serde_yaml::from_str(&text)?;
    let mut written = example["spec"].clone();
    let stage = Stage::start(|spec| {
        let provider = &mut written["providers"][0];
        provider["listen"]["port"] = json!(0);
        provider["bankIdNo"]["environment"] = json!("Custom");
        provider["bankIdNo"]["issuer"] = spec["providers"][0]["bankIdNo"]["issuer"].clone();
        let source = &mut written["sources"][0]["securityData"];
        source["clientId"] = json!("bank-jwt");
        source["keyId"] = json!("bank");
        source["credentialRef"] = json!({ "name": "bank", "key": "key.pem" });
        source["poll"] = json!("1s");
        written["ports"] = spec["ports"].clone();
        *spec = written;
    })
    .await?;
    stage.data("t-green", &light("Green")).await?;
    stage.data("t-yellow", &light("Yellow")).await?;
    stage.login("ola,tid=t-green").await?.returned()?;
    let failure = stage.refused("ola,tid=t-yellow").await?;
    assert_eq!(failure.error_code.as_deref(), Some("insufficient_user_authentication"));
    let record = stage.record(2).await?;
    assert_eq!((signal(&record).0, codes(&record)), ("Moderate", vec!["ChallengeAt"]));
    Ok(())
}
