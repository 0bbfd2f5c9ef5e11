//! Clients that we did not write: allowed, blocked, and with a provider that fails. A blocked client takes its own failure
//! path; none crashes.

use std::time::Duration;

use anyhow::{Context, Result};
use harness::client::Answer;
use harness::{Client, ClientKind};
use serde_json::{Value, json};

use crate::stage::{Stage, at_once};

const POLL: Duration = Duration::from_millis(10);

async fn order(client: &Client, operation: &str, args: &Value) -> Result<String> {
    let order = client.call(operation, args).await?.returned()?;
    Ok(order["orderRef"].as_str().with_context(|| format!("no orderRef: {order}"))?.to_owned())
}

fn sign() -> Value {
    json!({ "endUserIp": "192.0.2.1", "userVisibleData": "Transfer 100 SEK" })
}

fn phone() -> Value {
    json!({ "personalNumber": "200001012384", "callInitiator": "RP" })
}

/// What a client says of an order that is over and not complete: the answer, or an exception of its own.
fn is_own_failure(answer: &Answer, hint: &str) -> bool {
    match answer {
        Answer::Returned(result) => {
            // A client that knows no such hint says so in its own word.
            result["status"] == "failed"
                && [json!(hint), json!("unknown"), json!("UNKNOWN")].contains(&result["hintCode"])
        }
        Answer::Failed(_) => true,
        Answer::Crashed(_) => false,
    }
}

#[tokio::test]
async fn allowed_logins_and_signatures_complete() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    for kind in ClientKind::ALL {
        let client = Client::start(kind, &stage.sidecar.base_url()?)?;
        let login = client.login(json!({ "endUserIp": "192.0.2.1" }), POLL).await?.returned()?;
        assert_eq!(login["status"], "complete", "{kind:?}: {login}");

        stage.simulator.control().script_next(&at_once(json!({ "risk": "low" }))).await?;
        let reference = order(&client, "sign", &sign()).await?;
        let signature = client.collect(&reference).await?.returned()?;
        assert_eq!(signature["status"], "complete", "{kind:?}: {signature}");
    }
    Ok(())
}

#[tokio::test]
async fn blocked_logins_and_signatures_take_the_clients_own_failure_path() -> Result<()> {
    for hint in ["transactionRiskBlocked", "cancelled"] {
        let refusal = json!({ "bankIdSe": { "refusal": { "hintCode": hint } } });
        let stage = Stage::start(|policy| policy.with_provider(&refusal)).await?;
        stage.simulator.control().script_default(&json!({ "risk": "high" })).await?;
        for kind in ClientKind::ALL {
            let client = Client::start(kind, &stage.sidecar.base_url()?)?;
            let login = client.login(json!({ "endUserIp": "192.0.2.1" }), POLL).await?;
            assert!(is_own_failure(&login, hint), "{kind:?}, {hint}: {login:?}");

            stage.simulator.control().script_next(&at_once(json!({ "risk": "moderate" }))).await?;
            let reference = order(&client, "sign", &sign()).await?;
            let signature = client.collect(&reference).await?;
            assert!(is_own_failure(&signature, hint), "{kind:?}, {hint}: {signature:?}");
            let again = client.collect(&reference).await?;
            assert!(is_own_failure(&again, hint), "{kind:?} asks again: {again:?}");
        }
        let blocked = stage.sidecar.metrics().await?.sum("riskgate_decisions_total", &[("verdict", "Block")]);
        assert!((blocked - 6.0).abs() < f64::EPSILON, "a decision for each order, and one only: {blocked}");
    }
    Ok(())
}

#[tokio::test]
async fn cancelled_orders_are_gone() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    for kind in ClientKind::ALL {
        let client = Client::start(kind, &stage.sidecar.base_url()?)?;
        let reference = order(&client, "auth", &json!({ "endUserIp": "192.0.2.1" })).await?;
        client.cancel(&reference).await?.returned()?;
        client.collect(&reference).await?.failed()?;
    }
    Ok(())
}

#[tokio::test]
async fn a_provider_that_fails_is_the_clients_own_exception() -> Result<()> {
    let mut stage = Stage::start(|policy| policy).await?;
    let base_url = stage.sidecar.base_url()?;
    let fails = |at: &str| {
        json!({ "hints": [], "faults": [
            { "at": at, "fault": "error", "status": 503, "errorCode": "maintenance", "details": "Scripted" }] })
    };
    let mut clients = Vec::new();
    for kind in ClientKind::ALL {
        let client = Client::start(kind, &base_url)?;
        stage.simulator.control().script_next(&fails("order")).await?;
        client.call("auth", &json!({ "endUserIp": "192.0.2.1" })).await?.failed()?;
        stage.simulator.control().script_next(&fails("collect")).await?;
        let reference = order(&client, "auth", &json!({ "endUserIp": "192.0.2.1" })).await?;
        client.collect(&reference).await?.failed()?;
        clients.push(client);
    }
    stage.simulator.process().stop(harness::PATIENCE).await?;
    for client in &clients {
        let failure = client.call("auth", &json!({ "endUserIp": "192.0.2.1" })).await?.failed()?;
        assert!(failure.status.is_none_or(|status| status == 503), "nothing was sent: {failure:?}");
    }
    Ok(())
}

#[tokio::test]
async fn phone_orders_complete_and_are_judged_by_their_own_rule() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let client = Client::start(ClientKind::Pybankid, &stage.sidecar.base_url()?)?;
    stage.simulator.control().script_person("200001012384", &at_once(json!({}))).await?;
    for operation in ["phoneAuth", "phoneSign"] {
        let mut args = phone();
        if operation == "phoneSign" {
            args["userVisibleData"] = json!("Transfer 100 SEK");
        }
        let reference = order(&client, operation, &args).await?;
        let result = client.collect(&reference).await?.returned()?;
        assert_eq!(result["status"], "complete", "{operation}: {result}");
    }
    for record in stage.sidecar.decisions_once(2).await? {
        assert_eq!(record["signals"][0]["assessment"], "NotApplicable", "{record}");
        assert_eq!(record["reasons"][0]["code"], "WhenNotApplicable", "{record}");
    }
    let strict =
        Stage::start(|policy| policy.with_flow("login", &json!({ "whenNotApplicable": "Block" }))).await?;
    strict.simulator.control().script_person("200001012384", &at_once(json!({}))).await?;
    let client = Client::start(ClientKind::Pybankid, &strict.sidecar.base_url()?)?;
    let reference = order(&client, "phoneAuth", &phone()).await?;
    let result = client.collect(&reference).await?;
    assert!(is_own_failure(&result, "transactionRiskBlocked"), "{result:?}");
    Ok(())
}

#[tokio::test]
async fn what_a_client_sends_of_its_own_stays() -> Result<()> {
    let stage = Stage::start(|policy| policy).await?;
    let client = Client::start(ClientKind::BankidNpm, &stage.sidecar.base_url()?)?;
    let web =
        json!({ "referringDomain": "other.example", "userAgent": "Mozilla/5.0", "deviceIdentifier": "d-1" });
    let args = json!({ "endUserIp": "192.0.2.1", "returnRisk": true, "web": web, "unknownMember": { "kept": [1.50] } });
    // The simulator refuses members that it does not know, as the default has it: what arrives is what counts here.
    drop(client.call("auth", &args).await?);
    let sent = stage.simulator.control().wait_for_requests("/rp/v6.0/auth", 1).await?;
    let body: Value = serde_json::from_str(sent[0]["body"].as_str().context("a body")?)?;
    assert_eq!((&body["web"], &body["unknownMember"]), (&web, &args["unknownMember"]), "{body}");
    Ok(())
}
