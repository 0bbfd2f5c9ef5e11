//! Requests for a session's result, and for what only a completed session has.

use riskgate_core::config::Mode;
use riskgate_wire::{Completed, Fault, Reading, Road};

use super::decision::{self, Decision};
use crate::message::{Request, Response};
use crate::ops::metrics::{Call, Outcome};
use crate::pipeline::forward;
use crate::pipeline::gateway::{Answered, Exchange};
use crate::pipeline::join::Patience;

/// Runs a request for a result: a refused session is refused without asking the provider, any other is asked for anew.
pub(in crate::pipeline) async fn result(exchange: &Exchange, road: Road, request: &Request<'_>) -> Answered {
    let monitor = exchange.snapshot.config.mode == Mode::Monitor;
    let protocol = &exchange.provider().protocol;
    let reference = match protocol.reference(request.path, &request.body) {
        Ok(reference) => reference,
        Err(_) if monitor => return pass(exchange, Call::Collect, request).await.unwrap_or_else(|none| none),
        Err(error) => return rejected(exchange, &error.to_string()),
    };
    match decision::known(exchange, &reference).await {
        Ok(Some(Decision::Refused(refusal))) => return Answered::new(Outcome::Replayed, refusal),
        Ok(_) => {}
        Err(refused) => return refused,
    }
    let answer = match send(exchange, Call::Collect, request).await {
        Ok(answer) => answer,
        Err(none) => return none,
    };
    match protocol.read_result(&reference, road, answer.status().as_u16(), answer.body()) {
        Ok(Reading::Complete(completed)) if monitor => {
            in_the_background(exchange, &reference, completed);
            Answered::new(Outcome::Allowed, Response::passed(answer))
        }
        Ok(Reading::Complete(completed)) => {
            match decision::decide(exchange, &reference, completed, Patience::OfAnApplication).await {
                Decision::Allowed(headers) => {
                    let mut passed = Response::passed(answer);
                    passed.headers.extend(headers);
                    Answered::new(Outcome::Allowed, passed)
                }
                Decision::Refused(refusal) => Answered::new(Outcome::Blocked, refusal),
                Decision::Later => {
                    Answered::new(Outcome::Pending, Response::own(protocol.pending(&reference, road)))
                }
                Decision::Failed(answered) => answered,
            }
        }
        Ok(Reading::Pending | Reading::Failed | Reading::NoSuchTransaction | Reading::Refused) => {
            Answered::new(Outcome::Passed, Response::passed(answer))
        }
        Err(why) => forward::unreadable(&exchange.now(), answer, &why),
    }
}

/// Runs a request for what only a completed session has: it waits for the decision on its session.
pub(in crate::pipeline) async fn after(exchange: &Exchange, request: &Request<'_>) -> Answered {
    let monitor = exchange.snapshot.config.mode == Mode::Monitor;
    let protocol = &exchange.provider().protocol;
    let reference = match protocol.reference(request.path, &request.body) {
        Ok(reference) => reference,
        Err(_) if monitor => return pass(exchange, Call::Pass, request).await.unwrap_or_else(|none| none),
        Err(error) => return rejected(exchange, &error.to_string()),
    };
    if monitor {
        return pass(exchange, Call::Pass, request).await.unwrap_or_else(|none| none);
    }
    match decision::decide_unseen(exchange, &reference, Patience::Endless).await {
        Some(Decision::Refused(refusal)) => {
            let Some(sessions) = protocol.sessions() else {
                return forward::NoAnswer::NotSent.answer(exchange);
            };
            let mut refused = Response::own(sessions.refuse_after());
            // The decision's own headers: which session was refused, and why.
            let ours = |(name, _): &(http::HeaderName, _)| crate::message::is_ours(name);
            refused.headers.extend(refusal.headers.into_iter().filter(ours));
            Answered::new(Outcome::Blocked, refused)
        }
        Some(Decision::Failed(answered)) => answered,
        Some(Decision::Allowed(headers)) => match pass(exchange, Call::Pass, request).await {
            Ok(mut passed) => {
                passed.response.headers.extend(headers);
                passed
            }
            Err(none) => none,
        },
        // Not complete: the provider says so in its own words.
        Some(Decision::Later) | None => pass(exchange, Call::Pass, request).await.unwrap_or_else(|none| none),
    }
}

/// Monitor: the session is judged and recorded, and nobody waits for that.
pub(super) fn in_the_background(exchange: &Exchange, reference: &str, completed: Completed) {
    let (exchange, reference) = (exchange.clone(), reference.to_owned());
    exchange.gateway.tasks.clone().spawn(async move {
        let _recorded = decision::decide(&exchange, &reference, completed, Patience::Endless).await;
    });
}

async fn pass(exchange: &Exchange, call: Call, request: &Request<'_>) -> Result<Answered, Answered> {
    let answer = send(exchange, call, request).await?;
    Ok(Answered::new(Outcome::Passed, Response::passed(answer)))
}

async fn send(
    exchange: &Exchange,
    call: Call,
    request: &Request<'_>,
) -> Result<http::Response<bytes::Bytes>, Answered> {
    let Some(certificate) = exchange.provider().current.first() else {
        return Err(forward::NoAnswer::NotSent.answer(exchange)); // a snapshot has one for each provider
    };
    let sent = forward::forward_once(exchange, certificate, call, request, request.body.clone());
    sent.await.map_err(|none| none.answer(exchange))
}

fn rejected(exchange: &Exchange, text: &str) -> Answered {
    Answered::new(Outcome::Rejected, exchange.fault(Fault::InvalidParameters, text))
}
