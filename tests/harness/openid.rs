//! npm `oidc-provider` as a process: an OpenID provider that we did not write, in the place of BankID Norway's login.

use anyhow::{Result, bail, ensure};
use bytes::Bytes;
use http::Request;
use serde::Deserialize;
use serde_json::Value;

use crate::binaries::root;
use crate::process::Process;
use crate::spawn::tethered;
use crate::wait::PATIENCE;
use crate::web;

/// A running provider (`tests/clients/openid_provider.mjs` tells what it knows).
pub struct OpenidProvider {
    process: Process,
    issuer: String,
}

#[derive(Deserialize)]
struct Ready {
    issuer: String,
}

impl OpenidProvider {
    /// Starts one whose configuration names `security_data` as the base address of that service; empty: it has none.
    ///
    /// # Errors
    /// When it is not installed, or does not become ready.
    pub async fn start(security_data: &str) -> Result<Self> {
        let installed = root().join("tests/clients/node_modules/oidc-provider");
        ensure!(installed.exists(), "oidc-provider is not installed; run `make clients`");
        let mut command = tethered("node");
        command.arg(root().join("tests/clients/openid_provider.mjs"));
        command.args(["--security-data", security_data]);
        let mut process = Process::start("oidc-provider", command)?;
        let Ready { issuer } = process.ready(PATIENCE).await?;
        Ok(Self { process, issuer })
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// What the next requests for tokens get instead of tokens: `{"status", "contentType", "body"}`, or `{"silent": true}`.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn misbehave(&self, answers: &Value) -> Result<()> {
        let request = Request::post("/test").body(Bytes::from(answers.to_string()))?;
        web::success(&web::send(&self.issuer, request).await?).map(drop)
    }

    /// The requests for tokens that it received, each with who sent it: `application` or `source`.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn token_requests(&self) -> Result<Vec<Value>> {
        self.seen("tokenRequests").await
    }

    /// The `acr_values` of each login, as they reached it.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn asked_levels(&self) -> Result<Vec<Value>> {
        self.seen("askedLevels").await
    }

    async fn seen(&self, what: &str) -> Result<Vec<Value>> {
        let mut received = web::success(&web::get(&self.issuer, "/test").await?)?;
        match received[what].take() {
            Value::Array(seen) => Ok(seen),
            _ => bail!("no {what}"),
        }
    }

    /// Its process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }
}
