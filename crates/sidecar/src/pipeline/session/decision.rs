//! The one decision on a session.

use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use riskgate_core::{Assessment, cause};
use riskgate_store::{Key, Settled, Terminal, Transaction};
use riskgate_wire::{Completed, Fault, Reading, Road};
use tokio::sync::watch;

use crate::message::Response;
use crate::ops::metrics::{Call, Outcome};
use crate::pipeline::enforce::Asked;
use crate::pipeline::gateway::{Answered, Exchange};
use crate::pipeline::join::{JoinKey, Patience, Progress, Waited, join};
use crate::pipeline::judge::Judge;
use crate::pipeline::{forward, shared};

/// Between two looks into a shared store, where another sidecar may decide meanwhile.
const LOOK: Duration = Duration::from_millis(100);

/// What was decided on a session.
pub(super) enum Decision {
    /// Its result passes, with these headers.
    Allowed(Vec<(HeaderName, HeaderValue)>),
    /// It is refused: the answer to a request for the result.
    Refused(Response),
    /// Sources still run: the application is to ask again.
    Later,
    /// It could not be decided; what the application gets instead.
    Failed(Answered),
}

/// What an allowed session's decision is kept as: headers and nothing else. Each road brings its own answer.
fn allowed() -> Response {
    Response { status: 200, headers: Vec::new(), body: Bytes::new() }
}

impl Decision {
    fn of(answered: Answered) -> Self {
        match answered.outcome {
            Outcome::Allowed | Outcome::Passed | Outcome::Blocked | Outcome::Replayed => {
                let Response { headers, body, .. } = &answered.response;
                if body.is_empty() {
                    Self::Allowed(headers.clone())
                } else {
                    Self::Refused(answered.response)
                }
            }
            _ => Self::Failed(answered),
        }
    }
}

/// The decision that the store has; none while there is none.
pub(super) async fn known(exchange: &Exchange, reference: &str) -> Result<Option<Decision>, Answered> {
    let key = Key { provider: &exchange.provider().name, reference };
    let known = shared::known(exchange, key).await?;
    Ok(match known {
        Some(Transaction { terminal: Some(Terminal::Settled(settled)), unrecorded, .. }) => {
            Some(Decision::of(shared::replay(exchange, key, settled, unrecorded).await))
        }
        _ => None,
    })
}

/// The decision on a completed session: made now, unless it was made before. `patience` says whether a caller waits for
/// sources for as long as they take.
pub(super) async fn decide(
    exchange: &Exchange,
    reference: &str,
    completed: Completed,
    patience: Patience,
) -> Decision {
    let key: JoinKey = (exchange.provider().name.clone(), reference.to_owned());
    let waited = join(&exchange.gateway, key.clone(), patience, |progress| {
        let exchange = exchange.clone();
        let arrival = awaits_webhook(&exchange, &completed).then(|| {
            let arrival = exchange.gateway.arrivals.expect(key.clone());
            (arrival, exchange.provider().webhook_wait())
        });
        Box::pin(async move {
            let deciding = Deciding { exchange: &exchange, reference: &key.1, progress: &progress };
            let answered = deciding.run(completed, arrival).await.unwrap_or_else(|refused| refused);
            exchange.gateway.arrivals.forget(&key);
            (progress, answered)
        })
    });
    match waited.await {
        Waited::Answer(answered) => Decision::of(answered),
        Waited::StillAssessing => Decision::Later,
        Waited::Broken => Decision::Failed(forward::NoAnswer::Lost.answer(exchange)),
    }
}

/// The decision on a session that may not have been seen complete: the provider is asked how it stands. None while it is not
/// complete.
pub(super) async fn decide_unseen(
    exchange: &Exchange,
    reference: &str,
    patience: Patience,
) -> Option<Decision> {
    match known(exchange, reference).await {
        Ok(Some(decision)) => return Some(decision),
        Ok(None) => {}
        Err(refused) => return Some(Decision::Failed(refused)),
    }
    let provider = exchange.provider();
    let failed = |answered| Some(Decision::Failed(answered));
    let (Some(certificate), Some(sessions)) = (provider.current.first(), provider.protocol.sessions()) else {
        return failed(forward::NoAnswer::NotSent.answer(exchange));
    };
    let path = sessions.status_path(reference);
    let outgoing = match forward::own(exchange, &Method::GET, &path) {
        Ok(outgoing) => outgoing,
        Err(none) => return failed(none.answer(exchange)),
    };
    let answer = match forward::forward(exchange, certificate, Call::Collect, outgoing).await {
        Ok(answer) => answer,
        Err(none) => return failed(none.answer(exchange)),
    };
    let (status, road) = (answer.status().as_u16(), sessions.status_road());
    match provider.protocol.read_result(reference, road, status, answer.body()) {
        Ok(Reading::Complete(completed)) => Some(decide(exchange, reference, completed, patience).await),
        Ok(Reading::Pending | Reading::Failed | Reading::NoSuchTransaction) => None,
        Ok(Reading::Refused) => failed(Answered::new(Outcome::Failed, Response::passed(answer))),
        Err(why) => {
            tracing::warn!(provider = &*provider.name, status, %why, "the provider's answer does not read");
            let response = exchange.fault(Fault::InternalError, &why.to_string());
            failed(Answered::new(Outcome::Failed, response))
        }
    }
}

/// Whether the provider's own indication is still to come, by a webhook.
fn awaits_webhook(exchange: &Exchange, completed: &Completed) -> bool {
    completed.indication.is_none() && exchange.provider().webhook.is_some()
}

/// One decision in the making.
struct Deciding<'a> {
    exchange: &'a Exchange,
    reference: &'a str,
    progress: &'a watch::Sender<Progress>,
}

type Arrival = (watch::Receiver<Option<Completed>>, Duration);

impl Deciding<'_> {
    async fn run(&self, mut completed: Completed, arrival: Option<Arrival>) -> Result<Answered, Answered> {
        let key = Key { provider: &self.exchange.provider().name, reference: self.reference };
        let mut known = shared::known(self.exchange, key).await?;
        if let Some(settled) = settled(&known) {
            return Ok(shared::replay(self.exchange, key, settled.0, settled.1).await);
        }
        if let Some((receiver, wait)) = arrival {
            match self.arrival(key, receiver, wait).await? {
                Some(Arrived::Said(said)) => {
                    completed = Completed { subject: said.subject.clone().or(completed.subject), ..said };
                }
                Some(Arrived::Decided(settled, unrecorded)) => {
                    return Ok(shared::replay(self.exchange, key, settled, unrecorded).await);
                }
                None => {
                    completed.indication = Some(Assessment::Unavailable);
                    completed.indicators = vec![cause::TIMED_OUT.to_owned()];
                }
            }
            known = shared::known(self.exchange, key).await?;
        }
        let degraded = AtomicBool::new(known.as_ref().is_some_and(|known| known.degraded));
        let order = known.and_then(|known| known.order);
        let judge = Judge {
            exchange: self.exchange,
            key,
            asked: Asked::Session(self.road()),
            progress: self.progress,
            degraded: &degraded,
        };
        let answered = judge.judge(self.reference, order.as_ref(), &completed, allowed()).await;
        if answered.outcome == Outcome::Blocked {
            end_upstream(self.exchange, self.reference);
        }
        Ok(answered)
    }

    fn road(&self) -> Road {
        self.exchange
            .provider()
            .protocol
            .sessions()
            .map_or(Road("session"), riskgate_wire::Sessions::status_road)
    }

    /// Waits for what a webhook brings, or for another sidecar to decide. None when the time is over.
    async fn arrival(
        &self,
        key: Key<'_>,
        mut receiver: watch::Receiver<Option<Completed>>,
        wait: Duration,
    ) -> Result<Option<Arrived>, Answered> {
        let _nobody = self.progress.send(Progress::Assessing(Instant::now()));
        let until = tokio::time::Instant::now() + wait;
        loop {
            // Read before the wait, so that what came before is not waited for.
            if let Some(said) = receiver.borrow_and_update().clone() {
                return Ok(Some(Arrived::Said(said)));
            }
            let shared_store = self.exchange.gateway.store.is_shared();
            let look = if shared_store { (tokio::time::Instant::now() + LOOK).min(until) } else { until };
            let changed = tokio::time::timeout_at(look, receiver.changed()).await;
            if changed.is_ok() {
                continue;
            }
            if shared_store
                && let Some((settled, unrecorded)) = settled(&shared::known(self.exchange, key).await?)
            {
                return Ok(Some(Arrived::Decided(settled, unrecorded)));
            }
            if tokio::time::Instant::now() >= until {
                return Ok(None);
            }
        }
    }
}

/// What was waited for.
enum Arrived {
    /// A webhook said it.
    Said(Completed),
    /// Another sidecar decided, by its webhook.
    Decided(Settled, bool),
}

fn settled(known: &Option<Transaction>) -> Option<(Settled, bool)> {
    match known {
        Some(Transaction { terminal: Some(Terminal::Settled(settled)), unrecorded, .. }) => {
            Some((settled.clone(), *unrecorded))
        }
        _ => None,
    }
}

/// Ends a refused session at the provider, so that it gives its result to nobody. In a task of its own: the refusal waits for
/// nothing.
fn end_upstream(exchange: &Exchange, reference: &str) {
    let (exchange, reference) = (exchange.clone(), reference.to_owned());
    exchange.gateway.tasks.clone().spawn(async move {
        let provider = exchange.provider();
        let (Some(certificate), Some(sessions)) = (provider.current.first(), provider.protocol.sessions())
        else {
            return;
        };
        let path = sessions.cancel_path(&reference);
        let Ok(outgoing) = forward::own(&exchange, &Method::DELETE, &path) else { return };
        match forward::forward(&exchange, certificate, Call::Cancel, outgoing).await {
            Ok(answer) if answer.status().is_success() => {}
            Ok(answer) => {
                let status = answer.status().as_u16();
                tracing::warn!(
                    provider = &*provider.name,
                    status,
                    "a refused session was not ended at the provider"
                );
            }
            Err(_told) => {}
        }
    });
}
