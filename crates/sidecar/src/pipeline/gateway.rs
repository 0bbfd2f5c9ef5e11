//! The gateway: what every request shares, and the first look at a request.

use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use riskgate_store::{StoreError, TransactionStore};
use riskgate_wire::{Fault, Recognised};
use tokio_util::task::TaskTracker;

use super::join::Joined;
use super::session::{Arrivals, StoreLedger};
use super::{cancel, exchange, inquiry, pass, result, session, start};
use crate::config::snapshot::{Provider, Snapshot};
use crate::message::{Request, Response};
use crate::ops::decisions::DecisionLog;
use crate::ops::meters::Meters;
use crate::ops::metrics::{Call, Metrics, Outcome};
use crate::server::guard;

/// What a gateway is made from.
pub struct Parts {
    /// The first snapshot.
    pub snapshot: Snapshot,
    /// Where open transactions are kept.
    pub store: Arc<dyn TransactionStore>,
    /// The metrics.
    pub metrics: Arc<Metrics>,
    /// Where decisions are logged.
    pub decisions: DecisionLog,
    /// This pod's name, for decision records.
    pub pod: String,
    /// What outlives its connection, and is waited for when the sidecar ends.
    pub tasks: TaskTracker,
    /// What was spent of sessions' enrichments.
    pub ledger: Arc<StoreLedger>,
}

/// What every request shares.
pub struct Gateway {
    current: ArcSwap<Snapshot>,
    metrics: Arc<Metrics>,
    /// By provider entry, as in every snapshot.
    meters: Vec<Meters>,
    pub(super) store: Arc<dyn TransactionStore>,
    decisions: DecisionLog,
    pub(super) pod: String,
    pub(super) tasks: TaskTracker,
    pub(super) joined: Joined,
    pub(super) arrivals: Arrivals,
    pub(super) ledger: Arc<StoreLedger>,
}

/// An answer, and what it is to the metrics.
#[derive(Clone)]
pub(super) struct Answered {
    pub(super) response: Response,
    pub(super) outcome: Outcome,
}

impl Answered {
    pub(super) fn new(outcome: Outcome, response: Response) -> Self {
        Self { response, outcome }
    }
}

/// One request's view: the snapshot that it uses and the provider that it is for.
#[derive(Clone)]
pub(super) struct Exchange {
    pub(super) gateway: Arc<Gateway>,
    pub(super) snapshot: Arc<Snapshot>,
    index: usize,
}

impl Exchange {
    /// The provider. Every snapshot has the same providers in the same order: a change of them is refused at the reload.
    pub(super) fn provider(&self) -> &Provider {
        &self.snapshot.providers[self.index]
    }

    /// The provider's meters.
    pub(super) fn meters(&self) -> &Meters {
        &self.gateway.meters[self.index]
    }

    /// The same request's view of the snapshot that is current now: a decision is made under it.
    pub(super) fn now(&self) -> Self {
        Self { snapshot: self.gateway.snapshot(), ..self.clone() }
    }

    /// An answer of our own, in the provider's form. The details say that they are riskgate's.
    pub(super) fn fault(&self, fault: Fault, details: &str) -> Response {
        let details = format!("{details} (riskgate policy {})", self.snapshot.config.policy);
        Response::own(self.provider().protocol.fault(fault, &details))
    }

    /// Notes that the store did not do as asked.
    pub(super) fn store_failed(&self, operation: &'static str, error: &StoreError) {
        self.gateway.metrics().store_error(operation);
        if self.gateway.store.is_shared() {
            // It tells by itself when an outage begins and ends.
            tracing::debug!(operation, %error, "the transaction store failed");
        } else {
            tracing::error!(operation, %error, "the transaction store failed");
        }
    }
}

impl Gateway {
    /// A gateway under its first snapshot.
    #[must_use]
    pub fn new(parts: Parts) -> Arc<Self> {
        let providers = &parts.snapshot.providers;
        let meters =
            providers.iter().map(|entry| Meters::new(parts.metrics.clone(), entry.name.clone())).collect();
        let gateway = Self {
            meters,
            current: ArcSwap::from_pointee(parts.snapshot),
            metrics: parts.metrics,
            store: parts.store,
            decisions: parts.decisions,
            pod: parts.pod,
            tasks: parts.tasks,
            joined: Joined::default(),
            arrivals: Arrivals::default(),
            ledger: parts.ledger,
        };
        gateway.metrics.in_force(&gateway.snapshot());
        Arc::new(gateway)
    }

    /// The snapshot in force.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Puts a snapshot in force: requests that come from now on use it, and decisions that are made from now on.
    pub fn take(&self, snapshot: Snapshot) {
        self.metrics.in_force(&snapshot);
        self.metrics.reload_taken();
        self.current.store(Arc::new(snapshot));
    }

    /// The metrics.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Every metric as text.
    #[must_use]
    pub fn metrics_text(&self) -> String {
        self.metrics.encode(&self.snapshot(), self.store.usage())
    }

    /// The decision log.
    #[must_use]
    pub fn decisions(&self) -> &DecisionLog {
        &self.decisions
    }

    /// The configuration in force, with its revision, as JSON. It names secrets and holds none.
    #[must_use]
    pub fn config_json(&self) -> String {
        let snapshot = self.snapshot();
        serde_json::json!({ "revision": &*snapshot.revision, "config": &snapshot.config }).to_string()
    }

    pub(super) fn exchange(self: &Arc<Self>, provider: usize) -> Exchange {
        Exchange { gateway: self.clone(), snapshot: self.snapshot(), index: provider }
    }

    /// Answers a request that is not looked at, for the provider entry at index `provider`.
    #[must_use]
    pub fn turn_away(self: &Arc<Self>, provider: usize, fault: Fault, details: &str) -> Response {
        let exchange = self.exchange(provider);
        exchange.meters().request(Call::Other, Outcome::Rejected, 0.0);
        exchange.fault(fault, details)
    }

    /// Answers a request for the provider entry at index `provider`.
    pub async fn handle(self: &Arc<Self>, provider: usize, request: Request<'_>) -> Response {
        let began = Instant::now();
        let exchange = self.exchange(provider);
        let (call, answered) = route(&exchange, request).await;
        exchange.meters().request(call, answered.outcome, began.elapsed().as_secs_f64());
        answered.response
    }
}

async fn route(exchange: &Exchange, mut request: Request<'_>) -> (Call, Answered) {
    let protocol = &exchange.provider().protocol;
    let rejected = |fault, details: &str| {
        (Call::Other, Answered::new(Outcome::Rejected, exchange.fault(fault, details)))
    };
    if let Some(directory) = &exchange.provider().directory
        && let Err(error) = directory.ready().await
    {
        tracing::warn!(provider = &*exchange.provider().name, %error, "nothing is known of a provider");
        let fault = exchange.fault(Fault::Maintenance, &format!("{error}, nothing was sent"));
        return (Call::Other, Answered::new(Outcome::Unreachable, fault));
    }
    let recognised = protocol.recognise(request.method.as_str(), request.path, &request.body);
    let known = !matches!(recognised, Recognised::UnknownPath | Recognised::OtherMethod(_));
    if known {
        match guard::content_type(&request, protocol.takes(recognised)) {
            Ok(content_type) => request.content_type = content_type,
            Err(details) => return rejected(Fault::UnsupportedMediaType, &details),
        }
    }
    match recognised {
        Recognised::UnknownPath => rejected(Fault::NotFound, "no such path"),
        Recognised::OtherMethod(taken) => {
            rejected(Fault::MethodNotAllowed, &format!("only {taken} is taken here"))
        }
        Recognised::Start(operation) => {
            (Call::Start(operation), start::run(exchange, operation, &request).await)
        }
        Recognised::Exchange(operation) => {
            // Boxed: it is the largest by far, and every request's future would have its size.
            (Call::Start(operation), Box::pin(exchange::run(exchange, operation, &request)).await)
        }
        Recognised::Result(road) if protocol.sessions().is_some() => {
            (Call::Collect, session::result(exchange, road, &request).await)
        }
        Recognised::Inquiry => (Call::Pass, inquiry::run(exchange, &request).await),
        Recognised::After => (Call::Pass, session::after(exchange, &request).await),
        Recognised::Result(road) => (Call::Collect, result::run(exchange, road, &request).await),
        Recognised::Cancel => (Call::Cancel, cancel::run(exchange, &request).await),
        Recognised::Pass if protocol.sessions().is_some() => {
            (Call::Pass, session::pass(exchange, &request).await)
        }
        Recognised::Pass | Recognised::Connect => (Call::Pass, pass::run(exchange, &request).await),
        Recognised::Probe => (Call::Probe, start::probe(exchange, &request).await),
    }
}
