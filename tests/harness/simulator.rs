//! The simulator as a process.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;
use tempfile::TempDir;

use crate::binaries::binary;
use crate::control::Control;
use crate::process::Process;
use crate::spawn::tethered;
use crate::wait::PATIENCE;

/// A running `riskgate-simulator`, and the credentials that it wrote.
pub struct Simulator {
    process: Process,
    pki: TempDir,
    endpoint: String,
    tic_identity: Option<String>,
    bankid_no: Option<String>,
    one_span: String,
    control: Control,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ready {
    bankid_se: String,
    tic_identity: Option<String>,
    bankid_no: Option<String>,
    one_span: String,
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

    /// The same, with further arguments of its command line.
    ///
    /// # Errors
    /// When it does not become ready.
    pub async fn start_with(arguments: &[&str]) -> Result<Self> {
        let pki = tempfile::tempdir()?;
        let folder = pki.path().to_str().context("the temporary folder has an odd name")?.to_owned();
        Self::launch(pki, &[&["--pki", &folder], arguments].concat()).await
    }

    /// Starts one over plain HTTP, for clients without a sidecar between.
    ///
    /// # Errors
    /// When it does not become ready.
    pub async fn start_plain() -> Result<Self> {
        Self::start_plain_with(&[]).await
    }

    /// The same, with further arguments of its command line.
    ///
    /// # Errors
    /// When it does not become ready.
    pub async fn start_plain_with(arguments: &[&str]) -> Result<Self> {
        Self::launch(tempfile::tempdir()?, &[&["--plain-http"], arguments].concat()).await
    }

    async fn launch(pki: TempDir, arguments: &[&str]) -> Result<Self> {
        let mut command = tethered(binary("riskgate-simulator")?);
        command.args(["--listen", "127.0.0.1:0", "--control", "127.0.0.1:0"]).args(arguments);
        let mut process = Process::start("riskgate-simulator", command)?;
        let Ready { bankid_se, bankid_no, tic_identity, one_span, control } = process.ready(PATIENCE).await?;
        Ok(Self {
            process,
            pki,
            endpoint: bankid_se,
            bankid_no,
            tic_identity,
            one_span,
            control: Control::new(control),
        })
    }

    /// `https://localhost:PORT` of OneSpan's API.
    #[must_use]
    pub fn one_span(&self) -> &str {
        &self.one_span
    }

    /// `https://localhost:PORT`, or `http://…` of a plain one.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// `https://localhost:PORT` of TIC Identity, where `--tic-identity` was among the arguments.
    ///
    /// # Errors
    /// When it was not.
    pub fn tic_identity(&self) -> Result<&str> {
        self.tic_identity.as_deref().context("the simulator serves no TIC Identity")
    }

    /// `http://localhost:PORT` of BankID Norway's security data, where `--bankid-no` was among the arguments.
    ///
    /// # Errors
    /// When it was not.
    pub fn bankid_no(&self) -> Result<&str> {
        self.bankid_no.as_deref().context("the simulator serves no BankID Norway")
    }

    /// A credentials folder for a sidecar: `secrets/bankid-rp`, `secrets/bankid-rp-next`, `configmaps/bankid-roots`.
    #[must_use]
    pub fn credentials(&self) -> &Path {
        self.pki.path()
    }

    /// Its control API.
    #[must_use]
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Its process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }
}
