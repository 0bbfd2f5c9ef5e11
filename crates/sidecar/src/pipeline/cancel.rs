//! A request that ends a transaction.

use riskgate_core::config::Mode;
use riskgate_store::Key;
use riskgate_wire::{Cancelled, Fault};

use super::gateway::{Answered, Exchange};
use super::result::candidates;
use super::{forward, shared};
use crate::message::{Request, Response};
use crate::ops::metrics::{Call, Outcome};

/// Runs a request that ends a transaction: with the certificate that created it; with each in turn while that is not known.
pub(super) async fn run(exchange: &Exchange, request: &Request<'_>) -> Answered {
    let provider = exchange.provider();
    let reference = provider.protocol.reference(request.path, &request.body);
    let key = match &reference {
        Ok(reference) => Some(Key { provider: &provider.name, reference }),
        Err(error) if exchange.snapshot.config.mode == Mode::Enforce => {
            let response = exchange.fault(Fault::InvalidParameters, &error.to_string());
            return Answered::new(Outcome::Rejected, response);
        }
        Err(_) => None, // Monitor: it passes as it came
    };
    let known = match key {
        Some(key) => match shared::known(exchange, key).await {
            Ok(known) => known,
            Err(refused) => return refused,
        },
        None => None,
    };
    let order = known.as_ref().and_then(|transaction| transaction.order.as_ref());
    let outgoing = match forward::outgoing(exchange, request, request.body.clone()) {
        Ok(outgoing) => outgoing,
        Err(none) => return none.answer(exchange),
    };
    let mut last = forward::NoAnswer::NotSent.answer(exchange);
    for certificate in candidates(exchange, order) {
        let answer = match forward::forward(exchange, certificate, Call::Cancel, outgoing.clone()).await {
            Ok(answer) => answer,
            Err(none) => return none.answer(exchange),
        };
        let status = answer.status().as_u16();
        let cancelled = match provider.protocol.read_cancelled(status, answer.body()) {
            Ok(cancelled) => cancelled,
            Err(why) => return forward::unreadable(exchange, answer, &why),
        };
        last = Answered::new(Outcome::Passed, Response::passed(answer));
        if cancelled == Cancelled::Ended
            && let Some(key) = key
            && let Err(error) = exchange.gateway.store.remove(key).await
        {
            exchange.store_failed("remove", &error);
        }
        if cancelled != Cancelled::NoSuchTransaction {
            break;
        }
    }
    last
}
