//! The process: watches, election, controller and admin port, from start to drained.

use std::sync::Arc;
use std::time::Duration;

use kube::{Client, Config};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::controller::{self, Context};
use crate::election::{Candidate, Terms};
use crate::metrics::Metrics;
use crate::options::Options;
use crate::server::{self, Admin};
use crate::shutdown::Signals;
use crate::watches::Watches;

/// How long draining may take: less than the 30 s that Kubernetes gives a pod.
const DRAIN: Duration = Duration::from_secs(25);

/// Why the operator did not start, or ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Where the API server is, or by which credentials it is asked.
    #[error("no way to reach the API server: {0}")]
    Config(#[from] kube::config::InferConfigError),
    /// The client.
    #[error("no client of the API server can be made: {0}")]
    Client(#[source] kube::Error),
    /// The admin port.
    #[error("--admin-address {address} cannot be served: {error}")]
    Admin {
        /// The address.
        address: std::net::SocketAddr,
        /// Why.
        error: std::io::Error,
    },
    /// A signal handler.
    #[error("no signal can be listened to: {0}")]
    Signals(#[source] std::io::Error),
    /// A task ended that must not.
    #[error("{0} ended by itself")]
    Ended(&'static str),
}

/// Runs until a first signal, then drains: passes are finished, the Lease is vacated, the admin port closes. A second signal
/// ends it at once.
///
/// # Errors
/// [`RunError`].
pub async fn run(options: Options) -> Result<Drained, RunError> {
    let mut signals = Signals::listen().map_err(RunError::Signals)?;
    let client = Client::try_from(Config::infer().await?).map_err(RunError::Client)?;
    let stop = CancellationToken::new();
    let work = work(options, client, stop.clone());
    let mut work = std::pin::pin!(work);
    tokio::select! {
        ended = &mut work => return ended,
        () = signals.next() => tracing::info!("draining; a second signal ends the process at once"),
    }
    stop.cancel();
    tokio::select! {
        ended = work => ended,
        () = signals.next() => Ok(Drained::CutShort),
        () = sleep(DRAIN) => Ok(Drained::CutShort),
    }
}

/// How the process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// Everything that had begun was finished.
    Whole,
    /// A second signal, or the end of its time, came first.
    CutShort,
}

async fn work(options: Options, client: Client, stop: CancellationToken) -> Result<Drained, RunError> {
    let metrics = Arc::new(Metrics::default());
    let admin = Arc::new(Admin::new(Arc::clone(&metrics)));
    let serving = CancellationToken::new();
    let mut server = listen(&options, Arc::clone(&admin), serving.clone()).await?;

    let mut tasks = JoinSet::new();
    let watches = Watches::start(&client, &mut tasks);
    tokio::select! {
        synced = watches.synced() => synced.map_err(|_| RunError::Ended("a watch"))?,
        // The API server was never reached: nothing has begun.
        () = stop.cancelled() => return Ok(Drained::Whole),
        _ = &mut server => return Err(RunError::Ended("the admin port")),
    }
    admin.set_ready(true);
    tracing::info!("the watches have seen everything");

    let (leads, leading) = watch::channel(false);
    let vacate = CancellationToken::new();
    let terms = Terms {
        namespace: options.namespace,
        name: options.lease,
        identity: options.identity.clone(),
        duration: options.lease_duration,
    };
    let mut election = tokio::spawn(Candidate::new(client.clone(), terms).run(leads, vacate.clone()));

    let context = || {
        let (client, watches) = (client.clone(), watches.clone());
        Arc::new(Context::new(client, watches, Arc::clone(&metrics), &options.identity))
    };
    tokio::select! {
        () = lead(context, leading, &metrics, &stop) => {}
        _ = &mut election => return Err(RunError::Ended("the election")),
        _ = &mut server => return Err(RunError::Ended("the admin port")),
        _ = tasks.join_next() => return Err(RunError::Ended("a watch")),
    }
    // Only now: until the last pass is finished no other replica may lead.
    admin.set_ready(false);
    vacate.cancel();
    let _ = election.await;
    serving.cancel();
    let _ = server.await;
    Ok(Drained::Whole)
}

async fn listen(
    options: &Options,
    admin: Arc<Admin>,
    stop: CancellationToken,
) -> Result<JoinHandle<std::io::Result<()>>, RunError> {
    let address = options.admin_address;
    let failed = |error| RunError::Admin { address, error };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    println!("{}", json!({ "listening": { "admin": bound } }));
    Ok(tokio::spawn(server::serve(listener, admin, stop)))
}

/// Reconciles whenever this replica leads, until `stop`.
async fn lead(
    context: impl Fn() -> Arc<Context>,
    mut leading: watch::Receiver<bool>,
    metrics: &Metrics,
    stop: &CancellationToken,
) {
    while !stop.is_cancelled() {
        metrics.lead(false);
        tokio::select! {
            _ = leading.wait_for(|leads| *leads) => {}
            () = stop.cancelled() => return,
        }
        metrics.lead(true);
        let term = stop.child_token();
        let end = term.clone();
        let mut lost = leading.clone();
        let passes = controller::run(context(), term);
        let watch = async {
            let _ = lost.wait_for(|leads| !*leads).await;
            end.cancel();
        };
        let mut passes = std::pin::pin!(passes);
        tokio::select! {
            () = &mut passes => continue,
            () = watch => {}
        }
        passes.await;
    }
}
