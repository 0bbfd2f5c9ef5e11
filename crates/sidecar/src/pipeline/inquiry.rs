//! What the provider has on file of a transaction that was answered: asked before its decision, and by the application after it.

use std::time::Duration;

use bytes::Bytes;
use http::Method;
use riskgate_core::config::Mode;
use riskgate_store::{Final, Key, Settled, Terminal, Transaction};
use riskgate_wire::{Fault, Inquired, Inquiry};

use super::gateway::{Answered, Exchange};
use super::{forward, result, shared};
use crate::message::{Request, Response};
use crate::ops::metrics::{Call, Outcome};

/// Asks the provider before a decision. None where it does not say in time: that never costs the decision.
pub(super) async fn ask(
    exchange: &Exchange,
    certificate: &str,
    inquiry: &Inquiry,
    within: Duration,
) -> Option<Inquired> {
    let provider = exchange.provider();
    let certificate = provider.certificate(certificate)?;
    let outgoing = forward::own(exchange, &Method::GET, &inquiry.path).ok()?;
    let asking = forward::forward(exchange, certificate, Call::Pass, outgoing);
    let answer = tokio::time::timeout(within, asking).await.ok()?.ok()?;
    match provider.protocol.read_inquired(answer.status().as_u16(), answer.body()) {
        Ok(inquired) => inquired,
        Err(why) => {
            tracing::debug!(provider = &*provider.name, %why, "what is on file does not read");
            None
        }
    }
}

/// Remembers that a transaction was refused, with the headers that say so: for as long as a refusal is repeated.
pub(super) async fn keep_refused(exchange: &Exchange, inquiry: &Inquiry, refused: &Response) {
    let key = Key { provider: &exchange.provider().name, reference: &inquiry.reference };
    let headers = refused.ours().cloned().collect();
    let settled = Settled { status: 200, headers, body: Bytes::new(), outcome: Final::Failed };
    if let Err(error) = exchange.gateway.store.settle(key, settled, None).await {
        exchange.store_failed("settle", &error);
    }
}

/// Runs the application's own inquiry. It is no road to a result, and decides nothing: but of a transaction that was refused it
/// says the same as the refusal did.
pub(super) async fn run(exchange: &Exchange, request: &Request<'_>) -> Answered {
    let provider = exchange.provider();
    let reference = match provider.protocol.reference(request.path, &request.body) {
        Ok(reference) => reference,
        Err(error) => {
            let response = exchange.fault(Fault::InvalidParameters, &error.to_string());
            return Answered::new(Outcome::Rejected, response);
        }
    };
    let key = Key { provider: &provider.name, reference: &reference };
    let refused = match shared::known(exchange, key).await {
        Ok(Some(Transaction { terminal: Some(Terminal::Settled(settled)), .. })) => Some(settled),
        Ok(_) => None,
        Err(refused) => return refused,
    };
    let mut last = None;
    for certificate in result::candidates(exchange, None) {
        let sent = forward::forward_once(exchange, certificate, Call::Pass, request, Bytes::new()).await;
        let answer = match sent {
            Ok(answer) => answer,
            Err(none) => return none.answer(exchange),
        };
        match provider.protocol.read_inquired(answer.status().as_u16(), answer.body()) {
            // In its own words, such as that it has nothing under this name: with another certificate it may.
            Ok(None) => last = Some(answer),
            Ok(Some(_)) => return inquired(exchange, refused, answer),
            Err(why) => return forward::unreadable(exchange, answer, &why),
        }
    }
    match last {
        Some(answer) => Answered::new(Outcome::Passed, Response::passed(answer)),
        None => forward::NoAnswer::NotSent.answer(exchange), // a snapshot has one certificate for each provider
    }
}

fn inquired(exchange: &Exchange, refused: Option<Settled>, answer: http::Response<Bytes>) -> Answered {
    match refused.filter(|_| exchange.snapshot.config.mode == Mode::Enforce) {
        None => Answered::new(Outcome::Passed, Response::passed(answer)),
        Some(settled) => {
            let mut response = Response::own(exchange.provider().protocol.refuse_inquired(answer.body()));
            response.headers.extend(settled.headers);
            Answered::new(Outcome::Blocked, response)
        }
    }
}
