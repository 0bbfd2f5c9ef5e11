//! One exchange on a connection: read a request whole, have it answered, write the answer.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderValue, Method, Version, header};
use pingora_core::ErrorType;
use pingora_core::apps::{HttpPersistentSettings, HttpServerApp, ReusedHttpStream};
use pingora_core::protocols::http::ServerSession;
use pingora_core::server::ShutdownWatch;
use pingora_http::ResponseHeader;
use riskgate_core::Provider;
use riskgate_wire::Fault;

use super::body::{self, BodyError};
use super::guard;
use crate::config::Timeouts;
use crate::message::{Request, Response};
use crate::pipeline::Gateway;

/// The application behind one listener: the pipeline of one provider.
pub struct Application {
    gateway: Arc<Gateway>,
    provider: usize,
}

/// What became of reading a request.
enum Incoming {
    /// It is whole; this is its body.
    Whole(Bytes),
    /// It is answered without being looked at; the rest of its body is to be drained.
    Turned(Fault, &'static str),
    /// The connection broke.
    Gone,
}

impl Application {
    /// The pipeline of the provider entry at index `provider`.
    #[must_use]
    pub fn new(gateway: Arc<Gateway>, provider: usize) -> Self {
        Self { gateway, provider }
    }

    /// The gateway behind the listener.
    pub(super) fn gateway(&self) -> Arc<Gateway> {
        self.gateway.clone()
    }

    /// The index of the provider entry.
    pub(super) fn provider(&self) -> usize {
        self.provider
    }

    /// Whether the provider has a hub.
    pub(super) fn has_hub(&self) -> bool {
        let snapshot = self.gateway.snapshot();
        snapshot
            .config
            .providers
            .get(self.provider)
            .is_some_and(|entry| entry.provider() == Provider::TicIdentity)
    }

    /// How long a connection may idle.
    #[must_use]
    pub fn idle(&self) -> Duration {
        self.timeouts().idle.0
    }

    fn timeouts(&self) -> Timeouts {
        self.gateway.snapshot().config.timeouts
    }

    async fn read(&self, session: &mut ServerSession, timeouts: &Timeouts) -> Incoming {
        let head = session.req_header();
        let framed_twice = head.headers.contains_key(header::TRANSFER_ENCODING)
            && head.headers.contains_key(header::CONTENT_LENGTH);
        let announced =
            head.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        let waits = head.version == Version::HTTP_11
            && head
                .headers
                .get(header::EXPECT)
                .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"));
        let turned = guard::caller(&head.uri, &head.headers);
        if framed_twice {
            return Incoming::Turned(
                Fault::InvalidParameters,
                "send Content-Length or Transfer-Encoding, not both",
            );
        }
        if announced.is_some_and(|length: usize| length > body::MAX_BODY) {
            return Incoming::Turned(Fault::InvalidParameters, TOO_LONG);
        }
        if let Err(turned) = turned {
            return Incoming::Turned(turned.fault, turned.details);
        }
        if waits && session.write_continue_response().await.is_err() {
            return Incoming::Gone;
        }
        match body::read(session, timeouts.client_body.0).await {
            Ok(body) => Incoming::Whole(body),
            Err(BodyError::TooLong) => Incoming::Turned(Fault::InvalidParameters, TOO_LONG),
            Err(BodyError::TooSlow) => {
                Incoming::Turned(Fault::RequestTimeout, "the request body came too slowly")
            }
            Err(BodyError::Broken) => Incoming::Gone,
        }
    }
}

const TOO_LONG: &str = "Invalid request: the body is longer than 1 MiB";

#[async_trait]
impl HttpServerApp for Application {
    async fn process_new_http(
        self: &Arc<Self>,
        mut session: ServerSession,
        shutdown: &ShutdownWatch,
    ) -> Option<ReusedHttpStream> {
        let timeouts = self.timeouts();
        match tokio::time::timeout(timeouts.client_head.0, session.read_request()).await {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) => return None,
            Ok(Err(error)) => {
                // What the parser refuses gets a bare 400. Its text quotes the request, so it is not logged.
                tracing::debug!(kind = error.etype().as_str(), "a request head was refused");
                if *error.etype() == ErrorType::InvalidHTTPHeader && session.respond_error(400).await.is_ok()
                {
                    session.shutdown().await;
                }
                return None;
            }
            Err(_) => {
                let answer = self.gateway.turn_away(
                    self.provider,
                    Fault::RequestTimeout,
                    "the request head came too slowly",
                );
                write_unread(&mut session, &answer).await;
                return None;
            }
        }
        let (response, whole) = match self.read(&mut session, &timeouts).await {
            Incoming::Whole(body) => {
                let head = session.req_header();
                let path = String::from_utf8_lossy(head.raw_path());
                let request = Request {
                    method: &head.method,
                    path: &path,
                    headers: &head.headers,
                    content_type: None,
                    body,
                };
                (self.gateway.handle(self.provider, request).await, true)
            }
            Incoming::Turned(fault, details) => {
                (self.gateway.turn_away(self.provider, fault, details), false)
            }
            Incoming::Gone => return None,
        };
        if !whole || *shutdown.borrow() {
            session.set_keepalive(None);
        } else {
            respect_connection_header(&mut session, timeouts.idle.0);
        }
        // Not pingora's own write timeout: that one starts a thread that wakes a hundred times a second.
        tokio::time::timeout(timeouts.answer.0, write(&mut session, &response)).await.ok()??;
        if !whole {
            body::linger(&mut session).await;
            session.shutdown().await;
            return None;
        }
        let settings = HttpPersistentSettings::for_session(&session);
        let reusable = session.finish().await.ok()??;
        Some(ReusedHttpStream::from_reusable_stream(reusable, settings))
    }
}

/// Keeps the connection when the application wants it: always in HTTP/1.1 unless it says close, else only when it asks.
fn respect_connection_header(session: &mut ServerSession, idle: Duration) {
    let head = session.req_header();
    let says = |word: &[u8]| {
        head.headers
            .get_all(header::CONNECTION)
            .iter()
            .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
            .any(|token| token.trim_ascii().eq_ignore_ascii_case(word))
    };
    let keep = if head.version == Version::HTTP_11 { !says(b"close") } else { says(b"keep-alive") };
    session.set_keepalive(keep.then(|| idle.as_secs().max(1)));
}

/// Writes an answer; nothing when the connection broke.
async fn write(session: &mut ServerSession, response: &Response) -> Option<()> {
    let mut head =
        ResponseHeader::build_no_case(response.status_code(), Some(response.headers.len() + 3)).ok()?;
    for (name, value) in &response.headers {
        head.append_header(name, value).ok()?;
    }
    head.insert_header(header::CONTENT_LENGTH, HeaderValue::from(response.body.len())).ok()?;
    session.write_response_header(Box::new(head)).await.ok()?;
    if !response.body.is_empty() && session.req_header().method != Method::HEAD {
        session.write_response_body(response.body.clone(), true).await.ok()?;
    }
    session.finish_body().await.ok()
}

/// Writes an answer to a request whose head was never whole.
async fn write_unread(session: &mut ServerSession, response: &Response) {
    let Ok(mut head) = ResponseHeader::build_no_case(response.status_code(), Some(4)) else { return };
    let filled = response.headers.iter().all(|(name, value)| head.append_header(name, value).is_ok())
        && head.insert_header(header::CONTENT_LENGTH, HeaderValue::from(response.body.len())).is_ok();
    if filled && session.write_error_response(head, response.body.clone()).await.is_ok() {
        session.shutdown().await;
    }
}
