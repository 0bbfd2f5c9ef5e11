//! A known call that carries no result: forwarded, and its answer as the protocol has it.

use http::header;
use riskgate_core::config::Mode;
use riskgate_wire::{Fault, Passing};

use super::forward;
use super::gateway::{Answered, Exchange};
use crate::message::{Request, Response};
use crate::ops::metrics::{Call, Outcome};

/// Runs a call that carries no result.
pub(super) async fn run(exchange: &Exchange, request: &Request<'_>) -> Answered {
    let provider = exchange.provider();
    let Some(certificate) = provider.current.first() else {
        return forward::NoAnswer::NotSent.answer(exchange); // a snapshot has one for each provider
    };
    let body = match exchange.snapshot.config.mode {
        Mode::Monitor => request.body.clone(),
        Mode::Enforce => match provider.protocol.passed_on(request.path, &request.body) {
            Ok(body) => body,
            Err(error) => {
                let response = exchange.fault(Fault::InvalidParameters, &error.to_string());
                return Answered::new(Outcome::Rejected, response);
            }
        },
    };
    let answer = match forward::forward_once(exchange, certificate, Call::Pass, request, body).await {
        Ok(answer) => answer,
        Err(none) => return none.answer(exchange),
    };
    // The loopback guard lets only requests with a Host of loopback in.
    let host = request.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let status = answer.status().as_u16();
    match provider.protocol.pass(&Passing { path: request.path, host, status, body: answer.body() }) {
        Ok(body) => {
            let mut passed = Response::passed(answer);
            passed.body = body;
            Answered::new(Outcome::Passed, passed)
        }
        Err(why) => forward::unreadable(exchange, answer, &why),
    }
}
