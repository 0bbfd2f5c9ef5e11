//! The simulator as a process.

use std::path::Path;

use anyhow::{Context, Result};
use bytes::Bytes;
use http::{Method, Request};
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

use crate::binaries::binary;
use crate::process::Process;
use crate::spawn::tethered;
use crate::wait::PATIENCE;
use crate::web;

/// A running `riskgate-simulator`, and the credentials that it wrote.
pub struct Simulator {
    process: Process,
    pki: TempDir,
    ready: Ready,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ready {
    bankid_se: String,
    control: String,
}

impl Simulator {
    /// Starts one over TLS with required client certificates, as the provider is.
    ///
    /// # Errors
    /// When it does not become ready.
    pub async fn start() -> Result<Self> {
        Self::start_with(&[]).await
    }

    /// Starts one over plain HTTP, for clients without a sidecar between.
    ///
    /// # Errors
    /// When it does not become ready.
    pub async fn start_plain() -> Result<Self> {
        Self::start_with(&["--plain-http"]).await
    }

    /// Starts one with further arguments of its command line.
    ///
    /// # Errors
    /// When it does not become ready.
    pub async fn start_with(arguments: &[&str]) -> Result<Self> {
        let pki = tempfile::tempdir()?;
        let mut command = tethered(binary("riskgate-simulator")?);
        command.args(["--listen", "127.0.0.1:0", "--control", "127.0.0.1:0"]).args(arguments);
        command.arg("--pki").arg(pki.path());
        let mut process = Process::start("riskgate-simulator", command)?;
        let ready = process.ready(PATIENCE).await?;
        Ok(Self { process, pki, ready })
    }

    /// `https://localhost:PORT`, or `http://…` of a plain one.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.ready.bankid_se
    }

    /// A credentials folder for a sidecar: `secrets/bankid-rp`, `secrets/bankid-rp-next`, `configmaps/bankid-roots`.
    #[must_use]
    pub fn credentials(&self) -> &Path {
        self.pki.path()
    }

    /// Calls the control API (docs/simulator.md); the answer's JSON, or null when it has no body.
    ///
    /// # Errors
    /// When the API refuses the call.
    pub async fn control(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let body = body.map_or_else(Bytes::new, |value| Bytes::from(value.to_string()));
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        let answer = web::send(&self.ready.control, request.body(body)?).await?;
        if answer.status().is_success() && answer.body().is_empty() {
            return Ok(Value::Null);
        }
        web::success(&answer).with_context(|| format!("control API, {path}"))
    }

    /// Its process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }
}
