//! An exchange, through the stages: one request that starts a transaction, and whose answer is the result.

use std::sync::atomic::AtomicBool;

use bytes::Bytes;
use http::{HeaderValue, header};
use riskgate_core::Operation;
use riskgate_store::{Held, Key, Order, Terminal, Transaction};
use riskgate_wire::bankid_no::Directory;
use riskgate_wire::{Completed, Exchanged, Repeatable, Shown, Unreadable};
use tokio::sync::watch;

use super::draft::draft;
use super::enforce::Asked;
use super::gateway::{Answered, Exchange};
use super::join::{Patience, Progress, Waited, join};
use super::judge::Judge;
use super::opening::Opening;
use super::record::new_id;
use super::start::no_room;
use super::{forward, shared};
use crate::message::{Request, Response};
use crate::ops::metrics::{Call, Outcome};

/// Runs an exchange. The same request, sent again, gets the same answer where the protocol has a key for it.
pub(super) async fn run(exchange: &Exchange, operation: Operation, request: &Request<'_>) -> Answered {
    let provider = exchange.provider();
    let sent = Sent {
        path: request.path.to_owned(),
        authorization: request.headers.get(header::AUTHORIZATION).cloned(),
        body: request.body.clone(),
    };
    let repeat = provider.protocol.repeat_key(&sent.repeatable());
    let held = match &repeat {
        Some(reference) => {
            let key = Key { provider: &provider.name, reference };
            match shared::known(exchange, key).await {
                Ok(Some(Transaction { terminal: Some(Terminal::Settled(settled)), unrecorded, .. })) => {
                    return shared::replay(exchange, key, settled, unrecorded).await;
                }
                Ok(Some(Transaction { terminal: Some(Terminal::Held(held)), .. })) => Some(held),
                Ok(_) => None,
                Err(refused) => return refused,
            }
        }
        None => None,
    };
    let draft = match draft(exchange, operation, request).await {
        Ok(draft) => draft,
        Err(answered) => return answered,
    };
    if let Err(error) = exchange.gateway.store.admit().await {
        return no_room(exchange, &error);
    }
    let Some(certificate) = provider.current.first() else {
        return forward::NoAnswer::NotSent.answer(exchange); // a snapshot has one for each provider
    };
    let outgoing = match forward::outgoing(exchange, request, draft.prepared.body.clone()) {
        Ok(outgoing) => outgoing,
        Err(none) => return none.answer(exchange),
    };
    let order = draft.into_order(certificate.fingerprint());
    // What is not the same request as any other waits for nobody, and is not cut off by a disconnect either.
    let key = (provider.name.clone(), repeat.clone().unwrap_or_else(new_id));
    let waited = join(&exchange.gateway, key, Patience::OfAnApplication, |progress| {
        let exchange = exchange.clone();
        Box::pin(async move {
            let running =
                Running { exchange: &exchange, operation, sent, repeat, order, progress: &progress };
            let answered = running.run(held, outgoing).await;
            (progress, answered)
        })
    });
    match waited.await {
        Waited::Answer(answered) => answered,
        Waited::StillAssessing | Waited::Broken => forward::NoAnswer::Lost.answer(exchange),
    }
}

/// The request as the application sent it.
struct Sent {
    path: String,
    authorization: Option<HeaderValue>,
    body: Bytes,
}

impl Sent {
    fn repeatable(&self) -> Repeatable<'_> {
        Repeatable {
            path: &self.path,
            authorization: self.authorization.as_ref().map(HeaderValue::as_bytes),
            body: &self.body,
        }
    }
}

/// One exchange, in a task that no disconnect cancels.
struct Running<'a> {
    exchange: &'a Exchange,
    operation: Operation,
    sent: Sent,
    /// What the answer is kept under; the transaction's reference where the request is never the same as another.
    repeat: Option<String>,
    order: Order,
    progress: &'a watch::Sender<Progress>,
}

impl Running<'_> {
    async fn run(&self, held: Option<Held>, outgoing: http::Request<Bytes>) -> Answered {
        if let Some(Held { status, headers, body }) = held {
            // It was held and never judged: the sidecar, or its task, ended in between.
            return match self.read(status, &body).await {
                Ok((Exchanged::Complete { reference, completed }, shown)) => {
                    self.judge(&reference, (&completed, shown), Response { status, headers, body }).await
                }
                // Only complete answers are held; anything else was not written by us.
                _ => forward::NoAnswer::Lost.answer(self.exchange),
            };
        }
        let Some(certificate) = self.exchange.provider().certificate(&self.order.certificate) else {
            return forward::NoAnswer::NotSent.answer(self.exchange); // it is of the same snapshot
        };
        let call = Call::Start(self.operation);
        let answer = match forward::forward(self.exchange, certificate, call, outgoing).await {
            Ok(answer) => answer,
            Err(none) => return none.answer(self.exchange),
        };
        match self.read(answer.status().as_u16(), answer.body()).await {
            Ok((Exchanged::Complete { reference, completed }, shown)) => {
                self.judge(&reference, (&completed, shown), Response::passed(answer)).await
            }
            Ok((Exchanged::Answered { session, reference, inquiry, completed }, shown)) => {
                let opening = Opening {
                    exchange: self.exchange,
                    operation: self.operation,
                    order: &self.order,
                    session: session.as_deref(),
                    reference: reference.as_deref(),
                    inquiry: inquiry.as_ref(),
                    completed: &completed,
                    shown,
                    progress: self.progress,
                };
                opening.judge(Response::passed(answer)).await
            }
            Ok((Exchanged::Refused, _)) => Answered::new(Outcome::Passed, Response::passed(answer)),
            // Under the mode that is in force now: it decides whether the answer passes.
            Err(why) => forward::unreadable(&self.exchange.now(), answer, &why),
        }
    }

    /// Reads the answer; where it is signed with a key that is not known, once more with what is known by then.
    async fn read(&self, status: u16, body: &[u8]) -> Result<(Exchanged, Shown), Unreadable> {
        let provider = self.exchange.provider();
        let read = || provider.protocol.read_answer(&self.sent.repeatable(), self.operation, status, body);
        let first = read();
        let (Err(Unreadable::UnknownKey), Some(directory)) = (&first, &provider.directory) else {
            return first;
        };
        let Some(known) = directory.known() else { return first };
        if let Err(error) = directory.renewed(&known).await {
            tracing::warn!(provider = &*provider.name, %error, "the provider's keys cannot be fetched anew");
        }
        read()
    }

    /// The order as its answer shows it: what the user did may be known only now, and the flow is chosen by it.
    fn order(&self, exchange: &Exchange, shown: Shown) -> Order {
        let mut order = self.order.clone();
        let Some(operation) = shown.operation.filter(|operation| *operation != order.operation) else {
            return order;
        };
        let (config, provider) = (&exchange.snapshot.config, &*exchange.provider().name);
        let covers = |name: &str| config.flow(name).is_some_and(|flow| flow.covers(provider, operation));
        if !order.flow.as_deref().is_none_or(covers) {
            order.flow = config.default_flow(provider, operation).map(|flow| flow.name.as_str().into());
        }
        order.operation = operation;
        order
    }

    async fn judge(
        &self,
        reference: &str,
        (completed, shown): (&Completed, Shown),
        passed: Response,
    ) -> Answered {
        let exchange = self.exchange.now();
        let order = self.order(&exchange, shown);
        let kept = self.repeat.as_deref().unwrap_or(reference);
        let judge = Judge {
            exchange: self.exchange,
            key: Key { provider: &self.exchange.provider().name, reference: kept },
            asked: Asked::Exchange { operation: order.operation, repeatable: self.repeat.is_some(), shown },
            progress: self.progress,
            degraded: &AtomicBool::new(false),
        };
        if order.flow.is_none() && self.order.flow.is_some() {
            // Covered as what it was asked as, and not as what it turned out to be.
            return judge.uncovered(&exchange, reference, &order, passed).await;
        }
        judge.judge(reference, Some(&order), completed, passed).await
    }
}
