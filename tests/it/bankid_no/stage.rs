//! An application (npm `openid-client`), a sidecar, a provider (npm `oidc-provider`) and the simulator's security data.

use anyhow::{Context, Result, ensure};
use harness::client::{Answer, Failure};
use harness::{Client, ClientKind, OpenidProvider, Policy, Sidecar, Simulator};
use http::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

/// What every test starts.
pub(crate) struct Stage {
    pub(crate) application: Client,
    pub(crate) sidecar: Sidecar,
    pub(crate) provider: OpenidProvider,
    pub(crate) simulator: Simulator,
    _credentials: TempDir,
}

impl Stage {
    /// Starts everything, under the policy that `adapt` makes of [`policy`].
    pub(crate) async fn start(adapt: impl FnOnce(&mut Value)) -> Result<Self> {
        let simulator = Simulator::start_plain_with(&["--bankid-no", "127.0.0.1:0"]).await?;
        let settings = json!({ "pollSeconds": 0.5 });
        simulator.control().call(Method::PUT, "/v1/bankid-no/settings", Some(&settings)).await?;
        let provider = OpenidProvider::start(simulator.bankid_no()?).await?;
        let credentials = credentials()?;
        let mut resource = policy(provider.issuer());
        adapt(&mut resource["spec"]);
        let sidecar = Sidecar::start(&Policy::from(resource), credentials.path()).await?;
        let base = format!("http://{}", sidecar.address("norway")?);
        let application = Client::start(ClientKind::OpenidClient, &base)?;
        Ok(Self { application, sidecar, provider, simulator, _credentials: credentials })
    }

    /// What is known of the transaction `tid`: its data are there at the second look.
    pub(crate) async fn data(&self, tid: &str, derived: &Value) -> Result<()> {
        self.script(tid, &json!({ "collectSeconds": 0, "derivedData": derived })).await
    }

    /// What the security data service does about the transaction `tid`.
    pub(crate) async fn script(&self, tid: &str, script: &Value) -> Result<()> {
        let path = format!("/v1/bankid-no/scripts/transactions/{tid}");
        self.simulator.control().call(Method::PUT, &path, Some(script)).await.map(drop)
    }

    /// A login of the user and with the facts that `hint` says.
    pub(crate) async fn login(&self, hint: &str) -> Result<Answer> {
        self.login_with(hint, json!({})).await
    }

    /// The same, with further arguments for the application.
    pub(crate) async fn login_with(&self, hint: &str, mut args: Value) -> Result<Answer> {
        args["loginHint"] = json!(hint);
        self.application.call("login", &args).await
    }

    /// A login that the application takes for a failed one.
    pub(crate) async fn refused(&self, hint: &str) -> Result<Failure> {
        self.login(hint).await?.failed()
    }

    /// The latest decision record, once there are `count` of them.
    pub(crate) async fn record(&self, count: usize) -> Result<Value> {
        let records = self.sidecar.decisions_once(count).await?;
        ensure!(records.len() == count, "{} records", records.len());
        records.into_iter().next_back().context("a record")
    }
}

/// What the source `security-data` said, as a record has it.
pub(crate) fn signal(record: &Value) -> (&str, &Value) {
    let signals = record["signals"].as_array().unwrap();
    let signal = signals.iter().find(|signal| signal["source"] == "security-data").expect("a signal");
    (signal["assessment"].as_str().unwrap(), &signal["indicators"])
}

/// The codes of a record's reasons.
pub(crate) fn codes(record: &Value) -> Vec<&str> {
    let reasons = record["reasons"].as_array().unwrap();
    reasons.iter().map(|reason| reason["code"].as_str().unwrap()).collect()
}

/// BankID's composite score with its light.
pub(crate) fn light(light: &str) -> Value {
    json!({ "BankID_fpf": "0.5", "BankID_fpf_classification": light })
}

fn credentials() -> Result<TempDir> {
    let folder = tempfile::tempdir()?;
    let secret = folder.path().join("secrets/bank");
    std::fs::create_dir_all(&secret)?;
    std::fs::write(secret.join("secret"), "bank-secret\n")?;
    let key = harness::root().join("crates/wire/tests/jose/keys/p384.pem");
    std::fs::copy(key, secret.join("key.pem"))?;
    Ok(folder)
}

/// A login that is challenged from Moderate and blocked at High, and a signature that is blocked from Moderate.
fn policy(issuer: &str) -> Value {
    json!({
        "apiVersion": "riskgate.dev/v1alpha1",
        "kind": "RiskPolicy",
        "metadata": { "name": "retail", "namespace": "shop" },
        "spec": {
            "ports": { "admin": 0, "health": 0 },
            "providers": [{
                "name": "norway",
                "listen": { "port": 0, "env": ["BANKID_NO_URL"] },
                "bankIdNo": { "environment": "Custom", "issuer": issuer },
            }],
            "sources": [{
                "name": "security-data",
                "securityData": {
                    "clientId": "bank",
                    "authentication": "ClientSecretBasic",
                    "credentialRef": { "name": "bank", "key": "secret" },
                    "budget": "5s",
                    "poll": "1s",
                },
            }],
            "flows": [
                {
                    "name": "login",
                    "provider": "norway",
                    "operations": ["Login"],
                    "challengeAt": "Moderate",
                    "blockAt": "High",
                    "sources": [{ "name": "security-data", "blockWhen": ["ClientIpDiffers"] }],
                    "whenUnknown": "Allow",
                    "whenUnavailable": "Block",
                },
                {
                    "name": "contract",
                    "provider": "norway",
                    "operations": ["Sign"],
                    "blockAt": "Moderate",
                    "sources": [{ "name": "security-data" }],
                    "whenUnknown": "Allow",
                    "whenUnavailable": "Block",
                },
            ],
        },
    })
}
