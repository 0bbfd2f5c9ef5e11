//! An exchange, through the stages: one request that starts a transaction, and whose answer is the result.

use std::sync::atomic::AtomicBool;

use bytes::Bytes;
use http::header;
use riskgate_core::Operation;
use riskgate_store::{Held, Key, Order, Terminal, Transaction};
use riskgate_wire::{Exchanged, Repeatable};
use tokio::sync::watch;

use super::draft::draft;
use super::enforce::Asked;
use super::gateway::{Answered, Exchange};
use super::join::{Progress, Waited, join};
use super::judge::Judge;
use super::record::new_id;
use super::session::Opening;
use super::start::no_room;
use super::{forward, shared};
use crate::message::{Request, Response};
use crate::ops::metrics::{Call, Outcome};

/// Runs an exchange. The same request, sent again, gets the same answer where the protocol has a key for it.
pub(super) async fn run(exchange: &Exchange, operation: Operation, request: &Request<'_>) -> Answered {
    let provider = exchange.provider();
    let repeat = provider.protocol.repeat_key(&Repeatable {
        path: request.path,
        authorization: request.headers.get(header::AUTHORIZATION).map(http::HeaderValue::as_bytes),
        body: &request.body,
    });
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
    let waited = join(&exchange.gateway, key, |progress| {
        let exchange = exchange.clone();
        Box::pin(async move {
            let running = Running { exchange: &exchange, operation, repeat, order, progress: &progress };
            let answered = running.run(held, outgoing).await;
            (progress, answered)
        })
    });
    match waited.await {
        Waited::Answer(answered) => answered,
        Waited::StillAssessing | Waited::Broken => forward::NoAnswer::Lost.answer(exchange),
    }
}

/// One exchange, in a task that no disconnect cancels.
struct Running<'a> {
    exchange: &'a Exchange,
    operation: Operation,
    /// What the answer is kept under; the transaction's reference where the request is never the same as another.
    repeat: Option<String>,
    order: Order,
    progress: &'a watch::Sender<Progress>,
}

impl Running<'_> {
    async fn run(&self, held: Option<Held>, outgoing: http::Request<Bytes>) -> Answered {
        if let Some(Held { status, headers, body }) = held {
            // It was held and never judged: the sidecar, or its task, ended in between.
            return match self.read(status, &body) {
                Ok(Exchanged::Complete { reference, completed }) => {
                    self.judge(&reference, &completed, Response { status, headers, body }).await
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
        match self.read(answer.status().as_u16(), answer.body()) {
            Ok(Exchanged::Complete { reference, completed }) => {
                self.judge(&reference, &completed, Response::passed(answer)).await
            }
            Ok(Exchanged::Answered { session, reference, completed }) => {
                let opening = Opening {
                    exchange: self.exchange,
                    operation: self.operation,
                    order: &self.order,
                    session: session.as_deref(),
                    reference: reference.as_deref(),
                    completed: &completed,
                    progress: self.progress,
                };
                opening.judge(Response::passed(answer)).await
            }
            Ok(Exchanged::Refused) => Answered::new(Outcome::Passed, Response::passed(answer)),
            // Under the mode that is in force now: it decides whether the answer passes.
            Err(why) => forward::unreadable(&self.exchange.now(), answer, &why),
        }
    }

    fn read(&self, status: u16, body: &[u8]) -> Result<Exchanged, riskgate_wire::Unreadable> {
        self.exchange.provider().protocol.read_exchanged(self.operation, status, body)
    }

    async fn judge(
        &self,
        reference: &str,
        completed: &riskgate_wire::Completed,
        passed: Response,
    ) -> Answered {
        let kept = self.repeat.as_deref().unwrap_or(reference);
        let judge = Judge {
            exchange: self.exchange,
            key: Key { provider: &self.exchange.provider().name, reference: kept },
            asked: Asked::Exchange { operation: self.operation, repeatable: self.repeat.is_some() },
            progress: self.progress,
            degraded: &AtomicBool::new(false),
        };
        judge.judge(reference, Some(&self.order), completed, passed).await
    }
}
