//! Requests for a session's result, and for what only a completed session has.

use riskgate_core::config::Mode;
use riskgate_sources::tic_enrichment::LedgerError;
use riskgate_wire::{Answer, Completed, Fault, Reading, Road};

use super::decision::{self, Decision};
use super::ledger::Handed;
use crate::message::{Request, Response};
use crate::ops::metrics::{Call, Outcome};
use crate::pipeline::forward;
use crate::pipeline::gateway::{Answered, Exchange};
use crate::pipeline::join::Patience;

/// Where an enrichment's data is fetched (other-systems.md section B.3).
const DATA_PATH: &str = "/api/v1/enrichment/data/";

/// Runs a request for a result: a refused session is refused without asking the provider, any other is asked for anew.
pub(in crate::pipeline) async fn result(exchange: &Exchange, road: Road, request: &Request<'_>) -> Answered {
    let monitor = exchange.snapshot.config.mode == Mode::Monitor;
    let protocol = &exchange.provider().protocol;
    let reference = match protocol.reference(request.path, &request.body) {
        Ok(reference) => reference,
        Err(_) if monitor => {
            return passed(exchange, Call::Collect, request).await.unwrap_or_else(|none| none);
        }
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
        Ok(Reading::Failed | Reading::NoSuchTransaction) => ended(exchange, &reference, answer).await,
        Ok(Reading::Pending | Reading::Refused) => Answered::new(Outcome::Passed, Response::passed(answer)),
        Err(why) => forward::unreadable(&exchange.now(), answer, &why),
    }
}

/// A session that has ended without a result. It may have been refused, and ended for that, while the provider was asked: then
/// this road tells what the others tell.
async fn ended(exchange: &Exchange, reference: &str, answer: http::Response<bytes::Bytes>) -> Answered {
    match decision::known(exchange, reference).await {
        Ok(Some(Decision::Refused(refusal))) => Answered::new(Outcome::Replayed, refusal),
        _ => Answered::new(Outcome::Passed, Response::passed(answer)),
    }
}

/// Runs a request for what only a completed session has: it waits for the decision on its session.
pub(in crate::pipeline) async fn after(exchange: &Exchange, request: &Request<'_>) -> Answered {
    let monitor = exchange.snapshot.config.mode == Mode::Monitor;
    let protocol = &exchange.provider().protocol;
    let reference = match protocol.reference(request.path, &request.body) {
        Ok(reference) => reference,
        Err(_) if monitor => return passed(exchange, Call::Pass, request).await.unwrap_or_else(|none| none),
        Err(error) => return rejected(exchange, &error.to_string()),
    };
    if monitor {
        return passed(exchange, Call::Pass, request).await.unwrap_or_else(|none| none);
    }
    match decision::decide_unseen(exchange, &reference, Patience::Endless).await {
        Some(Decision::Refused(refusal)) => refused_after(exchange, &refusal),
        Some(Decision::Failed(answered)) => answered,
        Some(Decision::Allowed(headers)) => match handed_or_passed(exchange, &reference, request).await {
            Ok(mut answered) => {
                answered.response.headers.extend(headers);
                answered
            }
            Err(none) => none,
        },
        // Not complete: the provider says so in its own words.
        Some(Decision::Later) | None => match send(exchange, Call::Pass, request).await {
            Ok(answer) if answer.status().is_success() => {
                completed_meanwhile(exchange, &reference, answer).await
            }
            Ok(answer) => Answered::new(Outcome::Passed, Response::passed(answer)),
            Err(none) => none,
        },
    }
}

/// What only a completed session has, of a session that was not complete just before: it waits for the decision all the same.
async fn completed_meanwhile(
    exchange: &Exchange,
    reference: &str,
    answer: http::Response<bytes::Bytes>,
) -> Answered {
    match decision::decide_unseen(exchange, reference, Patience::Endless).await {
        Some(Decision::Allowed(headers)) => {
            let mut response = Response::passed(answer);
            response.headers.extend(headers);
            Answered::new(Outcome::Allowed, response)
        }
        Some(Decision::Refused(refusal)) => refused_after(exchange, &refusal),
        Some(Decision::Failed(answered)) => answered,
        Some(Decision::Later) | None => {
            let response = exchange
                .fault(Fault::InternalError, "the provider gave what a session has that is not complete");
            Answered::new(Outcome::Failed, response)
        }
    }
}

/// The refusal of what only a completed session has, with the decision's own headers: which session was refused, and why.
fn refused_after(exchange: &Exchange, refusal: &Response) -> Answered {
    let Some(sessions) = exchange.provider().protocol.sessions() else {
        return forward::NoAnswer::NotSent.answer(exchange);
    };
    let mut refused = Response::own(sessions.refuse_after());
    refused.headers.extend(refusal.ours().cloned());
    Answered::new(Outcome::Blocked, refused)
}

/// Runs a call that carries no result. The data of an enrichment that was spent for the application comes from the store.
pub(in crate::pipeline) async fn pass(exchange: &Exchange, request: &Request<'_>) -> Answered {
    let provider = &exchange.provider().name;
    let Some(token) = request.path.strip_prefix(DATA_PATH) else {
        return super::super::pass::run(exchange, request).await;
    };
    match exchange.gateway.ledger.data(provider, token).await {
        Ok(None) => super::super::pass::run(exchange, request).await,
        Ok(Some(Handed::Now(data))) => Answered::new(Outcome::Replayed, json(200, data)),
        Ok(Some(Handed::Gone)) => {
            Answered::new(Outcome::Replayed, json(410, r#"{"error":"Token expired or invalid"}"#.to_owned()))
        }
        Err(error) => unkept(exchange, &error),
    }
}

/// The application's own request for an enrichment: answered with what was spent for it, once; else it passes.
async fn handed_or_passed(
    exchange: &Exchange,
    reference: &str,
    request: &Request<'_>,
) -> Result<Answered, Answered> {
    match exchange.gateway.ledger.answer(&exchange.provider().name, reference).await {
        Ok(None) => passed(exchange, Call::Pass, request).await,
        Ok(Some(Handed::Now(state))) => Ok(Answered::new(Outcome::Replayed, json(200, state))),
        Ok(Some(Handed::Gone)) => {
            let text = r#"{"error":"Session has already been enriched"}"#.to_owned();
            Ok(Answered::new(Outcome::Replayed, json(400, text)))
        }
        Err(error) => Err(unkept(exchange, &error)),
    }
}

fn json(status: u16, body: String) -> Response {
    Response::own(Answer { status, content_type: "application/json", body: body.into() })
}

fn unkept(exchange: &Exchange, error: &LedgerError) -> Answered {
    tracing::warn!(provider = &*exchange.provider().name, %error, "what was spent cannot be handed over");
    Answered::new(Outcome::Unreachable, exchange.fault(Fault::Maintenance, "the store cannot be reached"))
}

/// Monitor: the session is judged and recorded, and nobody waits for that.
pub(super) fn in_the_background(exchange: &Exchange, reference: &str, completed: Completed) {
    let (exchange, reference) = (exchange.clone(), reference.to_owned());
    exchange.gateway.tasks.clone().spawn(async move {
        let _recorded = decision::decide(&exchange, &reference, completed, Patience::Endless).await;
    });
}

async fn passed(exchange: &Exchange, call: Call, request: &Request<'_>) -> Result<Answered, Answered> {
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
