//! The example policy runs: with the simulator in TIC's place, and what it names as throw-away files.

use anyhow::{Context, Result};
use harness::root;
use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::stage::Stage;

#[tokio::test]
async fn the_example_allows_and_blocks_as_it_says() -> Result<()> {
    let receiver = Receiver::start().await?;
    let text = std::fs::read_to_string(root().join("examples/tic-identity/policy.yaml"))?;
    let example: Value = serde_yaml::from_str(&text)?;
    let stage = Stage::start(|policy| {
        let provider = policy["spec"]["providers"][0]["ticIdentity"].clone();
        *policy = example;
        policy["spec"]["ports"] = json!({ "admin": 0, "health": 0 });
        policy["spec"]["providers"][0]["listen"]["port"] = json!(0);
        let tic = &mut policy["spec"]["providers"][0]["ticIdentity"];
        tic["webhook"]["listen"]["port"] = json!(0);
        tic["webhook"]["forwardTo"] = json!(receiver.url);
        let enrichment = policy["spec"]["sources"][0].get_mut("ticEnrichment").unwrap();
        for name in ["endpoint", "trustBundleRef"] {
            enrichment[name] = provider[name].clone();
        }
        for name in ["endpoint", "trustBundleRef"] {
            policy["spec"]["providers"][0]["ticIdentity"][name] = provider[name].clone();
        }
    })
    .await?;
    let url = json!(stage.sidecar.webhook_url("tic")?);
    let ended = json!([{ "positionEnd": "2024-05-01", "companyStatus": "Aktivt" }]);
    for (level, enrichment, expected) in [
        ("low", json!({}), "complete"),
        ("moderate", json!({}), "failed"),
        ("low", json!({ "data": { "companyRoles": ended } }), "failed"),
    ] {
        stage.script(json!({ "ipIntelligence": level, "enrichment": enrichment })).await?;
        let start = json!({ "userVisibleData": "Sign for the company", "webhookUrl": url });
        let (session, _) = stage.session("sign", start).await?;
        // Counted before it can come.
        let earlier = receiver.seen().len();
        stage.finish(&session).await?;
        let received = receiver.nth(earlier).await.context("its webhook")?;
        let event = received.json()?["event"].clone();
        let collected = stage.returns("collect", json!({ "sessionId": session })).await?;
        assert_eq!(collected["status"], expected, "{level}: {collected}");
        assert_eq!(event, if expected == "complete" { "sign.completed" } else { "sign.failed" });
    }
    Ok(())
}
