//! A request for a result, through the stages. The terminal answer is given once by the provider, and as often as it is
//! asked for by us (design.md section 4, deliver once).

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use bytes::Bytes;
use riskgate_core::config::Mode;
use riskgate_core::evaluate;
use riskgate_core::{Outcome as Decision, Scope};
use riskgate_store::{Final, Held, Key, Order, Settled, StoreError, Terminal, Transaction};
use riskgate_wire::{Completed, Fault, Reading};
use tokio::sync::watch;

use super::gateway::{Answered, Exchange};
use super::join::{Progress, Waited, join};
use super::record::{Circumstances, line, new_id, record, write};
use super::{assess, decide, enforce, forward, shared};
use crate::config::snapshot::Certificate;
use crate::message::{Request, Response};
use crate::ops::metrics::{Call, Outcome};

/// Runs a request for a result.
pub(super) async fn run(exchange: &Exchange, request: &Request<'_>) -> Answered {
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
    let waited = join(&exchange.gateway, key, |progress| {
        let exchange = exchange.clone();
        let reference = reference.clone();
        // Boxed: the future is large, and is moved on its way into its task.
        Box::pin(async move {
            let degraded = AtomicBool::new(false);
            let collect =
                Collect { exchange: &exchange, reference: &reference, progress: &progress, degraded };
            let answered = collect.run(outgoing).await.unwrap_or_else(|refused| refused);
            (progress, answered)
        })
    });
    match waited.await {
        Waited::Answer(answered) => answered,
        Waited::StillAssessing => {
            Answered::new(Outcome::Pending, Response::own(provider.protocol.pending(&reference)))
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
            match self.exchange.provider().protocol.read_result(self.reference, status, answer.body()) {
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
            Reading::Complete(completed) => self.judge(order.as_ref(), &completed, passed).await,
            Reading::Failed => match self.settle(passed, Final::Failed, None).await {
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
        match self.exchange.provider().protocol.read_result(self.reference, status, &held.body) {
            Ok(Reading::Complete(completed)) => {
                let passed = Response { status, headers: held.headers, body: held.body };
                self.judge(order.as_ref(), &completed, passed).await
            }
            // Only complete answers are held; anything else was not written by us.
            _ => forward::NoAnswer::Lost.answer(self.exchange),
        }
    }

    /// Assess, decide, enforce, record: under the snapshot that is current now.
    async fn judge(&self, order: Option<&Order>, completed: &Completed, passed: Response) -> Answered {
        let exchange = self.exchange.now();
        let Some(scope) = decide::scope(&exchange, order) else {
            return match self.settle(passed, Final::Complete, None).await {
                Ok(response) => Answered::new(Outcome::Passed, response),
                Err(earlier) => earlier,
            };
        };
        let monitor = exchange.snapshot.config.mode == Mode::Monitor;
        let takes_time = assess::takes_time(&exchange, &scope);
        if takes_time {
            self.hold(&passed).await;
        }
        let passes = monitor && takes_time;
        if passes {
            // Nothing may change, the time of an answer included: it passes before any source is asked.
            match self.settle(passed.clone(), Final::Complete, None).await {
                Ok(response) => self.tell(Progress::Done(Answered::new(Outcome::Allowed, response))),
                Err(earlier) => return earlier,
            }
        } else if takes_time {
            self.tell(Progress::Assessing(Instant::now()));
        }
        let signals = assess::signals(&exchange, self.reference, order, completed, &scope, takes_time).await;
        let outcome = self.note_degraded(decide::decide(&scope, order, &signals));
        let id = new_id();
        let (response, end) = enforce::result(&exchange, self.reference, passed, &outcome, &id);
        let subject = completed.subject.as_deref().or_else(|| order?.subject.as_deref());
        let about = Circumstances {
            operation: order.map(|order| order.operation),
            flow: if let Scope::Flow(flow) = &scope { Some(&flow.name) } else { None },
            reference: Some(self.reference),
            subject,
            attached: order.map_or(&[], |order| &order.attached),
            lint: order.map_or(&[], |order| &order.lint),
            signals: &signals,
        };
        if passes {
            record(&exchange, &about, &outcome, &id);
            return Answered::new(Outcome::Allowed, response);
        }
        match self.settle_recorded(&exchange, response, end, (&about, &outcome, &id)).await {
            Ok(response) => Answered::new(metric(&exchange, &outcome), response),
            Err(earlier) => earlier, // decided and recorded elsewhere meanwhile
        }
    }

    /// The record says when what was judged is what this sidecar alone knew.
    fn note_degraded(&self, outcome: Decision) -> Decision {
        if self.degraded.load(Ordering::Relaxed) { outcome.with_store_degraded() } else { outcome }
    }

    /// Tells those who wait; nobody may be waiting any more.
    fn tell(&self, progress: Progress) {
        let _nobody = self.progress.send(progress);
    }

    /// Keeps the answer as it came, while sources are asked. Where none is, it is settled at once.
    async fn hold(&self, passed: &Response) {
        let Response { status, headers, body } = passed.clone();
        if let Err(error) = self.exchange.gateway.store.hold(self.key(), Held { status, headers, body }).await
        {
            self.exchange.store_failed("hold", &error);
        }
    }

    /// Keeps the answer as the application gets it, with its decision record, and writes that before the answer is given.
    async fn settle_recorded(
        &self,
        exchange: &Exchange,
        response: Response,
        end: Final,
        (about, outcome, id): (&Circumstances<'_>, &Decision, &str),
    ) -> Result<Response, Answered> {
        let line = line(exchange, about, outcome, id);
        let response = self.settle(response, end, line.clone()).await?;
        match line {
            Some(line) => {
                write(exchange, about, outcome, &line);
                shared::note_written(exchange, self.key());
            }
            None => record(exchange, about, outcome, id),
        }
        Ok(response)
    }

    /// Keeps the answer as the application gets it. The answer to give where that is another: the one that was settled before.
    async fn settle(
        &self,
        response: Response,
        outcome: Final,
        record: Option<Bytes>,
    ) -> Result<Response, Answered> {
        let Response { status, headers, body } = response.clone();
        let settled = Settled { status, headers, body, outcome };
        let store = &self.exchange.gateway.store;
        match store.settle(self.key(), settled, record).await {
            Ok(None) => Ok(response),
            Ok(Some(earlier)) => {
                Err(shared::replay(self.exchange, self.key(), earlier, store.is_shared()).await)
            }
            Err(error) => {
                self.exchange.store_failed("settle", &error);
                match error {
                    // The application may have been told something else by another sidecar: this one does not guess.
                    StoreError::Unreadable(_) => Err(forward::NoAnswer::Lost.answer(self.exchange)),
                    StoreError::Full { .. } | StoreError::Unavailable(_) => Ok(response),
                }
            }
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
        let (outcome, id) = (self.note_degraded(evaluate::unresolved()), new_id());
        let passed = self.settle_recorded(&exchange, passed, Final::Failed, (&about, &outcome, &id)).await?;
        Ok(Answered::new(Outcome::Passed, passed))
    }
}

fn metric(exchange: &Exchange, outcome: &Decision) -> Outcome {
    let refused = outcome.enforcement == riskgate_core::Enforcement::Refuse;
    if refused && exchange.snapshot.config.mode == Mode::Enforce {
        Outcome::Blocked
    } else {
        Outcome::Allowed
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
