//! Webhooks through the sidecar: what TIC says of the addresses arrives by them, unasked.

use anyhow::{Context, Result};
use harness::{PATIENCE, eventually};
use http::Method;
use serde_json::{Value, json};

use crate::receiver::{Received, Receiver};
use crate::stage::{PERSONAL_NUMBER, Stage, WEBHOOK_SECRET};

/// The documented form last: it tells of cancelled sessions, too, and a blocked one is cancelled.
const VARIANTS: [&str; 4] = ["ormeo", "ormeoBody", "flat", "tic"];

struct Bench {
    stage: Stage,
    receiver: Receiver,
}

impl Bench {
    async fn start(adapt: impl FnOnce(&mut Value)) -> Result<Self> {
        let receiver = Receiver::start().await?;
        let stage = Stage::start(|policy| {
            policy["spec"]["providers"][0]["ticIdentity"]["webhook"] = json!({
                "listen": { "port": 0 },
                "forwardTo": receiver.url,
                "secretRef": { "name": "tic", "key": "webhookSecret" },
            });
            adapt(policy);
        })
        .await?;
        let bench = Self { stage, receiver };
        let url = format!("{}/public/path", bench.stage.sidecar.webhook_url("tic")?);
        bench.settings(json!({ "webhookUrl": url })).await?;
        Ok(bench)
    }

    async fn settings(&self, change: Value) -> Result<()> {
        self.stage.control(Method::PATCH, "settings", change).await.map(drop)
    }

    /// A session whose webhook alone tells of the addresses.
    async fn session(&self, level: &str, operation: &str) -> Result<String> {
        self.stage.script(json!({ "hints": [], "ipIntelligence": level })).await?;
        let args = if operation == "sign" { json!({ "userVisibleData": "Pay" }) } else { json!({}) };
        Ok(self.stage.session(operation, args).await?.0)
    }

    /// What the provider was answered for its webhook at `index`.
    async fn answered(&self, index: usize) -> Result<u64> {
        eventually("a delivery", PATIENCE, || async {
            let all = self.stage.control(Method::GET, "webhooks", json!({})).await?;
            let status = all["webhooks"][index]["status"].as_u64();
            status.with_context(|| format!("{all}"))
        })
        .await
    }

    /// What the client makes of a webhook's signature.
    async fn verified(&self, received: &Received) -> Result<Value> {
        let args = json!({
            "payload": received.body,
            "timestamp": received.header("x-ormeo-timestamp")?,
            "signature": received.header("x-ormeo-signature")?,
            "secret": WEBHOOK_SECRET,
        });
        self.stage.returns("verifyWebhook", args).await
    }
}

#[tokio::test]
async fn an_allowed_webhook_passes_in_every_form_and_decides() -> Result<()> {
    let bench = Bench::start(|_| {}).await?;
    for (index, variant) in VARIANTS.iter().enumerate() {
        bench.settings(json!({ "webhookVariant": variant })).await?;
        let session = bench.session("low", "auth").await?;
        bench.stage.finish(&session).await?;
        let received = bench.receiver.nth(index).await?;
        assert!(received.body.contains(PERSONAL_NUMBER) && received.body.contains(&session), "{variant}");
        assert_eq!(received.header("riskgate-verdict")?, "allow", "{variant}");
        assert_eq!(bench.answered(index).await?, 200, "{variant}");
        if *variant == "ormeo" {
            let verified = bench.verified(&received).await?;
            assert_eq!(verified["data"]["class"], "AuthCompletedData", "{verified}");
        }
        let polled = bench.stage.returns("collect", json!({ "sessionId": session })).await?;
        assert_eq!(polled["status"], "complete", "{variant}: {polled}");
        let records = bench.stage.sidecar.decisions_once(index + 1).await?;
        assert_eq!(records.len(), index + 1, "one decision a session");
        assert_eq!(records[index]["signals"][0]["assessment"], "Low", "{variant}");
    }
    Ok(())
}

#[tokio::test]
async fn a_blocked_webhook_becomes_a_failure_that_is_signed_in_the_same_form() -> Result<()> {
    let bench = Bench::start(|_| {}).await?;
    for (index, variant) in VARIANTS.iter().enumerate() {
        bench.settings(json!({ "webhookVariant": variant })).await?;
        let session = bench.session("high", "sign").await?;
        bench.stage.finish(&session).await?;
        let received = bench.receiver.nth(index).await?;
        let body = received.json()?;
        let expected = if *variant == "tic" { "session.failed" } else { "sign.failed" };
        assert_eq!(body["event"], expected, "{variant}");
        let data = body.get("data").unwrap_or(&body);
        assert_eq!(
            (&data["status"], &data["hintCode"]),
            (&json!("failed"), &json!("cancelled")),
            "{variant}"
        );
        for secret in [PERSONAL_NUMBER, "Andersson", "signature-of", "ipIntelligence"] {
            assert!(!received.body.contains(secret), "{variant}: {}", received.body);
        }
        match *variant {
            "ormeo" => assert_eq!(bench.verified(&received).await?["event"], "sign.failed"),
            "ormeoBody" => assert_eq!(received.header("x-ormeo-event")?, "sign.failed"),
            _ => assert_eq!(received.header("x-tic-event")?, expected),
        }
        let polled = bench.stage.returns("poll", json!({ "sessionId": session })).await?;
        assert_eq!((&polled["status"], &polled["hintCode"]), (&json!("failed"), &json!("cancelled")));
    }
    Ok(())
}

#[tokio::test]
async fn a_poll_waits_for_the_webhook_that_brings_the_risk() -> Result<()> {
    let bench = Bench::start(|_| {}).await?;
    let session = bench.session("high", "auth").await?;
    // The poll itself completes the session, so that the webhook comes after it.
    let polled = bench.stage.returns("poll", json!({ "sessionId": session })).await?;
    assert_eq!(polled["status"], "failed", "{polled}");
    let records = bench.stage.sidecar.decisions_once(1).await?;
    assert_eq!(records[0]["signals"][0]["assessment"], "High");
    Ok(())
}

#[tokio::test]
async fn a_webhook_that_never_comes_makes_the_risk_unavailable_and_not_low() -> Result<()> {
    let wait = |policy: &mut Value| {
        policy["spec"]["providers"][0]["ticIdentity"]["webhook"]["wait"] = json!("200ms");
    };
    let bench = Bench::start(wait).await?;
    bench.stage.script(json!({ "hints": [], "webhook": false })).await?;
    let (session, _) = bench.stage.session("sign", json!({ "userVisibleData": "Pay" })).await?;
    let polled = bench.stage.returns("poll", json!({ "sessionId": session })).await?;
    assert_eq!(polled["status"], "failed", "whenUnavailable: Block; {polled}");
    let records = bench.stage.sidecar.decisions_once(1).await?;
    assert_eq!(records[0]["signals"][0]["assessment"], "Unavailable");
    assert_eq!(records[0]["signals"][0]["indicators"], json!(["TimedOut"]));
    Ok(())
}

#[tokio::test]
async fn forged_and_old_webhooks_reach_nobody_and_decide_nothing() -> Result<()> {
    let bench = Bench::start(|_| {}).await?;
    bench.stage.script(json!({ "hints": [], "ipIntelligence": "low", "webhook": false })).await?;
    let (session, _) = bench.stage.session("auth", json!({})).await?;
    bench.stage.finish(&session).await?;
    let again = format!("sessions/{session}/webhook");
    let forged =
        [json!({ "secret": "guessed" }), json!({ "ageSeconds": 301 }), json!({ "ageSeconds": -120 })];
    for (index, forged) in forged.into_iter().enumerate() {
        bench.stage.control(Method::POST, &again, forged).await?;
        assert_eq!(bench.answered(index).await?, 401);
    }
    assert!(bench.receiver.seen().is_empty(), "{:?}", bench.receiver.seen());
    assert!(bench.stage.sidecar.decisions()?.is_empty());
    bench.stage.control(Method::POST, &again, json!({})).await?;
    assert_eq!(bench.receiver.nth(0).await?.json()?["event"], "auth.completed");
    // A second delivery of the same webhook is the same decision.
    bench.stage.control(Method::POST, &again, json!({})).await?;
    assert_eq!(bench.receiver.nth(1).await?.json()?["event"], "auth.completed");
    assert_eq!(bench.stage.sidecar.decisions_once(1).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_start_without_a_webhook_gets_the_policys() -> Result<()> {
    let url = "https://shop.example/hooks/tic";
    let bench = Bench::start(|policy| {
        policy["spec"]["providers"][0]["ticIdentity"]["webhook"]["url"] = json!(url);
    })
    .await?;
    let (session, _) = bench.stage.session("auth", json!({})).await?;
    assert_eq!(bench.stage.at_the_provider(&session).await?["webhookUrl"], url);
    let own = json!({ "webhookUrl": "https://shop.example/own" });
    let (session, _) = bench.stage.session("auth", own).await?;
    assert_eq!(bench.stage.at_the_provider(&session).await?["webhookUrl"], "https://shop.example/own");
    Ok(())
}
