//! The sidecar as a process.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

use crate::binaries::binary;
use crate::metrics::Metrics;
use crate::policy::Policy;
use crate::process::Process;
use crate::spawn::tethered;
use crate::wait::{PATIENCE, eventually};
use crate::web;

/// A running sidecar, started from a policy as a developer would: `riskgate sidecar --policy … --credentials …`.
pub struct Sidecar {
    process: Process,
    ready: Ready,
    folder: TempDir,
}

/// The ready line (design.md section 4).
#[derive(Deserialize)]
struct Ready {
    providers: BTreeMap<String, SocketAddr>,
    #[serde(default)]
    webhooks: BTreeMap<String, SocketAddr>,
    admin: SocketAddr,
    health: SocketAddr,
}

impl Sidecar {
    /// Starts one and waits until it is ready.
    ///
    /// # Errors
    /// When it does not become ready; with what it wrote on stderr.
    pub async fn start(policy: &Policy, credentials: &Path) -> Result<Self> {
        let (mut process, folder) = Self::spawn(policy, credentials)?;
        let ready = process.ready(PATIENCE).await?;
        Ok(Self { process, ready, folder })
    }

    /// Starts one that is expected to refuse its configuration: the bare process, and the folder of its policy.
    ///
    /// # Errors
    /// When the program cannot be started at all.
    pub fn spawn(policy: &Policy, credentials: &Path) -> Result<(Process, TempDir)> {
        let folder = tempfile::tempdir()?;
        let path = policy_file(folder.path());
        policy.write(&path)?;
        let mut command = tethered(binary("riskgate")?);
        command.arg("sidecar").arg("--policy").arg(path).arg("--credentials").arg(credentials);
        Ok((Process::start("riskgate sidecar", command)?, folder))
    }

    /// Replaces the policy that it follows. When the change has taken effect is seen in the metrics.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn change_policy(&self, policy: &Policy) -> Result<()> {
        policy.write(&policy_file(self.folder.path()))
    }

    /// Where the provider of this name listens.
    ///
    /// # Errors
    /// When the policy has no such provider.
    pub fn address(&self, provider: &str) -> Result<SocketAddr> {
        self.ready.providers.get(provider).copied().with_context(|| format!("no provider {provider}"))
    }

    /// `http://127.0.0.1:PORT` where the provider of this name takes webhooks.
    ///
    /// # Errors
    /// When it takes none.
    pub fn webhook_url(&self, provider: &str) -> Result<String> {
        let port =
            self.ready.webhooks.get(provider).with_context(|| format!("no webhooks of {provider}"))?.port();
        Ok(format!("http://{}", SocketAddr::from((Ipv4Addr::LOCALHOST, port))))
    }

    /// `http://127.0.0.1:PORT` of the provider `bankid`, as an application is told.
    ///
    /// # Errors
    /// When the policy has no such provider.
    pub fn base_url(&self) -> Result<String> {
        Ok(format!("http://{}", self.address("bankid")?))
    }

    /// `http://127.0.0.1:PORT` of the health listener.
    #[must_use]
    pub fn health_url(&self) -> String {
        format!("http://{}", SocketAddr::from((Ipv4Addr::LOCALHOST, self.ready.health.port())))
    }

    /// `http://127.0.0.1:PORT` of the admin listener.
    #[must_use]
    pub fn admin_url(&self) -> String {
        format!("http://{}", self.ready.admin)
    }

    /// A scrape of its metrics.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn metrics(&self) -> Result<Metrics> {
        let answer = web::get(&self.health_url(), "/metrics").await?;
        ensure!(answer.status().is_success(), "/metrics answers {}", answer.status());
        Metrics::parse(std::str::from_utf8(answer.body())?)
    }

    /// The decision records printed so far.
    ///
    /// # Errors
    /// When a line after the ready line is not JSON.
    pub fn decisions(&self) -> Result<Vec<Value>> {
        let lines = self.process.stdout().from(1);
        lines
            .iter()
            .map(|line| serde_json::from_str(line).with_context(|| format!("not a record: {line}")))
            .collect()
    }

    /// Waits until `count` decision records are printed, and gives all there are: a record is written before its answer
    /// leaves, but whoever reads the pipe may be a moment behind the answer.
    ///
    /// # Errors
    /// When fewer come, or a line is not JSON.
    pub async fn decisions_once(&self, count: usize) -> Result<Vec<Value>> {
        eventually(&format!("{count} decisions"), PATIENCE, || async {
            let records = self.decisions()?;
            ensure!(records.len() >= count, "{} decisions", records.len());
            Ok(records)
        })
        .await
    }

    /// Waits for the decision record that `wanted` accepts.
    ///
    /// # Errors
    /// When none comes; with the last lines of stdout.
    pub async fn decision(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        let pick = |line: &str| serde_json::from_str(line).ok().filter(|record| wanted(record));
        self.process.stdout().wait(what, PATIENCE, pick).await
    }

    /// Everything that it has printed, on both streams: to be searched for what must not be there.
    #[must_use]
    pub fn printed(&self) -> Vec<String> {
        let mut lines = self.process.stdout().all();
        lines.extend(self.process.stderr().all());
        lines
    }

    /// Its process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// SIGTERM, and the end within this time; fails unless it ends well.
    ///
    /// # Errors
    /// When it still runs then, or ends with another status than 0.
    pub async fn stop(&mut self, within: Duration) -> Result<()> {
        let status = self.process.stop(within).await?;
        ensure!(status.success(), "the sidecar ended with {status}:\n{}", self.process.stderr().tail());
        Ok(())
    }
}

fn policy_file(folder: &Path) -> PathBuf {
    folder.join("policy.yaml")
}
