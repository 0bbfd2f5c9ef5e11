//! Forward: a call of the provider, with one of our certificates, never repeated once bytes were sent.

use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, Uri, header};
use riskgate_core::config::Mode;
use riskgate_sources::outbound::{Limits, OutboundError};
use riskgate_wire::{Fault, Unreadable};

use super::gateway::{Answered, Exchange};
use crate::config::snapshot::Certificate;
use crate::message::{Request, Response};
use crate::ops::metrics::{Call, Outcome};

/// The longest answer that is read, in bytes: a collected signature over the longest text with its evidence stays below
/// half of this.
const MAX_ANSWER: usize = 4 << 20;

/// The application's headers that concern every provider. Everything else stays, save for what a protocol names: cookies,
/// credentials, and ours.
const PASSED: [HeaderName; 3] = [header::ACCEPT, header::ACCEPT_LANGUAGE, header::USER_AGENT];

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum NoAnswer {
    /// Nothing reached the provider.
    NotSent,
    /// Something may have reached it.
    Lost,
}

impl NoAnswer {
    /// What the application gets instead.
    pub(super) fn answer(&self, exchange: &Exchange) -> Answered {
        match self {
            Self::NotSent => Answered::new(
                Outcome::Unreachable,
                exchange.fault(Fault::Maintenance, "the provider cannot be reached, nothing was sent"),
            ),
            Self::Lost => Answered::new(
                Outcome::Failed,
                exchange.fault(
                    Fault::InternalError,
                    "the provider's answer did not arrive, the request may have",
                ),
            ),
        }
    }
}

/// Sends what stands for `request` to the provider, once.
pub(super) async fn forward_once(
    exchange: &Exchange,
    certificate: &Certificate,
    call: Call,
    request: &Request<'_>,
    body: Bytes,
) -> Result<http::Response<Bytes>, NoAnswer> {
    forward(exchange, certificate, call, outgoing(exchange, request, body)?).await
}

/// Sends `outgoing` to the provider.
pub(super) async fn forward(
    exchange: &Exchange,
    certificate: &Certificate,
    call: Call,
    outgoing: http::Request<Bytes>,
) -> Result<http::Response<Bytes>, NoAnswer> {
    let provider = exchange.provider();
    let limits = Limits { answer: exchange.snapshot.config.timeouts.answer.0, max_body: MAX_ANSWER };
    let began = Instant::now();
    let answer = certificate.client.send(outgoing, limits).await;
    exchange.meters().upstream(call, began.elapsed().as_secs_f64());
    answer.map_err(|error| {
        tracing::warn!(provider = &*provider.name, %error, "the provider did not answer");
        match error {
            OutboundError::NotSent(_) => NoAnswer::NotSent,
            OutboundError::Lost(_) | OutboundError::TooLarge { .. } => NoAnswer::Lost,
        }
    })
}

/// What goes to the provider in place of `request`: `body`, and of the headers what concerns the provider.
pub(super) fn outgoing(
    exchange: &Exchange,
    request: &Request<'_>,
    body: Bytes,
) -> Result<http::Request<Bytes>, NoAnswer> {
    let provider = exchange.provider();
    // A path that is none cannot be sent.
    let uri = match provider.protocol.address(request.path) {
        Some(address) => address.parse().map_err(|_| NoAnswer::NotSent)?,
        None => {
            let mut parts = provider.endpoint.clone().into_parts();
            parts.path_and_query = Some(request.path.parse().map_err(|_| NoAnswer::NotSent)?);
            Uri::from_parts(parts).map_err(|_| NoAnswer::NotSent)?
        }
    };
    let mut outgoing = http::Request::new(body);
    *outgoing.method_mut() = request.method.clone();
    *outgoing.uri_mut() = uri;
    copy(request.headers, outgoing.headers_mut(), PASSED);
    let own = provider.protocol.request_headers().iter().map(|name| HeaderName::from_static(name));
    copy(request.headers, outgoing.headers_mut(), own);
    if let Some((name, value)) = &provider.credential {
        outgoing.headers_mut().insert(name, value.clone());
    }
    if let Some(content_type) = request.content_type {
        // To the letter: a charset parameter is answered with 415 (bankid-se.md section 0.4).
        outgoing.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    }
    Ok(outgoing)
}

/// A request of our own to the provider, without a body.
pub(super) fn own(
    exchange: &Exchange,
    method: &Method,
    path: &str,
) -> Result<http::Request<Bytes>, NoAnswer> {
    let headers = HeaderMap::new();
    let request = Request { method, path, headers: &headers, content_type: None, body: Bytes::new() };
    outgoing(exchange, &request, Bytes::new())
}

fn copy(from: &HeaderMap, to: &mut HeaderMap, names: impl IntoIterator<Item = HeaderName>) {
    for name in names {
        if let Some(value) = from.get(&name) {
            to.insert(name, value.clone());
        }
    }
}

/// The answer in place of one that cannot be believed, and nothing of it. In Monitor it passes as it came.
pub(super) fn unreadable(exchange: &Exchange, answer: http::Response<Bytes>, why: &Unreadable) -> Answered {
    let provider = exchange.provider();
    let status = answer.status().as_u16();
    tracing::warn!(provider = &*provider.name, status, %why, "the provider's answer does not read");
    if exchange.snapshot.config.mode == Mode::Monitor {
        return Answered::new(Outcome::Passed, Response::passed(answer));
    }
    let details = format!("{why} (status {status}; riskgate policy {})", exchange.snapshot.config.policy);
    Answered::new(Outcome::Failed, Response::own(provider.protocol.in_place_of(status, &details)))
}
