//! A notice that the provider sends: verified, decided on where it brings a result, and passed on to the application; of a
//! refused session as a failure, signed anew.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, header};
use riskgate_core::config::Mode;
use riskgate_sources::outbound::Limits;
use riskgate_wire::tic_identity::webhook::{self, Event, Kind, Signed};

use super::decision::{self, Decision};
use super::road::in_the_background;
use crate::config::webhook::WebhookRoom;
use crate::message::is_ours;
use crate::ops::metrics::{Call, Outcome};
use crate::pipeline::gateway::{Exchange, Gateway};
use crate::pipeline::join::Patience;

/// The longest answer of the application that is read, in bytes.
const MAX_ANSWER: usize = 64 << 10;

/// A notice as it came.
pub struct Notice {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// What is passed on of a notice.
struct Outgoing {
    headers: HeaderMap,
    body: Bytes,
}

impl Gateway {
    /// Takes a notice for the provider entry at index `provider`; the status that its sender gets.
    pub async fn notice(self: &Arc<Self>, provider: usize, notice: Notice) -> StatusCode {
        let began = std::time::Instant::now();
        let exchange = self.exchange(provider);
        let (outcome, status) = match &exchange.provider().webhook {
            Some(room) => taken(&exchange, room, notice).await,
            None => (Outcome::Rejected, StatusCode::NOT_FOUND),
        };
        exchange.meters().request(Call::Pass, outcome, began.elapsed().as_secs_f64());
        status
    }
}

async fn taken(exchange: &Exchange, room: &WebhookRoom, notice: Notice) -> (Outcome, StatusCode) {
    let provider = &*exchange.provider().name;
    let monitor = exchange.snapshot.config.mode == Mode::Monitor;
    let header = |name: &str| {
        let mut values = notice.headers.get_all(name).iter();
        let value = values.next().and_then(|value| value.to_str().ok());
        value.filter(|_| values.next().is_none())
    };
    let signed = match webhook::verify(&room.signature, &room.secret, header, &notice.body, now()) {
        Ok(signed) => signed,
        Err(why) => {
            tracing::warn!(provider, %why, "a webhook was not taken");
            return (Outcome::Rejected, StatusCode::UNAUTHORIZED);
        }
    };
    let event = match webhook::read(&notice.body) {
        Ok(event) => event,
        Err(why) if monitor => {
            tracing::warn!(provider, %why, "a webhook does not read");
            return passed_on(exchange, room, as_it_came(notice), Outcome::Passed).await;
        }
        Err(why) => {
            tracing::warn!(provider, %why, "a webhook does not read");
            return (Outcome::Rejected, StatusCode::BAD_REQUEST);
        }
    };
    let Event { session, kind, .. } = event;
    let (Some(session), Kind::Result { completed, is_complete }) = (session, kind) else {
        return passed_on(exchange, room, as_it_came(notice), Outcome::Passed).await;
    };
    if monitor {
        if is_complete {
            in_the_background(exchange, &session, completed);
        }
        return passed_on(exchange, room, as_it_came(notice), Outcome::Allowed).await;
    }
    let decided = if is_complete {
        let key = (exchange.provider().name.clone(), session.clone());
        // In this order: a decision that waits is found waiting, and then brought what it waits for.
        let deciding = decision::decide(exchange, &session, completed.clone(), Patience::Endless);
        let bringing = async { exchange.gateway.arrivals.arrived(&key, &completed) };
        Some(futures_util::future::join(deciding, bringing).await.0)
    } else {
        decision::decide_unseen(exchange, &session, Patience::Endless).await
    };
    match decided {
        Some(Decision::Allowed(headers)) => {
            let mut outgoing = as_it_came(notice);
            outgoing.headers.extend(headers);
            passed_on(exchange, room, outgoing, Outcome::Allowed).await
        }
        Some(Decision::Refused(refusal)) => match refused(room, &notice, &signed) {
            Some(mut outgoing) => {
                outgoing.headers.extend(refusal.ours().cloned());
                passed_on(exchange, room, outgoing, Outcome::Blocked).await
            }
            None => (Outcome::Rejected, StatusCode::BAD_REQUEST),
        },
        // It could not be decided: the sender is to try again.
        Some(Decision::Later | Decision::Failed(_)) | None => {
            (Outcome::Failed, StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

/// A notice as it came, without what concerns its connection and without headers that only riskgate may set.
fn as_it_came(notice: Notice) -> Outgoing {
    let mut headers = notice.headers;
    let dropped: Vec<HeaderName> = headers.keys().filter(|name| is_ours(name)).cloned().collect();
    let connection = [
        header::HOST,
        header::CONNECTION,
        header::CONTENT_LENGTH,
        header::TRANSFER_ENCODING,
        header::TE,
        header::TRAILER,
        header::UPGRADE,
        header::EXPECT,
        HeaderName::from_static("keep-alive"),
    ];
    for name in dropped.into_iter().chain(connection) {
        headers.remove(name);
    }
    Outgoing { headers, body: notice.body }
}

/// The same notice about a session that failed, signed in the form that it came in.
fn refused(room: &WebhookRoom, notice: &Notice, signed: &Signed) -> Option<Outgoing> {
    let body = webhook::refused(&notice.body, &room.hint_code)?;
    let mut outgoing = as_it_came(Notice { headers: notice.headers.clone(), body: notice.body.clone() });
    let signature = HeaderValue::from_str(&signed.sign(&room.secret, &body)).ok()?;
    outgoing.headers.insert(HeaderName::try_from(signed.header.as_str()).ok()?, signature);
    // Where a header names the event, too, it names the one in the body.
    let event = HeaderValue::from_str(&webhook::read(&body).ok()?.name).ok()?;
    for name in ["x-tic-event", "x-ormeo-event"] {
        if let Some(named) = outgoing.headers.get_mut(name) {
            *named = event.clone();
        }
    }
    outgoing.body = body;
    Some(outgoing)
}

async fn passed_on(
    exchange: &Exchange,
    room: &WebhookRoom,
    outgoing: Outgoing,
    outcome: Outcome,
) -> (Outcome, StatusCode) {
    let mut request = Request::new(outgoing.body);
    *request.method_mut() = http::Method::POST;
    *request.uri_mut() = room.forward_to.clone();
    *request.headers_mut() = outgoing.headers;
    let limits = Limits { answer: exchange.snapshot.config.timeouts.answer.0, max_body: MAX_ANSWER };
    match room.client.send(request, limits).await {
        Ok(answer) => (outcome, answer.status()),
        Err(error) => {
            tracing::warn!(provider = &*exchange.provider().name, %error, "the application did not take a webhook");
            (Outcome::Unreachable, StatusCode::BAD_GATEWAY)
        }
    }
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
