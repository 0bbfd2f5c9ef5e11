//! A request for a result, through the stages. The terminal answer is given once by the provider, and as often as it is
//! asked for by us (design.md section 4, deliver once).

use bytes::Bytes;
use riskgate_core::config::Mode;
use riskgate_core::evaluate;
use riskgate_core::{Outcome as Decision, Scope};
use riskgate_store::{Final, Held, Key, Order, Settled, Terminal, Transaction};
use riskgate_wire::{Completed, Fault, Reading};

use super::gateway::{Answered, Exchange};
use super::join::{Progress, Waited, join};
use super::record::{Circumstances, new_id, record};
use super::{assess, decide, enforce, forward};
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
        async move {
            Collect { exchange: &exchange, reference: &reference, progress: &progress }.run(outgoing).await
        }
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
    let answer = match forward::outgoing(exchange, request, request.body.clone()) {
        Ok(outgoing) => forward::forward(exchange, certificate, Call::Collect, outgoing).await,
        Err(none) => Err(none),
    };
    match answer {
        Ok(answer) => Answered::new(Outcome::Passed, Response::passed(answer)),
        Err(none) => none.answer(exchange),
    }
}

/// One joined call for one result.
struct Collect<'a> {
    exchange: &'a Exchange,
    reference: &'a str,
    progress: &'a Progress,
}

impl Collect<'_> {
    async fn run(&self, outgoing: http::Request<Bytes>) -> Answered {
        let known = self.known().await;
        match known.as_ref().and_then(|transaction| transaction.terminal.clone()) {
            Some(Terminal::Settled(settled)) => Answered::new(Outcome::Replayed, settled.into()),
            // A terminal answer that was held and never judged: the sidecar, or its task, ended in between.
            Some(Terminal::Held(held)) => {
                self.resume(known.and_then(|transaction| transaction.order), held).await
            }
            None => self.ask(known, outgoing).await,
        }
    }

    fn key(&self) -> Key<'_> {
        Key { provider: &self.exchange.provider().name, reference: self.reference }
    }

    async fn known(&self) -> Option<Transaction> {
        match self.exchange.gateway.store.get(self.key()).await {
            Ok(known) => known,
            Err(error) => {
                self.exchange.store_failed("get", &error);
                None
            }
        }
    }

    /// Asks the provider: with the certificate that created the order; with each in turn while that is not known.
    async fn ask(&self, known: Option<Transaction>, outgoing: http::Request<Bytes>) -> Answered {
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
                        return none.answer(self.exchange);
                    }
                };
            let status = answer.status().as_u16();
            match self.exchange.provider().protocol.read_result(self.reference, status, answer.body()) {
                Ok(Reading::NoSuchTransaction) => last = Some(answer),
                Ok(reading) => return self.read(reading, answer, known.and_then(|known| known.order)).await,
                Err(why) => {
                    // Under the mode that is in force now: it decides whether the answer passes.
                    let exchange = self.exchange.now();
                    if status < 400 && exchange.snapshot.config.mode == Mode::Enforce {
                        self.mark_unresolved().await; // a terminal answer may have been among what cannot be believed
                    }
                    return forward::unreadable(&exchange, answer, &why);
                }
            }
        }
        match last {
            Some(answer) => self.no_such_transaction(Response::passed(answer)).await,
            None => forward::NoAnswer::NotSent.answer(self.exchange),
        }
    }

    async fn read(&self, reading: Reading, answer: http::Response<Bytes>, order: Option<Order>) -> Answered {
        let passed = Response::passed(answer);
        match reading {
            Reading::Complete(completed) => self.judge(order.as_ref(), &completed, passed).await,
            Reading::Failed => {
                let (response, _) = self.settle(passed, Final::Failed).await;
                Answered::new(Outcome::Passed, response)
            }
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
            let (response, _) = self.settle(passed, Final::Complete).await;
            return Answered::new(Outcome::Passed, response);
        };
        let monitor = exchange.snapshot.config.mode == Mode::Monitor;
        let takes_time = assess::takes_time(&exchange, &scope);
        if takes_time {
            self.hold(&passed).await;
        }
        if monitor {
            // Nothing may change, the time of an answer included: it passes before any source is asked.
            let (response, _) = self.settle(passed.clone(), Final::Complete).await;
            self.progress.answer(Answered::new(Outcome::Allowed, response));
        } else if takes_time {
            self.progress.assessing();
        }
        let signals = assess::signals(&exchange, self.reference, order, completed, &scope).await;
        let outcome = decide::decide(&scope, order, &signals);
        let id = new_id();
        let (response, end) = enforce::result(&exchange, self.reference, passed, &outcome, &id);
        let (response, first) = if monitor { (response, true) } else { self.settle(response, end).await };
        if !first {
            return Answered::new(Outcome::Replayed, response); // decided and recorded elsewhere meanwhile
        }
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
        record(&exchange, &about, &outcome, &id);
        Answered::new(metric(&exchange, &outcome), response)
    }

    /// Keeps the answer as it came, while sources are asked. Where none is, it is settled at once.
    async fn hold(&self, passed: &Response) {
        let Response { status, headers, body } = passed.clone();
        if let Err(error) = self.exchange.gateway.store.hold(self.key(), Held { status, headers, body }).await
        {
            self.exchange.store_failed("hold", &error);
        }
    }

    /// Keeps the answer as the application gets it. Gives back the one that holds, and whether it is this one.
    async fn settle(&self, response: Response, outcome: Final) -> (Response, bool) {
        let Response { status, headers, body } = response.clone();
        match self
            .exchange
            .gateway
            .store
            .settle(self.key(), Settled { status, headers, body, outcome }, None)
            .await
        {
            Ok(None) => (response, true),
            Ok(Some(earlier)) => (earlier.into(), false),
            Err(error) => {
                self.exchange.store_failed("settle", &error);
                (response, true)
            }
        }
    }

    async fn mark_unresolved(&self) {
        if let Err(error) = self.exchange.gateway.store.mark_unresolved(self.key()).await {
            self.exchange.store_failed("mark_unresolved", &error);
        }
    }

    /// The provider knows no such transaction. Another pod may have taken its answer; or its answer was lost on the way.
    async fn no_such_transaction(&self, passed: Response) -> Answered {
        let known = self.known().await;
        match known.as_ref().and_then(|transaction| transaction.terminal.clone()) {
            Some(Terminal::Settled(settled)) => return Answered::new(Outcome::Replayed, settled.into()),
            Some(Terminal::Held(held)) => {
                return self.resume(known.and_then(|known| known.order), held).await;
            }
            None => {}
        }
        if let Some(transaction) = known.filter(|transaction| transaction.unresolved) {
            self.record_unresolved(transaction.order.as_ref());
            if let Err(error) = self.exchange.gateway.store.remove(self.key()).await {
                self.exchange.store_failed("remove", &error);
            }
        }
        Answered::new(Outcome::Passed, passed)
    }

    fn record_unresolved(&self, order: Option<&Order>) {
        let exchange = self.exchange.now();
        let about = Circumstances {
            operation: order.map(|order| order.operation),
            flow: order.and_then(|order| order.flow.as_deref()),
            reference: Some(self.reference),
            subject: order.and_then(|order| order.subject.as_deref()),
            attached: order.map_or(&[], |order| &order.attached),
            lint: order.map_or(&[], |order| &order.lint),
            signals: order.map_or(&[], |order| &order.signals),
        };
        record(&exchange, &about, &evaluate::unresolved(), &new_id());
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
