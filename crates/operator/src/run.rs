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
    let reconcile = |stop| controller::run(context(), stop);
    let ended = then_vacate(&mut election, &vacate, async |election| {
        tokio::select! {
            () = lead(reconcile, leading, &metrics, &stop) => Ok(Drained::Whole),
            _ = election => Err(RunError::Ended("the election")),
            _ = &mut server => Err(RunError::Ended("the admin port")),
            _ = tasks.join_next() => Err(RunError::Ended("a watch")),
        }
    })
    .await?;
    admin.set_ready(false);
    serving.cancel();
    let _ = server.await;
    Ok(ended)
}

/// Vacates the Lease once `work` has ended, however it did. Not before: until the last pass is finished or cancelled no other
/// replica may lead.
async fn then_vacate<T>(
    election: &mut JoinHandle<()>,
    vacate: &CancellationToken,
    work: impl AsyncFnOnce(&mut JoinHandle<()>) -> T,
) -> T {
    let ended = work(election).await;
    vacate.cancel();
    if !election.is_finished() {
        let _ = election.await;
    }
    ended
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

/// Reconciles whenever this replica leads, until `stop`: then passes are finished. When leadership is lost they are dropped at
/// once, for another replica may lead before a pass is over.
async fn lead<F: Future<Output = ()>>(
    reconcile: impl Fn(CancellationToken) -> F,
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
        tokio::select! {
            () = reconcile(stop.clone()) => {}
            _ = leading.wait_for(|leads| !*leads) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;
    use tokio::time::timeout;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    /// Says when it is dropped.
    struct Pass(mpsc::UnboundedSender<&'static str>);

    impl Drop for Pass {
        fn drop(&mut self) {
            let _ = self.0.send("dropped");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn passes_are_dropped_when_leadership_is_lost_and_begin_anew_when_it_is_back() {
        let (leads, leading) = watch::channel(true);
        let (says, mut said) = mpsc::unbounded_channel();
        let stop = CancellationToken::new();
        let end = stop.clone();
        let task = tokio::spawn(async move {
            // One that would be waited for for ever.
            let reconcile = |_| {
                let pass = Pass(says.clone());
                async move {
                    let _ = pass.0.send("began");
                    std::future::pending::<()>().await;
                }
            };
            lead(reconcile, leading, &Metrics::default(), &end).await;
        });
        for (now, heard) in [(true, "began"), (false, "dropped"), (true, "began"), (false, "dropped")] {
            leads.send_replace(now);
            assert_eq!(timeout(PATIENCE, said.recv()).await.unwrap(), Some(heard));
        }
        stop.cancel();
        timeout(PATIENCE, task).await.unwrap().unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn passes_that_have_begun_are_finished_before_the_process_ends() {
        let (_leads, leading) = watch::channel(true);
        let stop = CancellationToken::new();
        let (says, mut said) = mpsc::unbounded_channel();
        let reconcile = |stop: CancellationToken| {
            let says = says.clone();
            async move {
                stop.cancelled().await;
                sleep(Duration::from_secs(1)).await;
                let _ = says.send("finished");
            }
        };
        let metrics = Metrics::default();
        let leader = lead(reconcile, leading, &metrics, &stop);
        let later = async {
            sleep(Duration::from_secs(1)).await;
            stop.cancel();
        };
        timeout(PATIENCE, futures_util::future::join(leader, later)).await.unwrap();
        assert_eq!(said.try_recv(), Ok("finished"));
    }

    #[tokio::test(start_paused = true)]
    async fn the_lease_is_vacated_however_the_work_ends() {
        for by_election in [false, true] {
            let vacate = CancellationToken::new();
            let (asked, vacated) = (vacate.clone(), CancellationToken::new());
            let done = vacated.clone();
            let mut election = tokio::spawn(async move {
                if !by_election {
                    asked.cancelled().await;
                }
                done.cancel();
            });
            let ended = then_vacate(&mut election, &vacate, async |election: &mut JoinHandle<()>| {
                if by_election {
                    let _ = election.await;
                }
                Err::<Drained, _>(RunError::Ended("a watch"))
            });
            assert!(timeout(PATIENCE, ended).await.unwrap().is_err());
            assert!(vacated.is_cancelled());
        }
    }
}
