//! The process: watches, election, controller, webhooks and admin port, from start to drained.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future;
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client, Config};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::admission::{Admission, ServeError, Server};
use crate::certificates::bundle::Bundle;
use crate::certificates::keeper::Keeper;
use crate::certificates::trusted::trusted;
use crate::certificates::{Served, SharedCa, Teller, TermsError, existing};
use crate::controller::{self, Context};
use crate::election::{Candidate, Terms};
use crate::events::{Events, Letterbox};
use crate::leading::{lead, then_vacate};
use crate::metrics::Metrics;
use crate::options::{Certificates, Options};
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
    /// The port of the webhooks.
    #[error(transparent)]
    Webhook(#[from] ServeError),
    /// Lifetimes of certificates.
    #[error(transparent)]
    Terms(#[from] TermsError),
    /// A signal handler.
    #[error("no signal can be listened to: {0}")]
    Signals(#[source] std::io::Error),
    /// A task ended that must not.
    #[error("{0} ended by itself")]
    Ended(&'static str),
}

/// Runs until a first signal, then drains: passes are finished, the Lease is vacated, questions are answered, the ports close.
/// A second signal ends it at once.
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
    let (metrics, served) = (Arc::new(Metrics::default()), Arc::new(Served::default()));
    let admin = Arc::new(Admin::new(Arc::clone(&metrics), Arc::clone(&served), stop.clone()));
    let serving = CancellationToken::new();
    let webhooks = Server::bind(options.webhook.webhook_address, Arc::clone(&served)).await?;
    let mut server = listen(&options, &webhooks, Arc::clone(&admin), serving.clone()).await?;

    // Ends with the process: what it waits for comes once.
    let mut waiting = JoinSet::new();
    let mut tasks = JoinSet::new();
    let watches = Watches::start(&client, &mut tasks);
    let bundle = certificates(&options, &client, &served, &metrics, &mut tasks)?;
    tokio::select! {
        synced = watches.synced() => synced.map_err(|_| RunError::Ended("a watch"))?,
        // The API server was never reached: nothing has begun.
        () = stop.cancelled() => return Ok(Drained::Whole),
        _ = &mut server => return Err(RunError::Ended("the admin port")),
    }
    admin.set_synced();
    match &bundle {
        Some(Bundle { client, configuration, shared, teller, .. }) => {
            let trusted = trusted(client.clone(), configuration.clone(), shared.clone(), teller.clone());
            let admin = Arc::clone(&admin);
            waiting.spawn(async move {
                trusted.await;
                admin.set_trusted();
            });
        }
        None => admin.set_trusted(),
    }
    tracing::info!("the watches have seen everything");

    let widened = options.widened();
    let Options { namespace, identity, lease, lease_duration, sidecar, .. } = options;
    let admission = Admission::new(client.clone(), watches.clone(), Arc::clone(&metrics), sidecar, &identity);
    let (admission, publishing) = admission;
    let publishing = tokio::spawn(publishing);
    let mut webhooks = tokio::spawn(webhooks.run(Arc::new(admission), serving.clone()));

    let (leads, leading) = watch::channel(false);
    let vacate = CancellationToken::new();
    let terms = Terms { namespace, name: lease, identity: identity.clone(), duration: lease_duration };
    let mut election = tokio::spawn(Candidate::new(client.clone(), terms).run(leads, vacate.clone()));

    let context = || {
        let (client, watches) = (client.clone(), watches.clone());
        Arc::new(Context::new(client, watches, Arc::clone(&metrics), &identity, widened))
    };
    let as_leader = |stop: CancellationToken| {
        let (context, bundle) = (context(), bundle.clone());
        Box::pin(async move {
            let trust = async {
                if let Some(bundle) = bundle {
                    bundle.run(stop.clone()).await;
                }
            };
            future::join(controller::run(context, stop.clone()), trust).await;
        })
    };
    let ended = then_vacate(&mut election, &vacate, async |election| {
        tokio::select! {
            () = lead(as_leader, leading, &metrics, &stop) => Ok(Drained::Whole),
            _ = election => Err(RunError::Ended("the election")),
            _ = &mut server => Err(RunError::Ended("the admin port")),
            _ = &mut webhooks => Err(RunError::Ended("the port of the webhooks")),
            _ = tasks.join_next() => Err(RunError::Ended("a watch")),
        }
    })
    .await?;
    serving.cancel();
    let _ = future::join(webhooks, server).await;
    publishing.abort();
    Ok(ended)
}

/// Starts whatever keeps this replica's certificate; and what the leader does beside it, where that is ours to do.
fn certificates(
    options: &Options,
    client: &Client,
    served: &Arc<Served>,
    metrics: &Arc<Metrics>,
    tasks: &mut JoinSet<()>,
) -> Result<Option<Bundle>, RunError> {
    let webhook = &options.webhook;
    let secrets: Api<Secret> = Api::namespaced(client.clone(), &options.namespace);
    let secret = webhook.certificate_secret.clone();
    let (letterbox, publishing) = Letterbox::new(Events::new(client.clone(), &options.identity));
    tasks.spawn(publishing);
    let teller = Teller::new(letterbox, Arc::clone(metrics), &options.namespace, &secret);
    if webhook.certificates == Certificates::ExistingSecret {
        tasks.spawn(existing::follow(secrets, secret, Arc::clone(served), teller));
        return Ok(None);
    }
    let terms = webhook.terms().checked()?;
    let (shared, seen) = watch::channel(SharedCa::default());
    let keeper = Keeper {
        secrets: secrets.clone(),
        name: secret.clone(),
        terms,
        hosts: webhook.hosts(&options.namespace),
        served: Arc::clone(served),
        shared,
        teller: teller.clone(),
    };
    tasks.spawn(keeper.run());
    let configuration = webhook.webhook_configuration.clone();
    Ok(Some(Bundle { client: client.clone(), configuration, secrets, secret, terms, shared: seen, teller }))
}

async fn listen(
    options: &Options,
    webhooks: &Server,
    admin: Arc<Admin>,
    stop: CancellationToken,
) -> Result<JoinHandle<std::io::Result<()>>, RunError> {
    let address = options.admin_address;
    let failed = |error| RunError::Admin { address, error };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    println!("{}", json!({ "listening": { "admin": bound, "webhook": webhooks.address } }));
    Ok(tokio::spawn(server::serve(listener, admin, stop)))
}
