//! Everything that the demo runs on: a temporary folder, a simulated BankID and one or more sidecars, on free ports.

use std::path::{Path, PathBuf};

use anyhow::Context;
use riskgate_api::{Environment, RiskPolicy};
use riskgate_core::Provider;
use riskgate_core::config::{DecisionLog, Ports, RedisStore, SecretRef, SidecarConfig, TrustKind, TrustRef};
use riskgate_sidecar::ops::log::LogHandle;
use riskgate_sidecar::run::Ready;
use riskgate_sidecar::{ConfigSource, StartError, Started, start as start_sidecar};
use riskgate_simulator::{Running, Transport, pki, start as start_simulator};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::decisions::Decisions;
use super::persons;
use super::redis::{RedisError, SharedRedis};
use crate::policy_file::Choice;
use crate::policy_source::PolicySource;
use crate::progress::Progress;

/// The policy of the demo, where none is given.
const EXAMPLE: &str = include_str!("../../../../../examples/bankid-se/policy.yaml");

/// Everything that the demo runs on.
pub(super) struct Stage {
    simulator: Running,
    sidecars: Vec<Sidecar>,
    provider: String,
    policy_name: String,
    policy_file: PathBuf,
    decisions: Decisions,
    /// Ends after the sidecars that use it.
    _redis: Option<SharedRedis>,
    _folder: TempDir,
}

/// One sidecar of the demo.
struct Sidecar {
    ready: Ready,
    end: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

/// What a user may want otherwise.
#[derive(Default)]
pub(super) struct Wishes {
    /// A policy of their own.
    pub(super) policy: Option<PathBuf>,
    pub(super) choice: Choice,
    /// How many sidecars there are.
    pub(super) replicas: u8,
    /// A server of their own for what sidecars share.
    pub(super) redis: Option<String>,
}

/// Why the stage could not be set.
#[derive(Debug, thiserror::Error)]
pub(super) enum StageError {
    #[error("{0}")]
    Policy(String),
    /// Something in it that the demo has no stand-in for.
    #[error(
        "the demo plays Swedish BankID alone; leave out of the policy, or run with riskgate sidecar: {0}"
    )]
    Unplayable(String),
    #[error("the simulated BankID did not start: {0:#}")]
    Simulator(anyhow::Error),
    #[error("the sidecar did not start: {0}")]
    Sidecar(#[from] StartError),
    #[error(transparent)]
    Redis(#[from] RedisError),
    #[error("the temporary folder cannot be used: {0}")]
    Folder(#[from] std::io::Error),
}

impl Stage {
    /// Starts everything, with the example's policy where the user wishes no other.
    pub(super) async fn set(wishes: Wishes, progress: &Progress) -> Result<Self, StageError> {
        let Wishes { policy, choice, replicas, redis } = wishes;
        let folder = tempfile::Builder::new().prefix("riskgate-demo-").tempdir()?;
        let policy_file = match policy {
            Some(file) => file,
            None => write_example(folder.path())?,
        };
        progress.step("issuing throw-away certificates");
        let credentials = folder.path().join("credentials");
        let simulator = simulate(&credentials).await.map_err(StageError::Simulator)?;

        let redis = if replicas > 1 || redis.is_some() {
            progress.step("starting the store that the sidecars share");
            Some(SharedRedis::start(redis, &credentials).await?)
        } else {
            None
        };

        progress.step(if replicas == 1 { "starting the sidecar" } else { "starting the sidecars" });
        let decisions = Decisions::new()?;
        let mut sidecars = Vec::new();
        let mut config = None;
        for number in 1..=replicas {
            let setting = Setting {
                endpoint: simulator.bankid_se(),
                decisions: decisions.path(),
                redis: redis.as_ref().map(SharedRedis::config),
            };
            let source = PolicySource::new(policy_file.clone(), choice.clone())
                .adjusted(move |policy| setting.fit(policy));
            let read = source.read().map_err(StageError::Policy)?;
            playable(&read)?;
            config = Some(read);
            let pod =
                if replicas == 1 { "riskgate-demo".to_owned() } else { format!("riskgate-demo-{number}") };
            let options = riskgate_sidecar::Options {
                source: Box::new(source),
                credentials: credentials.clone(),
                databases: None,
                made_with: riskgate_sidecar::MadeWith::default(),
                pod,
                log: LogHandle::none(),
            };
            sidecars.push(Sidecar::start(options).await?);
        }
        let config = config.as_ref();
        Ok(Self {
            simulator,
            sidecars,
            provider: config
                .and_then(|config| Some(config.providers.first()?.name.clone()))
                .unwrap_or_default(),
            policy_name: config.map(|config| config.policy.to_string()).unwrap_or_default(),
            policy_file,
            decisions,
            _redis: redis,
            _folder: folder,
        })
    }

    /// Where applications reach BankID: at each sidecar.
    pub(super) fn provider_urls(&self) -> anyhow::Result<Vec<String>> {
        let url = |sidecar: &Sidecar| {
            let address = sidecar.ready.providers.get(&self.provider);
            Ok(format!("http://{}", address.context("the sidecar has no listener for the provider")?))
        };
        self.sidecars.iter().map(url).collect()
    }

    /// Where the sidecars listen.
    pub(super) fn ready(&self) -> impl Iterator<Item = &Ready> {
        self.sidecars.iter().map(|sidecar| &sidecar.ready)
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
        for sidecar in self.sidecars {
            // Neither is of interest any more where it ended before.
            let _ended = sidecar.end.send(());
            let _ended = sidecar.serving.await;
        }
        self.simulator.stop().await;
    }
}

impl Sidecar {
    async fn start(options: riskgate_sidecar::Options) -> Result<Self, StageError> {
        let started = start_sidecar(options).await?;
        let ready = started.ready.clone();
        let (end, ended) = oneshot::channel();
        Ok(Self { ready, end, serving: tokio::spawn(serve(started, ended)) })
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

/// The demo plays Swedish BankID, and has nobody who plays another provider or a source.
fn playable(config: &SidecarConfig) -> Result<(), StageError> {
    let others = config.providers.iter().filter(|entry| entry.provider() != Provider::BankIdSe);
    let named: Vec<&str> = others
        .map(|entry| entry.name.as_str())
        .chain(config.sources.iter().map(|source| source.name.as_str()))
        .collect();
    if named.is_empty() { Ok(()) } else { Err(StageError::Unplayable(named.join(", "))) }
}

/// What a policy must say in the demo, whatever it says elsewhere.
struct Setting {
    endpoint: String,
    decisions: String,
    redis: Option<RedisStore>,
}

impl Setting {
    /// Points every provider at the simulated BankID with the throw-away certificates, and takes free ports.
    fn fit(&self, policy: &mut RiskPolicy) {
        let spec = &mut policy.spec;
        spec.ports = Ports { admin: 0, health: 0 };
        spec.log.decisions = DecisionLog::File(self.decisions.clone());
        spec.pseudonym_key_ref = None;
        spec.store.redis = self.redis.clone();
        if self.redis.is_some() {
            spec.store.memory = None;
        }
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
