//! The example of a risk service (examples/http-source/server.py) as a process.

use std::path::Path;

use anyhow::Result;
use serde::Deserialize;
use tempfile::TempDir;

use crate::binaries::root;
use crate::process::Process;
use crate::spawn::tethered;
use crate::wait::PATIENCE;

/// A running risk service with the certificate of a simulator's PKI; its listed addresses are the test's. Dropping it kills it.
pub struct RiskService {
    process: Process,
    port: u16,
    folder: TempDir,
}

#[derive(Deserialize)]
struct Ready {
    port: u16,
}

impl RiskService {
    /// Starts one that asks for `token`, under the certificate in `pki`; with `arguments` besides.
    ///
    /// # Errors
    /// When it does not become ready.
    pub async fn start(pki: &Path, token: &str, arguments: &[&str]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("token"), token)?;
        let (process, port) = launch(0, pki, folder.path(), arguments).await?;
        Ok(Self { process, port, folder })
    }

    /// `https://localhost:PORT/assess`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://localhost:{}/assess", self.port)
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Lists these addresses, and no others, from its next answer on.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn list(&self, addresses: &[&str]) -> Result<()> {
        let fresh = self.folder.path().join("listed.new");
        std::fs::write(&fresh, addresses.join("\n"))?;
        Ok(std::fs::rename(fresh, self.folder.path().join("listed"))?)
    }

    /// Its process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }
}

async fn launch(port: u16, pki: &Path, folder: &Path, arguments: &[&str]) -> Result<(Process, u16)> {
    let mut command = tethered("python3");
    command.arg("-B").arg(root().join("examples/http-source/server.py"));
    command.args(["--listen", &format!("127.0.0.1:{port}")]);
    command.arg("--certificate").arg(pki.join("server/tls.crt")).arg("--key").arg(pki.join("server/tls.key"));
    command.arg("--token-file").arg(folder.join("token")).arg("--listed").arg(folder.join("listed"));
    command.args(arguments);
    let mut process = Process::start("risk service", command)?;
    let Ready { port } = process.ready(PATIENCE).await?;
    Ok((process, port))
}
