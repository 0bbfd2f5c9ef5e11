//! A transaction whose result is there: assess, decide, enforce, record, and the answer kept before it is given.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use bytes::Bytes;
use riskgate_core::config::Mode;
use riskgate_core::{Outcome as Decision, Scope, evaluate};
use riskgate_store::{Final, Held, Key, Order, Settled, StoreError};
use riskgate_wire::Completed;
use tokio::sync::watch;

use super::enforce::Asked;
use super::gateway::{Answered, Exchange};
use super::join::Progress;
use super::record::{Circumstances, line, new_id, record, write};
use super::{assess, decide, enforce, forward, shared};
use crate::message::Response;
use crate::ops::metrics::Outcome;

/// What one result is judged and kept under.
pub(super) struct Judge<'a> {
    pub(super) exchange: &'a Exchange,
    /// What its answer is kept under.
    pub(super) key: Key<'a>,
    /// How it was asked for.
    pub(super) asked: Asked,
    /// Those who wait for it.
    pub(super) progress: &'a watch::Sender<Progress>,
    /// Whether the shared store could not be asked: then the decision record says so.
    pub(super) degraded: &'a AtomicBool,
}

impl Judge<'_> {
    /// Assess, decide, enforce, record: under the snapshot that is current now.
    pub(super) async fn judge(
        &self,
        reference: &str,
        order: Option<&Order>,
        completed: &Completed,
        passed: Response,
    ) -> Answered {
        let exchange = self.exchange.now();
        let end = self.asked.end();
        let Some(scope) = decide::scope(&exchange, order) else {
            return match self.settle(passed, end, None).await {
                Ok(response) => Answered::new(Outcome::Passed, response),
                Err(earlier) => earlier,
            };
        };
        let monitor = exchange.snapshot.config.mode == Mode::Monitor;
        let takes_time = assess::takes_time(&exchange, order, &scope);
        if takes_time && self.asked.is_given_once() {
            self.hold(&passed).await;
        }
        let passes = monitor && takes_time;
        if passes {
            // Nothing may change, the time of an answer included: it passes before any source is asked.
            match self.settle(passed.clone(), end, None).await {
                Ok(response) => self.tell(Progress::Done(Answered::new(Outcome::Allowed, response))),
                Err(earlier) => return earlier,
            }
        } else if takes_time && self.asked.can_be_asked_again() {
            self.tell(Progress::Assessing(Instant::now()));
        }
        let signals =
            assess::signals(&exchange, reference, order, (completed, self.asked.shown()), &scope, takes_time)
                .await;
        let outcome = self.note_degraded(decide::decide(&scope, order, &signals));
        let id = new_id();
        let (response, end) = enforce::result(&exchange, self.asked, reference, passed, &outcome, &id);
        let subject = completed.subject.as_deref().or_else(|| order?.subject.as_deref());
        let about = Circumstances {
            operation: order.map(|order| order.operation),
            flow: if let Scope::Flow(flow) = &scope { Some(&flow.name) } else { None },
            reference: Some(reference),
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

    /// A transaction that no flow covers as what it turned out to be: refused or passed as the policy says, and recorded.
    pub(super) async fn uncovered(
        &self,
        exchange: &Exchange,
        reference: &str,
        order: &Order,
        passed: Response,
    ) -> Answered {
        let outcome = evaluate::uncovered(exchange.snapshot.config.uncovered_operations.verdict());
        let id = new_id();
        let (response, end) = enforce::result(exchange, self.asked, reference, passed, &outcome, &id);
        let about = Circumstances {
            operation: Some(order.operation),
            reference: Some(reference),
            ..Circumstances::default()
        };
        match self.settle_recorded(exchange, response, end, (&about, &outcome, &id)).await {
            Ok(response) => Answered::new(Outcome::Uncovered, response),
            Err(earlier) => earlier,
        }
    }

    /// The record says when what was judged is what this sidecar alone knew.
    pub(super) fn note_degraded(&self, outcome: Decision) -> Decision {
        if self.degraded.load(Ordering::Relaxed) { outcome.with_store_degraded() } else { outcome }
    }

    /// Tells those who wait; nobody may be waiting any more.
    fn tell(&self, progress: Progress) {
        let _nobody = self.progress.send(progress);
    }

    /// Keeps the answer as it came, while sources are asked. Where none is, it is settled at once.
    async fn hold(&self, passed: &Response) {
        let Response { status, headers, body } = passed.clone();
        if let Err(error) = self.exchange.gateway.store.hold(self.key, Held { status, headers, body }).await {
            self.exchange.store_failed("hold", &error);
        }
    }

    /// Keeps the answer as the application gets it, with its decision record, and writes that before the answer is given.
    pub(super) async fn settle_recorded(
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
                shared::note_written(exchange, self.key);
            }
            None => record(exchange, about, outcome, id),
        }
        Ok(response)
    }

    /// Keeps the answer as the application gets it. The answer to give where that is another: the one that was settled before.
    pub(super) async fn settle(
        &self,
        response: Response,
        outcome: Final,
        record: Option<Bytes>,
    ) -> Result<Response, Answered> {
        let Response { status, headers, body } = response.clone();
        let settled = Settled { status, headers, body, outcome };
        let store = &self.exchange.gateway.store;
        match store.settle(self.key, settled, record).await {
            Ok(None) => Ok(response),
            Ok(Some(earlier)) => {
                Err(shared::replay(self.exchange, self.key, earlier, store.is_shared()).await)
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
}

pub(super) fn metric(exchange: &Exchange, outcome: &Decision) -> Outcome {
    let refused = outcome.enforcement == riskgate_core::Enforcement::Refuse;
    if refused && exchange.snapshot.config.mode == Mode::Enforce {
        Outcome::Blocked
    } else {
        Outcome::Allowed
    }
}
