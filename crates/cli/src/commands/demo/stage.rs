//! Everything that the demo runs on: a temporary folder, the simulated services and one or more sidecars, on free ports.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use riskgate_core::config::SidecarConfig;
use riskgate_sidecar::ops::log::LogHandle;
use riskgate_sidecar::run::Ready;
use riskgate_sidecar::{ConfigSource, StartError, Started, start as start_sidecar};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::application::{Application, Webhooks};
use super::decisions::Decisions;
use super::redis::{RedisError, SharedRedis};
use super::setting::{self, Setting};
use super::simulated::Simulated;
use crate::policy_file::{Choice, PolicyError, is_standard_input, load};
use crate::policy_source::PolicySource;
use crate::progress::Progress;

/// The policy of the demo, where none is given.
const EXAMPLE: &str = include_str!("../../../../../examples/bankid-se/policy.yaml");
/// The policy with every service and source.
const EVERYTHING: &str = include_str!("../../../../../examples/everything.yaml");

/// Everything that the demo runs on.
pub(super) struct Stage {
    simulated: Simulated,
    application: Application,
    sidecars: Vec<Sidecar>,
    config: SidecarConfig,
    left_out: Vec<String>,
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
    /// The example with every service and source.
    pub(super) all: bool,
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
    #[error(transparent)]
    File(#[from] PolicyError),
    #[error("{0}")]
    Policy(String),
    #[error("the simulated services did not start: {0:#}")]
    Simulator(anyhow::Error),
    #[error("the application did not start: {0:#}")]
    Application(anyhow::Error),
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
        let Wishes { all, policy, choice, replicas, redis } = wishes;
        let folder = tempfile::Builder::new().prefix("riskgate-demo-").tempdir()?;
        let policy_file = match policy {
            Some(file) => file,
            None => write_example(folder.path(), if all { EVERYTHING } else { EXAMPLE })?,
        };
        if is_standard_input(&policy_file) {
            return Err(PolicyError::NotFollowed.into());
        }
        let left_out = setting::left_out(&load(&policy_file, &choice)?.entry.policy);
        progress.step("issuing throw-away certificates");
        let credentials = folder.path().join("credentials");
        let mut simulated = Simulated::start(&credentials).await.map_err(StageError::Simulator)?;
        setting::write_files(&credentials)?;

        let redis = if replicas > 1 || redis.is_some() {
            progress.step("starting the store that the sidecars share");
            Some(SharedRedis::start(redis, &credentials).await?)
        } else {
            None
        };

        progress.step(if replicas == 1 { "starting the sidecar" } else { "starting the sidecars" });
        let decisions = Decisions::new()?;
        let webhooks = Webhooks::start().await?;
        let shared = redis.as_ref().map(SharedRedis::config);
        let setting = Setting::new(&simulated, webhooks.url().to_owned(), decisions.path(), shared)
            .map_err(StageError::Simulator)?;
        let followed = || {
            let setting = setting.clone();
            PolicySource::new(policy_file.clone(), choice.clone()).adjusted(move |policy| setting.fit(policy))
        };
        let config = followed().read().map_err(StageError::Policy)?;
        let mut sidecars = Vec::new();
        for number in 1..=replicas {
            let pod =
                if replicas == 1 { "riskgate-demo".to_owned() } else { format!("riskgate-demo-{number}") };
            let options = riskgate_sidecar::Options {
                source: Box::new(followed()),
                credentials: credentials.clone(),
                databases: None,
                made_with: riskgate_sidecar::MadeWith::default(),
                pod,
                log: LogHandle::none(),
            };
            sidecars.push(Sidecar::start(options).await?);
        }
        let told = webhook_entries(&sidecars);
        if let Some(url) = told.values().next() {
            simulated.send_webhooks_to(url).await.map_err(StageError::Simulator)?;
        }
        let roots = credentials.join("configmaps/bankid-roots/ca.crt");
        let told = told.into_keys().collect();
        let application = Application::new(addresses(&sidecars), (webhooks, told), &roots)
            .map_err(StageError::Application)?;
        Ok(Self {
            simulated,
            application,
            sidecars,
            config,
            left_out,
            policy_file,
            decisions,
            _redis: redis,
            _folder: folder,
        })
    }

    /// Where applications reach a provider entry: at each sidecar.
    pub(super) fn provider_urls(&self, entry: &str) -> Vec<String> {
        addresses(&self.sidecars).remove(entry).unwrap_or_default()
    }

    /// Where the sidecars listen.
    pub(super) fn ready(&self) -> impl Iterator<Item = &Ready> {
        self.sidecars.iter().map(|sidecar| &sidecar.ready)
    }

    pub(super) fn simulated(&self) -> &Simulated {
        &self.simulated
    }

    /// The policy that the sidecars started with.
    pub(super) fn config(&self) -> &SidecarConfig {
        &self.config
    }

    /// What of the user's policy is not played.
    pub(super) fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// The file that the sidecar follows.
    pub(super) fn policy_file(&self) -> &Path {
        &self.policy_file
    }

    pub(super) fn application(&mut self) -> &mut Application {
        &mut self.application
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
        self.simulated.stop().await;
    }
}

/// The addresses of each provider entry, as applications are told.
fn addresses(sidecars: &[Sidecar]) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (entry, address) in sidecars.iter().flat_map(|sidecar| &sidecar.ready.providers) {
        all.entry(entry.clone()).or_default().push(format!("http://{address}"));
    }
    all
}

/// The entries that take webhooks, with where the first sidecar does.
fn webhook_entries(sidecars: &[Sidecar]) -> BTreeMap<String, String> {
    let first = sidecars.first().map(|sidecar| &sidecar.ready.webhooks);
    let port = |address: &str| address.rsplit_once(':').map_or(String::new(), |(_, port)| port.to_owned());
    first
        .into_iter()
        .flatten()
        .map(|(entry, address)| (entry.clone(), format!("http://127.0.0.1:{}/", port(address))))
        .collect()
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

/// An example's policy as a file that can be edited while the demo is left running.
fn write_example(folder: &Path, text: &str) -> std::io::Result<PathBuf> {
    let file = folder.join("policy.yaml");
    std::fs::write(&file, text)?;
    Ok(file)
}
