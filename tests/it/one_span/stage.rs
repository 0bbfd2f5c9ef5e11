//! A simulator with a sidecar before it, and an application that speaks plain HTTP.

use anyhow::{Context, Result};
use bytes::Bytes;
use harness::web::{self, Answer};
use harness::{Policy, Sidecar, Simulator};
use http::{Method, Request};
use serde_json::{Value, json};

pub(crate) const LOGIN: &str = "/v1/users/alice@bank/login";
pub(crate) const EVENT: &str = "/v1/users/alice@bank/events/validate";
pub(crate) const TRANSACTION: &str = "/v1/users/alice@bank/transactions/validate";
pub(crate) const RISK_ONLY: &str = "/v1/transactions";

/// Both processes.
pub(crate) struct Stage {
    pub(crate) simulator: Simulator,
    pub(crate) sidecar: Sidecar,
}

/// A policy for one OneSpan provider named `onespan`: every operation is blocked from High on, and whatever is not known.
pub(crate) fn policy(simulator: &Simulator) -> Policy {
    Policy::from(json!({
        "apiVersion": "riskgate.dev/v1alpha1",
        "kind": "RiskPolicy",
        "metadata": { "name": "bank", "namespace": "shop" },
        "spec": {
            "ports": { "admin": 0, "health": 0 },
            "providers": [{
                "name": "onespan",
                "listen": { "port": 0 },
                "oneSpan": {
                    "endpoint": simulator.one_span(),
                    "trustBundleRef": { "kind": "ConfigMap", "name": "bankid-roots", "key": "ca.crt" },
                    "clientCertificateRefs": [{ "name": "bankid-rp" }],
                },
            }],
            "riskParameters": { "appIdentifier": "se.example.bank" },
            "flows": [{
                "name": "all",
                "provider": "onespan",
                "operations": ["Login", "Event", "Transaction"],
                "blockAt": "High",
                "whenUnknown": "Block",
                "whenUnavailable": "Block",
            }],
        },
    }))
}

impl Stage {
    pub(crate) async fn start(adapt: impl FnOnce(Policy) -> Policy) -> Result<Self> {
        let simulator = Simulator::start().await?;
        let policy = adapt(policy(&simulator));
        let sidecar = Sidecar::start(&policy, simulator.credentials()).await?;
        Ok(Self { simulator, sidecar })
    }

    fn base_url(&self) -> Result<String> {
        Ok(format!("http://{}", self.sidecar.address("onespan")?))
    }

    /// What the next request does.
    pub(crate) async fn next(&self, script: &Value) -> Result<()> {
        let control = self.simulator.control();
        control.call(Method::POST, "/v1/one-span/scripts/next", Some(script)).await.map(drop)
    }

    pub(crate) async fn post(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Result<Answer> {
        web::send(&self.base_url()?, web::post(path, headers, body)?).await
    }

    pub(crate) async fn send(&self, request: Request<Bytes>) -> Result<Answer> {
        web::send(&self.base_url()?, request).await
    }

    /// A login that OneSpan answers as scripted.
    pub(crate) async fn login(&self, script: &Value) -> Result<Answer> {
        self.next(script).await?;
        self.post(LOGIN, &[], &login()).await
    }

    /// A poll of a session.
    pub(crate) async fn poll(&self, session: &str) -> Result<Answer> {
        web::get(&self.base_url()?, &format!("/v1/sessions/{session}")).await
    }

    /// The bodies that OneSpan received at this path.
    pub(crate) async fn received(&self, path: &str) -> Result<Vec<Value>> {
        let requests = self.simulator.control().requests(path).await?;
        let body = |request: &Value| Ok(serde_json::from_str(request["body"].as_str().context("a body")?)?);
        requests.iter().map(body).collect()
    }
}

/// An adaptive login.
pub(crate) fn login() -> Value {
    json!({ "objectType": "AdaptiveLoginInput", "sessionID": "3f2a" })
}

/// The JSON of a 200.
pub(crate) fn said(answer: &Answer) -> Result<Value> {
    anyhow::ensure!(answer.status() == 200, "{answer:?}");
    web::json(answer)
}

pub(crate) fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers().get(name).and_then(|value| value.to_str().ok())
}

/// Whether an answer is the decline, and nothing but identifiers beside it.
pub(crate) fn is_decline(said: &Value) -> bool {
    let names = ["requestID", "eventID", "transactionID", "riskResponseCode", "sessionStatus"];
    said["riskResponseCode"] == 1
        && said["sessionStatus"] == "refused"
        && said.as_object().is_some_and(|said| said.keys().all(|name| names.contains(&name.as_str())))
}
