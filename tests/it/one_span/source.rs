//! OneSpan's risk engine asked about BankID's payments.

use anyhow::{Context, Result};
use harness::web;
use harness::{Policy, Sidecar, Simulator};
use http::Method;
use serde_json::{Value, json};

const PAYMENT: &str = "/rp/v6.0/payment";

struct Bank {
    simulator: Simulator,
    sidecar: Sidecar,
}

impl Bank {
    async fn start(rule: &Value) -> Result<Self> {
        let simulator = Simulator::start().await?;
        let source = json!([{ "name": "onespan", "oneSpan": {
            "endpoint": simulator.one_span(),
            "trustBundleRef": { "kind": "ConfigMap", "name": "bankid-roots", "key": "ca.crt" },
            "credentialsRef": { "name": "bankid-rp" },
            "user": { "pointer": "/requirement/personalNumber", "hash": "Sha256" },
            "amount": {
                "pointer": "/userVisibleTransaction/money/amount",
                "currencyPointer": "/userVisibleTransaction/money/currency",
            },
        } }]);
        let flow = json!({ "sources": [rule] });
        let policy = Policy::new(simulator.endpoint())
            .with_spec(&json!({ "sources": source }))
            .with_flow("transfer", &flow);
        let sidecar = Sidecar::start(&policy, simulator.credentials()).await?;
        Ok(Self { simulator, sidecar })
    }

    async fn pay(&self, script: &Value) -> Result<web::Answer> {
        let control = self.simulator.control();
        control.call(Method::POST, "/v1/one-span/scripts/next", Some(script)).await?;
        let order = json!({
            "endUserIp": "192.0.2.1",
            "requirement": { "personalNumber": "200001012384" },
            "userVisibleTransaction": {
                "transactionType": "card",
                "recipient": { "name": "Shop" },
                "money": { "amount": "1000,50", "currency": "SEK" },
            },
        });
        web::send(&self.sidecar.base_url()?, web::post(PAYMENT, &[], &order)?).await
    }
}

#[tokio::test]
async fn a_decline_stops_the_payment_before_there_is_an_order() -> Result<()> {
    let bank = Bank::start(&json!({ "name": "onespan" })).await?;
    let answer = bank.pay(&json!({ "code": 1, "matchedRules": { "rules": ["Mule account"] } })).await?;
    assert_eq!(answer.status(), 400);
    assert_eq!(web::json::<Value>(&answer)?["errorCode"], "transactionRiskBlocked");
    assert!(bank.simulator.control().requests(PAYMENT).await?.is_empty());
    let record = &bank.sidecar.decisions_once(1).await?[0];
    assert_eq!(record["signals"][0]["indicators"], json!(["matchedRules=Mule account"]));
    assert_eq!(record["reasons"][0]["source"], "onespan");
    let told = &bank.simulator.control().requests("/v1/transactions").await?[0];
    let body: Value = serde_json::from_str(told["body"].as_str().context("a body")?)?;
    assert_eq!(
        (&body["amount"], &body["currency"], &body["clientIP"]),
        (&json!(1000.5), &json!("SEK"), &json!("192.0.2.1"))
    );
    assert_eq!(body["accountRef"].as_str().map(str::len), Some(64), "the user is hashed");
    Ok(())
}

#[tokio::test]
async fn an_accept_lets_it_go_on_and_counts_in_the_result() -> Result<()> {
    let bank = Bank::start(&json!({ "name": "onespan", "blockWhen": ["matchedRules = New device"] })).await?;
    let ordered: Value = web::success(&bank.pay(&json!({ "code": 0 })).await?)?;
    assert!(ordered["orderRef"].is_string());
    let refused = bank.pay(&json!({ "code": 0, "matchedRules": ["New device"] })).await?;
    assert_eq!(refused.status(), 400, "the rule that matched is one that the policy blocks at");
    Ok(())
}

#[tokio::test]
async fn an_engine_that_fails_leaves_it_to_the_policy() -> Result<()> {
    let bank = Bank::start(&json!({ "name": "onespan", "whenUnavailable": "Allow" })).await?;
    let answer = bank.pay(&json!({ "fault": { "fault": "error", "status": 500 } })).await?;
    assert!(web::success(&answer)?["orderRef"].is_string());
    let bank = Bank::start(&json!({ "name": "onespan" })).await?;
    let answer = bank.pay(&json!({ "fault": { "fault": "drop" } })).await?;
    assert_eq!(answer.status(), 400, "whenUnavailable: Block");
    Ok(())
}
