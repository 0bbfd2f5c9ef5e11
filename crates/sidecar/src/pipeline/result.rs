//! A request for a result, through the stages. The terminal answer is given once by the provider, and as often as it is
//! asked for by us (design.md section 4, deliver once).

use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use riskgate_core::config::Mode;
use riskgate_core::evaluate;
use riskgate_store::{Final, Held, Key, Order, Terminal, Transaction};
use riskgate_wire::{Fault, Reading, Road};
use tokio::sync::watch;

use super::enforce::Asked;
use super::gateway::{Answered, Exchange};
use super::join::{Patience, Progress, Waited, join};
use super::judge::Judge;
use super::record::{Circumstances, new_id};
use super::{forward, shared};
use crate::config::snapshot::Certificate;
use crate::message::{Request, Response};
use crate::ops::metrics::{Call, Outcome};

/// Runs a request for a result.
pub(super) async fn run(exchange: &Exchange, road: Road, request: &Request<'_>) -> Answered {
    let provider = exchange.provider();
    let reference = match provider.protocol.reference(request.path, &request.body) {
        Ok(reference) => reference,
        Err(error) if exchange.snapshot.config.mode == Mode::Enforce => {
            let response = exchange.fault(Fault::InvalidParameters, &error.to_string());
            return Answered::new(Outcome::Rejected, response);
        }
        Err(_) => return unread(exchange, request).await,
    };
    let outgoing = match forward::outgoing(exchange, request, request.body.clone()) {
        Ok(outgoing) => outgoing,
        Err(none) => return none.answer(exchange),
    };
    let key = (provider.name.clone(), reference.clone());
    let waited = join(&exchange.gateway, key, Patience::OfAnApplication, |progress| {
        let exchange = exchange.clone();
        let reference = reference.clone();
        // Boxed: the future is large, and is moved on its way into its task.
        Box::pin(async move {
            let degraded = AtomicBool::new(false);
            let collect =
                Collect { exchange: &exchange, reference: &reference, road, progress: &progress, degraded };
            let answered = collect.run(outgoing).await.unwrap_or_else(|refused| refused);
            (progress, answered)
        })
    });
    match waited.await {
        Waited::Answer(answered) => answered,
        Waited::StillAssessing => {
            Answered::new(Outcome::Pending, Response::own(provider.protocol.pending(&reference, road)))
        }
        Waited::Broken => forward::NoAnswer::Lost.answer(exchange),
    }
}

/// Monitor: a request that cannot be read passes as it came, and so does its answer.
async fn unread(exchange: &Exchange, request: &Request<'_>) -> Answered {
    let Some(certificate) = exchange.provider().current.first() else {
        return forward::NoAnswer::NotSent.answer(exchange);
    };
    let body = request.body.clone();
    match forward::forward_once(exchange, certificate, Call::Collect, request, body).await {
        Ok(answer) => Answered::new(Outcome::Passed, Response::passed(answer)),
        Err(none) => none.answer(exchange),
    }
}

/// One joined call for one result.
struct Collect<'a> {
    exchange: &'a Exchange,
    reference: &'a str,
    road: Road,
    progress: &'a watch::Sender<Progress>,
    /// Whether the shared store could not be asked: then the decision record says so.
    degraded: AtomicBool,
}

impl Collect<'_> {
    /// The answer; where the store cannot be asked, the one that says so.
    async fn run(&self, outgoing: http::Request<Bytes>) -> Result<Answered, Answered> {
        let known = self.noted(shared::known(self.exchange, self.key()).await?);
        match known {
            Some(Transaction { terminal: Some(terminal), order, unrecorded, .. }) => {
                Ok(self.again(terminal, order, unrecorded).await)
            }
            known => self.ask(known, outgoing).await,
        }
    }

    fn key(&self) -> Key<'_> {
        Key { provider: &self.exchange.provider().name, reference: self.reference }
    }

    fn judge(&self) -> Judge<'_> {
        Judge {
            exchange: self.exchange,
            key: self.key(),
            asked: Asked::Result(self.road),
            progress: self.progress,
            degraded: &self.degraded,
        }
    }

    /// Remembers whether what is known is all that could be known.
    fn noted(&self, known: Option<Transaction>) -> Option<Transaction> {
        if known.as_ref().is_some_and(|known| known.degraded) {
            self.degraded.store(true, Ordering::Relaxed);
        }
        known
    }

    /// A terminal answer that the store has.
    async fn again(&self, terminal: Terminal, order: Option<Order>, unrecorded: bool) -> Answered {
        match terminal {
            Terminal::Settled(settled) => {
                shared::replay(self.exchange, self.key(), settled, unrecorded).await
            }
            // It was held and never judged: the sidecar, or its task, ended in between.
            Terminal::Held(held) => self.resume(order, held).await,
        }
    }

    /// Asks the provider: with the certificate that created the order; with each in turn while that is not known.
    async fn ask(
        &self,
        known: Option<Transaction>,
        outgoing: http::Request<Bytes>,
    ) -> Result<Answered, Answered> {
        let order = known.as_ref().and_then(|transaction| transaction.order.as_ref());
        let mut last = None;
        for certificate in candidates(self.exchange, order) {
            let answer =
                match forward::forward(self.exchange, certificate, Call::Collect, outgoing.clone()).await {
                    Ok(answer) => answer,
                    Err(none) => {
                        if matches!(none, forward::NoAnswer::Lost) {
                            self.mark_unresolved().await;
                        }
                        return Ok(none.answer(self.exchange));
                    }
                };
            let status = answer.status().as_u16();
            match self.exchange.provider().protocol.read_result(
                self.reference,
                self.road,
                status,
                answer.body(),
            ) {
                Ok(Reading::NoSuchTransaction) => last = Some(answer),
                Ok(reading) => {
                    return Ok(self.read(reading, answer, known.and_then(|known| known.order)).await);
                }
                Err(why) => {
                    // Under the mode that is in force now: it decides whether the answer passes.
                    let exchange = self.exchange.now();
                    if status < 400 && exchange.snapshot.config.mode == Mode::Enforce {
                        self.mark_unresolved().await; // a terminal answer may have been among what cannot be believed
                    }
                    return Ok(forward::unreadable(&exchange, answer, &why));
                }
            }
        }
        match last {
            Some(answer) => self.no_such_transaction(Response::passed(answer)).await,
            None => Ok(forward::NoAnswer::NotSent.answer(self.exchange)),
        }
    }

    async fn read(&self, reading: Reading, answer: http::Response<Bytes>, order: Option<Order>) -> Answered {
        let passed = Response::passed(answer);
        match reading {
            Reading::Complete(completed) => {
                self.judge().judge(self.reference, order.as_ref(), &completed, passed).await
            }
            Reading::Failed => match self.judge().settle(passed, Final::Failed, None).await {
                Ok(response) => Answered::new(Outcome::Passed, response),
                Err(earlier) => earlier,
            },
            Reading::Pending | Reading::Refused | Reading::NoSuchTransaction => {
                Answered::new(Outcome::Passed, passed)
            }
        }
    }

    async fn resume(&self, order: Option<Order>, held: Held) -> Answered {
        let status = held.status;
        match self.exchange.provider().protocol.read_result(self.reference, self.road, status, &held.body) {
            Ok(Reading::Complete(completed)) => {
                let passed = Response { status, headers: held.headers, body: held.body };
                self.judge().judge(self.reference, order.as_ref(), &completed, passed).await
            }
            // Only complete answers are held; anything else was not written by us.
            _ => forward::NoAnswer::Lost.answer(self.exchange),
        }
    }

    async fn mark_unresolved(&self) {
        if let Err(error) = self.exchange.gateway.store.mark_unresolved(self.key()).await {
            self.exchange.store_failed("mark_unresolved", &error);
        }
    }

    /// The provider knows no such transaction. Another sidecar may have its answer; or it was lost on the way.
    async fn no_such_transaction(&self, passed: Response) -> Result<Answered, Answered> {
        let known = self.noted(shared::known_after_all(self.exchange, self.key()).await?);
        match known {
            Some(Transaction { terminal: Some(terminal), order, unrecorded, .. }) => {
                Ok(self.again(terminal, order, unrecorded).await)
            }
            Some(Transaction { unresolved: true, order, .. }) => self.unresolved(passed, order).await,
            _ => Ok(Answered::new(Outcome::Passed, passed)),
        }
    }

    /// What the provider says now is the answer from here on, so that what became of the transaction is recorded once.
    async fn unresolved(&self, passed: Response, order: Option<Order>) -> Result<Answered, Answered> {
        let exchange = self.exchange.now();
        let order = order.as_ref();
        let about = Circumstances {
            operation: order.map(|order| order.operation),
            flow: order.and_then(|order| order.flow.as_deref()),
            reference: Some(self.reference),
            subject: order.and_then(|order| order.subject.as_deref()),
            attached: order.map_or(&[], |order| &order.attached),
            lint: order.map_or(&[], |order| &order.lint),
            signals: order.map_or(&[], |order| &order.signals),
        };
        let (outcome, id) = (self.judge().note_degraded(evaluate::unresolved()), new_id());
        let passed =
            self.judge().settle_recorded(&exchange, passed, Final::Failed, (&about, &outcome, &id)).await?;
        Ok(Answered::new(Outcome::Passed, passed))
    }
}

/// The certificates to ask with: the order's own; while that is not known, each in turn.
pub(super) fn candidates<'a>(exchange: &'a Exchange, order: Option<&Order>) -> Vec<&'a Certificate> {
    let provider = exchange.provider();
    match order.and_then(|order| provider.certificate(&order.certificate)) {
        Some(certificate) => vec![certificate],
        None => provider.certificates().collect(),
    }
}
