//! Everything that the demo runs on: a temporary folder, a simulated BankID and a sidecar, on free ports.

use std::path::{Path, PathBuf};

use anyhow::Context;
use riskgate_api::{Environment, RiskPolicy};
use riskgate_core::config::{DecisionLog, Ports, SecretRef, TrustKind, TrustRef};
use riskgate_sidecar::ops::log::LogHandle;
use riskgate_sidecar::run::Ready;
use riskgate_sidecar::{ConfigSource, StartError, Started, start as start_sidecar};
use riskgate_simulator::{Running, Transport, pki, start as start_simulator};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::decisions::Decisions;
use super::persons;
use crate::policy_file::Choice;
use crate::policy_source::PolicySource;
use crate::progress::Progress;

/// The policy of the demo, where none is given.
const EXAMPLE: &str = include_str!("../../../../../examples/bankid-se/policy.yaml");

/// Everything that the demo runs on.
pub(super) struct Stage {
    simulator: Running,
    ready: Ready,
    provider: String,
    policy_name: String,
    policy_file: PathBuf,
    decisions: Decisions,
    end: oneshot::Sender<()>,
    sidecar: JoinHandle<()>,
    _folder: TempDir,
}

/// Why the stage could not be set.
#[derive(Debug, thiserror::Error)]
pub(super) enum StageError {
    #[error("{0}")]
    Policy(String),
    #[error("the simulated BankID did not start: {0:#}")]
    Simulator(anyhow::Error),
    #[error("the sidecar did not start: {0}")]
    Sidecar(#[from] StartError),
    #[error("the temporary folder cannot be used: {0}")]
    Folder(#[from] std::io::Error),
}

impl Stage {
    /// Starts everything, with the policy in `policy` or else the example's.
    pub(super) async fn set(
        policy: Option<PathBuf>,
        choice: Choice,
        progress: &Progress,
    ) -> Result<Self, StageError> {
        let folder = tempfile::Builder::new().prefix("riskgate-demo-").tempdir()?;
        let policy_file = match policy {
            Some(file) => file,
            None => write_example(folder.path())?,
        };
        progress.step("issuing throw-away certificates");
        let credentials = folder.path().join("credentials");
        let simulator = simulate(&credentials).await.map_err(StageError::Simulator)?;

        progress.step("starting the sidecar");
        let decisions = Decisions::new()?;
        let setting = Setting { endpoint: simulator.bankid_se(), decisions: decisions.path() };
        let source =
            PolicySource::new(policy_file.clone(), choice).adjusted(move |policy| setting.fit(policy));
        let config = source.read().map_err(StageError::Policy)?;
        let options = riskgate_sidecar::Options {
            source: Box::new(source),
            credentials,
            pod: "riskgate-demo".to_owned(),
            log: LogHandle::none(),
        };
        let started = start_sidecar(options).await?;
        let ready = started.ready.clone();
        let (end, ended) = oneshot::channel();
        Ok(Self {
            simulator,
            ready,
            provider: config.providers.first().map(|entry| entry.name.clone()).unwrap_or_default(),
            policy_name: config.policy.to_string(),
            policy_file,
            decisions,
            end,
            sidecar: tokio::spawn(serve(started, ended)),
            _folder: folder,
        })
    }

    /// Where the application reaches BankID.
    pub(super) fn provider_url(&self) -> anyhow::Result<String> {
        let address = self.ready.providers.get(&self.provider);
        Ok(format!("http://{}", address.context("the sidecar has no listener for the provider")?))
    }

    pub(super) fn ready(&self) -> &Ready {
        &self.ready
    }

    pub(super) fn simulator(&self) -> &Running {
        &self.simulator
    }

    /// The file that the sidecar follows.
    pub(super) fn policy_file(&self) -> &Path {
        &self.policy_file
    }

    pub(super) fn policy_name(&self) -> String {
        self.policy_name.clone()
    }

    pub(super) fn decisions(&mut self) -> &mut Decisions {
        &mut self.decisions
    }

    /// Ends everything in order, and removes the folder.
    pub(super) async fn strike(self) {
        // Neither is of interest any more where it ended before.
        let _ended = self.end.send(());
        let _ended = self.sidecar.await;
        self.simulator.stop().await;
    }
}

async fn serve(started: Started, ended: oneshot::Receiver<()>) {
    let end = async { drop(ended.await) };
    started.serve(end, std::future::pending()).await;
}

/// The example's policy as a file that can be edited while the demo is left running.
fn write_example(folder: &Path) -> std::io::Result<PathBuf> {
    let file = folder.join("policy.yaml");
    std::fs::write(&file, EXAMPLE)?;
    Ok(file)
}

async fn simulate(credentials: &Path) -> anyhow::Result<Running> {
    let folder = credentials.to_owned();
    tokio::task::spawn_blocking(move || pki::ensure(&folder, &[])).await??;
    let mut options = riskgate_simulator::Options::new(Transport::tls(credentials));
    options.scripts = persons::scripts();
    Ok(start_simulator(options).await?)
}

/// What a policy must say in the demo, whatever it says elsewhere.
struct Setting {
    endpoint: String,
    decisions: String,
}

impl Setting {
    /// Points every provider at the simulated BankID with the throw-away certificates, and takes free ports.
    fn fit(&self, policy: &mut RiskPolicy) {
        let spec = &mut policy.spec;
        spec.ports = Ports { admin: 0, health: 0 };
        spec.log.decisions = DecisionLog::File(self.decisions.clone());
        spec.pseudonym_key_ref = None;
        for entry in &mut spec.providers {
            entry.listen.port = 0;
            if let Some(bankid) = &mut entry.bank_id_se {
                bankid.environment = Environment::Custom;
                bankid.endpoint = Some(self.endpoint.clone());
                bankid.trust_bundle_ref = Some(TrustRef {
                    kind: TrustKind::ConfigMap,
                    name: "bankid-roots".to_owned(),
                    key: "ca.crt".to_owned(),
                });
                bankid.client_certificate_refs = vec![SecretRef { name: "bankid-rp".to_owned() }];
            }
        }
    }
}
