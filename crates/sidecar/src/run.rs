//! Starting, serving and ending a sidecar: the same for the binary in a pod, `riskgate sidecar` on a laptop, and the demo.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use riskgate_core::{Clock, SystemClock};
use riskgate_sources::outbound::Resolver;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use crate::config::credentials::Credentials;
use crate::config::made_with::MadeWith;
use crate::config::reload::{LoadError, Loader};
use crate::config::snapshot::{SnapshotError, Surroundings};
use crate::config::source::ConfigSource;
use crate::config::watch::Changes;
use crate::ops::admin::Admin;
use crate::ops::decisions::DecisionLog;
use crate::ops::drain::{Drain, Drained};
use crate::ops::health::Health;
use crate::ops::log::LogHandle;
use crate::ops::metrics::Metrics;
use crate::ops::store::Store;
use crate::ops::{http, reloader};
use crate::pipeline::{Gateway, Parts, StoreLedger};
use crate::server::exchange::Application;
use crate::server::{accept, webhook};

/// The exit code for a first configuration that cannot be used: `EX_CONFIG` of sysexits.
pub const EXIT_CONFIG: u8 = 78;
/// Where Kubernetes reads a container's last words.
const TERMINATION_LOG: &str = "/dev/termination-log";

/// What a sidecar is started with.
pub struct Options {
    /// Where the configuration comes from.
    pub source: Box<dyn ConfigSource>,
    /// The folder of credentials.
    pub credentials: PathBuf,
    /// The ports that its pod was made with; outside a cluster none.
    pub made_with: MadeWith,
    /// The folder of folders of databases; left out, `databases` below the credentials.
    pub databases: Option<PathBuf>,
    /// This pod's name, for decision records.
    pub pod: String,
    /// Follows `log.level`.
    pub log: LogHandle,
}

/// Why a sidecar did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its configuration or a credential cannot be used.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A port cannot be taken.
    #[error("{field}: port {port} cannot be taken: {error}")]
    Port {
        /// The field that names the port.
        field: String,
        /// The port.
        port: u16,
        /// What the system says.
        error: std::io::Error,
    },
    /// The decision log cannot be opened.
    #[error("log.decisions: {0}")]
    Decisions(std::io::Error),
    /// The system gives no randomness, or no signals.
    #[error("the system does not give what is needed: {0}")]
    System(String),
}

/// Where a started sidecar listens: the ready line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ready {
    /// Always true.
    pub ready: bool,
    /// Address by provider entry.
    pub providers: BTreeMap<String, String>,
    /// Address by provider entry that takes webhooks.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub webhooks: BTreeMap<String, String>,
    /// The admin endpoints' address.
    pub admin: String,
    /// The health endpoints' address.
    pub health: String,
}

/// A started sidecar.
pub struct Started {
    /// Where it listens.
    pub ready: Ready,
    gateway: Arc<Gateway>,
    drain: Drain,
    background: Vec<tokio::task::JoinHandle<()>>,
    stop: watch::Sender<bool>,
}

/// Starts a sidecar: loads and validates everything, binds every port, and serves.
///
/// # Errors
///
/// [`StartError`]; nothing is left running.
pub async fn start(options: Options) -> Result<Started, StartError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let mut process_key = [0; 32];
    getrandom::fill(&mut process_key).map_err(|error| StartError::System(error.to_string()))?;
    let metrics = Arc::new(Metrics::new());
    let ledger = Arc::new(StoreLedger::default());
    let databases = options.databases.unwrap_or_else(|| options.credentials.join("databases"));
    let around = Surroundings {
        ledger: ledger.clone(),
        databases,
        credentials: Credentials::new(options.credentials),
        clock: clock.clone(),
        observer: metrics.clone(),
        resolver: Resolver::default(),
        process_key,
    };
    let loader = Loader::new(options.source, around, options.made_with);
    // Watched before it is read: no change falls between.
    let (file, folder) = loader.watched();
    let changes = Changes::watch(file, folder);
    let snapshot = loader.load(None)?;
    let config = snapshot.config.clone();
    options.log.follow(config.log.level);
    let decisions = DecisionLog::open(&config.log.decisions).map_err(StartError::Decisions)?;

    let made_with = loader.made_with();
    let mut listeners = Vec::new();
    for (index, entry) in config.providers.iter().enumerate() {
        let field = format!("providers[{index}].listen.port");
        listeners.push((entry.name.clone(), bind_loopback(field, made_with.listen(entry)).await?));
    }
    let mut inbound = Vec::new();
    for (index, entry) in config.providers.iter().enumerate() {
        if let Some((field, listen)) = entry.further_listener() {
            let field = format!("providers[{index}].{field}.port");
            inbound.push((index, entry.name.clone(), bind_everywhere(field, listen.port).await?));
        }
    }
    let admin = bind_loopback("ports.admin".to_owned(), made_with.admin(&config)).await?;
    let health = bind_everywhere("ports.health".to_owned(), made_with.health(&config)).await?;
    let ready = Ready {
        ready: true,
        providers: listeners.iter().map(|(name, listener)| (name.clone(), address(listener))).collect(),
        webhooks: inbound.iter().map(|(_, name, listener)| (name.clone(), address(listener))).collect(),
        admin: address(&admin),
        health: address(&health),
    };

    let tasks = TaskTracker::new();
    let store = Store::start(&snapshot, clock.clone(), metrics.clone(), tasks.clone())
        .map_err(|error| LoadError::Snapshot(SnapshotError::Store { reason: error.to_string() }))?;
    ledger.keep_in(store.transactions());
    let parts = Parts {
        ledger,
        snapshot,
        store: store.transactions(),
        metrics,
        decisions,
        pod: options.pod,
        tasks: tasks.clone(),
    };
    let gateway = Gateway::new(parts);
    let (shutdown, watching) = watch::channel(false);
    let (stop, stopped) = watch::channel(false);
    let draining = Arc::new(AtomicBool::new(false));
    let mut background = Vec::new();
    for (index, (_, listener)) in listeners.into_iter().enumerate() {
        let app = Arc::new(Application::new(gateway.clone(), index));
        background.push(tokio::spawn(accept::serve(listener, app, watching.clone(), tasks.clone())));
    }
    for (index, _, listener) in inbound {
        let serving = webhook::serve(listener, gateway.clone(), index, watching.clone(), tasks.clone());
        background.push(tokio::spawn(serving));
    }
    let health_pages = Arc::new(Health::new(gateway.clone(), draining.clone()));
    background.push(tokio::spawn(http::serve(health, health_pages, stopped.clone())));
    background.push(tokio::spawn(http::serve(admin, Arc::new(Admin::new(gateway.clone())), stopped)));
    background.push(tokio::spawn(reloader::follow(gateway.clone(), store, loader, changes, options.log)));
    Ok(Started { ready, gateway, drain: Drain { draining, shutdown, tasks }, background, stop })
}

impl Started {
    /// Serves until `end` completes, then drains: until everything is finished, the configured grace is over, or
    /// `hurry` completes.
    pub async fn serve(self, end: impl Future<Output = ()>, hurry: impl Future<Output = ()>) -> Drained {
        end.await;
        let grace: Duration = self.gateway.snapshot().config.timeouts.drain.0;
        let drained = self.drain.run(grace, hurry).await;
        // Health is told to the end; then it, too, stops.
        let _nobody = self.stop.send(true);
        for task in self.background {
            task.abort();
        }
        drained
    }
}

/// Starts a sidecar, prints its ready line, serves until SIGTERM or SIGINT, and drains. A second signal ends it at once.
pub async fn serve(options: Options) -> ExitCode {
    match until_signalled(options).await {
        Ok(Drained::Whole) => ExitCode::SUCCESS,
        Ok(Drained::Cut(tasks)) => {
            tracing::warn!(tasks, "ended before everything was finished");
            ExitCode::FAILURE
        }
        Err(error) => {
            tracing::error!(%error, "the sidecar did not start");
            last_words(Path::new(TERMINATION_LOG), &error.to_string());
            if matches!(error, StartError::Load(_)) { ExitCode::from(EXIT_CONFIG) } else { ExitCode::FAILURE }
        }
    }
}

async fn until_signalled(options: Options) -> Result<Drained, StartError> {
    let system = |error: std::io::Error| StartError::System(error.to_string());
    let mut terminate = signal(SignalKind::terminate()).map_err(system)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(system)?;
    let started = start(options).await?;
    let line =
        serde_json::to_string(&started.ready).map_err(|error| StartError::System(error.to_string()))?;
    writeln!(std::io::stdout(), "{line}").map_err(system)?;
    let (first, second) = watch::channel(0u8);
    let signals = async move {
        for count in 1..=2 {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            let _nobody = first.send(count);
        }
        std::future::pending::<()>().await;
    };
    let after = |count: u8| {
        let mut seen = second.clone();
        async move { drop(seen.wait_for(|signals| *signals >= count).await) }
    };
    tokio::select! {
        drained = started.serve(after(1), after(2)) => Ok(drained),
        () = signals => Ok(Drained::Cut(0)),
    }
}

/// Leaves a container's last words, where there is a place for them.
fn last_words(place: &Path, words: &str) {
    if place.exists() && std::fs::write(place, words).is_err() {
        tracing::warn!(place = %place.display(), "the reason could not be left");
    }
}

async fn bind_loopback(field: String, port: u16) -> Result<TcpListener, StartError> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpListener::bind(address).await.map_err(|error| StartError::Port { field, port, error })
}

async fn bind_everywhere(field: String, port: u16) -> Result<TcpListener, StartError> {
    match TcpListener::bind(SocketAddr::from((Ipv6Addr::UNSPECIFIED, port))).await {
        Ok(listener) => Ok(listener),
        // IPv6 is off on this machine.
        Err(_) => TcpListener::bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)))
            .await
            .map_err(|error| StartError::Port { field, port, error }),
    }
}

fn address(listener: &TcpListener) -> String {
    listener.local_addr().map(|address| address.to_string()).unwrap_or_default()
}

/// This machine's name: a pod's name in Kubernetes.
#[must_use]
pub fn host_name() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map(|name| name.trim().to_owned())
        .unwrap_or_default()
}
