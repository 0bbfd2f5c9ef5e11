//! A real `tinyproxy` (Debian's package of that name) on a private port and folder.

use anyhow::{Context, Result};
use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::process::Process;
use crate::redis::free_port;
use crate::spawn::tethered;
use crate::wait::{PATIENCE, eventually};

/// A running proxy that opens tunnels to any port. Dropping it kills it.
pub struct TinyProxy {
    process: Process,
    port: u16,
    _folder: TempDir,
}

impl TinyProxy {
    /// Starts one that asks for this login, a name and a password.
    ///
    /// # Errors
    /// When `tinyproxy` does not start.
    pub async fn start(username: &str, password: &str) -> Result<Self> {
        let mut last = None;
        for _ in 0..5 {
            match launch(free_port()?, username, password).await {
                Ok(proxy) => return Ok(proxy),
                Err(error) => last = Some(error),
            }
        }
        Err(last.context("never tried")?)
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Everything that it was asked to connect to, in order; what it refused as well.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        let target = |line: &str| {
            let (_, rest) = line.split_once("): CONNECT ")?;
            rest.split(' ').next().map(str::to_owned)
        };
        self.process.stdout().all().iter().filter_map(|line| target(line)).collect()
    }

    /// Its process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }
}

async fn launch(port: u16, username: &str, password: &str) -> Result<TinyProxy> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("tinyproxy.conf");
    let settings = format!(
        "Port {port}\nListen 127.0.0.1\nTimeout 60\nMaxClients 50\nLogLevel Connect\nBasicAuth {username} {password}\n"
    );
    std::fs::write(&file, settings)?;
    let mut command = tethered("tinyproxy");
    command.arg("-d").arg("-c").arg(&file);
    let process = Process::start("tinyproxy", command)?;
    eventually("tinyproxy to listen", PATIENCE, || async {
        anyhow::ensure!(process.running(), "it ended:\n{}", process.stdout().tail());
        TcpStream::connect(("127.0.0.1", port)).await?;
        Ok(())
    })
    .await?;
    Ok(TinyProxy { process, port, _folder: folder })
}
