//! A simulator, a Redis server, and two sidecars between them.

use anyhow::{Context, Result};
use harness::web::{self, Answer};
use harness::{Policy, RedisServer, Sidecar, Simulator};
use riskgate_core::Pseudonymizer;
use serde_json::{Value, json};

pub(crate) const AUTH: &str = "/rp/v6.0/auth";
pub(crate) const COLLECT: &str = "/rp/v6.0/collect";
pub(crate) const CANCEL: &str = "/rp/v6.0/cancel";

/// The key of pseudonyms, so that a test knows them.
const PSEUDONYM_KEY: [u8; 32] = [7; 32];

/// Two sidecars on one store.
pub(crate) struct Stage {
    pub(crate) simulator: Simulator,
    pub(crate) redis: RedisServer,
    pub(crate) pods: [Sidecar; 2],
}

impl Stage {
    pub(crate) async fn start(adapt: impl FnOnce(Policy) -> Policy) -> Result<Self> {
        let (simulator, redis) = (simulator().await?, RedisServer::start(&[]).await?);
        let policy = adapt(policy(&simulator, &redis));
        let one = Sidecar::start(&policy, simulator.credentials()).await?;
        let other = Sidecar::start(&policy, simulator.credentials()).await?;
        Ok(Self { simulator, redis, pods: [one, other] })
    }

    /// An auth order at a pod that completes at its first collect with this risk; its reference.
    pub(crate) async fn order(&self, pod: usize, risk: &str) -> Result<String> {
        self.scripted(pod, &json!({ "risk": risk, "hints": [] })).await
    }

    /// An auth order that stays pending.
    pub(crate) async fn pending(&self, pod: usize) -> Result<String> {
        self.scripted(pod, &json!({ "hints": [{ "hint": "userSign", "collects": 1000 }] })).await
    }

    /// An auth order at a pod with this script; its reference.
    pub(crate) async fn scripted(&self, pod: usize, script: &Value) -> Result<String> {
        self.simulator.control().script_next(script).await?;
        let body = web::success(&self.post(pod, AUTH, &json!({ "endUserIp": "192.0.2.1" })).await?)?;
        Ok(body["orderRef"].as_str().with_context(|| format!("no orderRef: {body}"))?.to_owned())
    }

    pub(crate) async fn collect(&self, pod: usize, order: &str) -> Result<Answer> {
        self.post(pod, COLLECT, &json!({ "orderRef": order })).await
    }

    /// What a collect says: its status, or its error's details.
    pub(crate) async fn collected(&self, pod: usize, order: &str) -> Result<String> {
        let body: Value = web::json(&self.collect(pod, order).await?)?;
        let said = body["status"].as_str().or(body["details"].as_str());
        Ok(said.with_context(|| body.to_string())?.to_owned())
    }

    pub(crate) async fn post(&self, pod: usize, path: &str, body: &Value) -> Result<Answer> {
        web::send(&self.pods[pod].base_url()?, web::post(path, &[], body)?).await
    }

    /// The decision records of an order, whichever pod wrote them.
    pub(crate) fn records(&self, order: &str) -> Result<Vec<Value>> {
        let name = pseudonym(order);
        let mut records = Vec::new();
        for pod in &self.pods {
            records.extend(pod.decisions()?.into_iter().filter(|record| record["transaction"] == *name));
        }
        Ok(records)
    }

    /// How often the provider gave this order's terminal answer away.
    pub(crate) async fn deliveries(&self, order: &str) -> Result<u64> {
        let delivery = self.simulator.control().deliveries(order).await?;
        delivery["terminal"].as_u64().with_context(|| delivery.to_string())
    }
}

/// How an order is called in decision records.
pub(crate) fn pseudonym(order: &str) -> String {
    Pseudonymizer::new(&PSEUDONYM_KEY).transaction(order)
}

/// A simulator whose credentials hold what a shared store needs.
pub(crate) async fn simulator() -> Result<Simulator> {
    let simulator = Simulator::start().await?;
    secret(&simulator, "seal", "key", &[1; 32])?;
    secret(&simulator, "pseudonym", "key", &PSEUDONYM_KEY)?;
    Ok(simulator)
}

/// Writes a key of a Secret.
pub(crate) fn secret(simulator: &Simulator, name: &str, key: &str, value: &[u8]) -> Result<()> {
    let folder = simulator.credentials().join("secrets").join(name);
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join(key), value).with_context(|| format!("cannot write the secret {name}"))
}

/// A policy whose sidecars share their store.
pub(crate) fn policy(simulator: &Simulator, redis: &RedisServer) -> Policy {
    Policy::new(simulator.endpoint()).with_spec(&json!({
        "pseudonymKeyRef": { "name": "pseudonym", "key": "key" },
        "store": { "redis": { "url": redis.url(), "sealKeysRef": { "name": "seal", "keys": ["key"] } } },
    }))
}
