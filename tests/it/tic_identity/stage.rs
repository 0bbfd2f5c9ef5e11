//! What most tests need: a simulator, a sidecar before it, and the client as its application.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use harness::{Client, Policy, Sidecar, Simulator};
use http::Method;
use serde_json::{Value, json};

pub(crate) const API_KEY: &str = "tic-simulator-key";
pub(crate) const WEBHOOK_SECRET: &str = "tic-simulator-webhook-secret";
/// Whoever logs in, unless a script says otherwise.
pub(crate) const PERSONAL_NUMBER: &str = "199001011234";

/// A simulator with a sidecar before it, and an application.
pub(crate) struct Stage {
    pub(crate) simulator: Simulator,
    pub(crate) sidecar: Sidecar,
    pub(crate) client: Client,
}

/// A policy for one provider named `tic`: logins are blocked at High, signatures at Moderate.
pub(crate) fn policy(simulator: &Simulator) -> Result<Value> {
    Ok(json!({
        "apiVersion": "riskgate.dev/v1alpha1",
        "kind": "RiskPolicy",
        "metadata": { "name": "retail", "namespace": "shop" },
        "spec": {
            "ports": { "admin": 0, "health": 0 },
            "providers": [{
                "name": "tic",
                "listen": { "port": 0, "env": ["TIC_URL"] },
                "ticIdentity": {
                    "endpoint": simulator.tic_identity()?,
                    "trustBundleRef": { "kind": "ConfigMap", "name": "bankid-roots", "key": "ca.crt" },
                    "apiKeyRef": { "name": "tic", "key": "apiKey" },
                },
            }],
            "flows": [
                {
                    "name": "login", "provider": "tic", "operations": ["Auth"],
                    "blockAt": "High", "whenUnknown": "Allow", "whenUnavailable": "Allow",
                },
                {
                    "name": "transfer", "provider": "tic", "operations": ["Sign"],
                    "blockAt": "Moderate", "whenUnknown": "Block", "whenUnavailable": "Block",
                },
            ],
        },
    }))
}

impl Stage {
    pub(crate) async fn start(adapt: impl FnOnce(&mut Value)) -> Result<Self> {
        Self::start_with(&[], adapt).await
    }

    pub(crate) async fn start_with(arguments: &[&str], adapt: impl FnOnce(&mut Value)) -> Result<Self> {
        Self::start_whole(arguments, &[], adapt).await
    }

    /// With further Secrets: name, key and value of each.
    pub(crate) async fn start_with_secrets(
        secrets: &[(&str, &str, &str)],
        adapt: impl FnOnce(&mut Value),
    ) -> Result<Self> {
        Self::start_whole(&[], secrets, adapt).await
    }

    async fn start_whole(
        arguments: &[&str],
        secrets: &[(&str, &str, &str)],
        adapt: impl FnOnce(&mut Value),
    ) -> Result<Self> {
        let arguments = [&["--tic-identity", "127.0.0.1:0"], arguments].concat();
        let simulator = Simulator::start_with(&arguments).await?;
        let secret = simulator.credentials().join("secrets/tic");
        std::fs::create_dir_all(&secret)?;
        // As `echo` writes them.
        std::fs::write(secret.join("apiKey"), format!("{API_KEY}\n"))?;
        std::fs::write(secret.join("seal"), [1; 32])?;
        std::fs::write(secret.join("webhookSecret"), format!("{WEBHOOK_SECRET}\n"))?;
        for (name, key, value) in secrets {
            let folder = simulator.credentials().join("secrets").join(name);
            std::fs::create_dir_all(&folder)?;
            std::fs::write(folder.join(key), value)?;
        }
        let mut policy = policy(&simulator)?;
        adapt(&mut policy);
        let sidecar = Sidecar::start(&Policy::from(policy), simulator.credentials()).await?;
        let client = Client::tic_identity(&format!("http://{}", sidecar.address("tic")?))?;
        Ok(Self { simulator, sidecar, client })
    }

    /// What the client returns to its application.
    pub(crate) async fn returns(&self, operation: &str, args: Value) -> Result<Value> {
        self.client.call(operation, &args).await?.returned()
    }

    /// Status and code of the client's own exception.
    pub(crate) async fn fails(&self, operation: &str, args: Value) -> Result<(Option<u16>, String)> {
        let failure = self.client.call(operation, &args).await?.failed()?;
        Ok((failure.status, failure.error_code.unwrap_or_default()))
    }

    /// A started session: its id and its subscription token.
    pub(crate) async fn session(&self, operation: &str, args: Value) -> Result<(String, String)> {
        let started = self.returns(operation, args).await?;
        Ok((text(&started, "sessionId")?, text(&started, "subscriptionToken")?))
    }

    pub(crate) async fn control(&self, method: Method, path: &str, body: Value) -> Result<Value> {
        let path = format!("/v1/tic-identity/{path}");
        self.simulator.control().call(method, &path, Some(&body)).await
    }

    /// What the next session does.
    pub(crate) async fn script(&self, script: Value) -> Result<()> {
        self.control(Method::POST, "scripts/next", script).await.map(drop)
    }

    /// The user completes a session.
    pub(crate) async fn finish(&self, session: &str) -> Result<()> {
        let path = format!("sessions/{session}/finish");
        self.control(Method::POST, &path, json!({ "outcome": "complete" })).await.map(drop)
    }

    /// The session as the provider knows it.
    pub(crate) async fn at_the_provider(&self, session: &str) -> Result<Value> {
        let path = format!("/v1/tic-identity/sessions/{session}");
        self.simulator.control().call(Method::GET, &path, None).await
    }

    /// How many requests the provider got, by method and path.
    pub(crate) async fn requests(&self) -> Result<BTreeMap<(String, String), usize>> {
        let all = self.simulator.control().call(Method::GET, "/v1/requests", None).await?;
        let mut counted = BTreeMap::new();
        for request in all["requests"].as_array().context("requests are a list")? {
            *counted.entry((text(request, "method")?, text(request, "path")?)).or_default() += 1;
        }
        Ok(counted)
    }
}

pub(crate) fn text(value: &Value, name: &str) -> Result<String> {
    Ok(value[name].as_str().with_context(|| format!("no {name}: {value}"))?.to_owned())
}

/// A script whose addresses have this risk, told in every answer.
pub(crate) fn risk(level: &str) -> Value {
    json!({ "hints": [], "ipIntelligence": level, "ipIntelligenceInAnswers": true })
}
