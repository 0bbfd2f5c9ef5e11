//! A request that starts a transaction, through the stages.

use bytes::Bytes;
use riskgate_core::Operation;
use riskgate_store::{Key, StoreError};
use riskgate_wire::{Fault, Started};

use super::draft::{Draft, draft};
use super::gateway::{Answered, Exchange};
use super::{forward, shared};
use crate::message::{Request, Response};
use crate::ops::metrics::{Call, Outcome};

/// Runs a request that starts a transaction.
pub(super) async fn run(exchange: &Exchange, operation: Operation, request: &Request<'_>) -> Answered {
    match draft(exchange, operation, request).await {
        Ok(draft) => send(exchange, request, draft).await,
        Err(answered) => answered,
    }
}

/// Sends the order, and keeps what is to be known when its result comes.
async fn send(exchange: &Exchange, request: &Request<'_>, draft: Draft<'_>) -> Answered {
    if let Err(error) = exchange.gateway.store.admit().await {
        return no_room(exchange, &error);
    }
    let provider = exchange.provider();
    let Some(certificate) = provider.current.first() else {
        return forward::NoAnswer::NotSent.answer(exchange); // the configuration's check requires one
    };
    let (call, body) = (Call::Start(draft.operation), draft.prepared.body.clone());
    let answer = match forward::forward_once(exchange, certificate, call, request, body).await {
        Ok(answer) => answer,
        Err(none) => return none.answer(exchange),
    };
    let status = answer.status().as_u16();
    match provider.protocol.read_started(status, answer.body()) {
        Ok(Started::Open(reference)) => {
            let order = draft.into_order(certificate.fingerprint());
            let key = Key { provider: &provider.name, reference: &reference };
            if let Err(error) = exchange.gateway.store.open(key, order).await {
                exchange.store_failed("open", &error);
            }
            Answered::new(Outcome::Passed, Response::passed(answer))
        }
        Ok(Started::Refused) => Answered::new(Outcome::Passed, Response::passed(answer)),
        Err(why) => forward::unreadable(exchange, answer, &why),
    }
}

/// The answer where the store takes no other transaction.
pub(super) fn no_room(exchange: &Exchange, error: &StoreError) -> Answered {
    exchange.store_failed("admit", error);
    if matches!(error, StoreError::Unavailable(_)) {
        return shared::no_store(exchange);
    }
    Answered::new(
        Outcome::Unreachable,
        exchange.fault(Fault::Maintenance, "no room for another order, nothing was sent"),
    )
}

/// A GET on a known path: clients use the provider's 405 as a health probe of certificate and network.
pub(super) async fn probe(exchange: &Exchange, request: &Request<'_>) -> Answered {
    let provider = exchange.provider();
    let Some(certificate) = provider.current.first() else {
        return forward::NoAnswer::NotSent.answer(exchange);
    };
    match forward::forward_once(exchange, certificate, Call::Probe, request, Bytes::new()).await {
        Ok(answer) => {
            let status = answer.status().as_u16();
            match provider.protocol.read_probe(status, answer.body()) {
                Ok(()) => Answered::new(Outcome::Passed, Response::passed(answer)),
                Err(why) => forward::unreadable(exchange, answer, &why),
            }
        }
        Err(none) => none.answer(exchange),
    }
}
