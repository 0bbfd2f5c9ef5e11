//! Connections of the hub: a WebSocket to the application, another to the provider, and the gate between them. No extension is
//! negotiated on either side, so that every message is text that can be read.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http::{Method, StatusCode, Uri};
use pingora_core::server::ShutdownWatch;
use riskgate_wire::tic_identity::HUB;
use riskgate_wire::tic_identity::hub::handshake_error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async_with_config, client_async_with_config};

use super::guard;
use crate::pipeline::{Gate, Gateway, HubRefused};

/// How a request for the hub begins.
const BEGINS: &[u8] = b"GET /hub";
/// The longest message that is taken, in bytes.
const MAX_MESSAGE: usize = 1 << 20;
/// Between two looks at a request whose first bytes came apart.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Whether the connection's first request is for the hub. Nothing of it is consumed.
pub(super) async fn is_wanted(tcp: &TcpStream, within: Duration) -> bool {
    let look = async {
        let mut seen = [0; BEGINS.len() + 1];
        loop {
            let length = tcp.peek(&mut seen).await.ok()?;
            if length == seen.len() {
                return Some(seen.starts_with(BEGINS) && matches!(seen[BEGINS.len()], b' ' | b'?'));
            }
            if length == 0 || !BEGINS.starts_with(&seen[..length.min(BEGINS.len())]) {
                return Some(false);
            }
            // Unread bytes make the socket readable: only time tells whether more come.
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    tokio::time::timeout(within, look).await.ok().flatten().unwrap_or(false)
}

/// Serves one connection to its end.
pub(super) async fn serve(
    tcp: TcpStream,
    gateway: Arc<Gateway>,
    provider: usize,
    mut shutdown: ShutdownWatch,
) {
    let timeouts = gateway.snapshot().config.timeouts;
    let mut path = None;
    let accepting = accept_hdr_async_with_config(tcp, admit(&mut path), Some(config()));
    let Ok(Ok(mut application)) = tokio::time::timeout(timeouts.client_head.0, accepting).await else {
        return;
    };
    let path = path.unwrap_or_else(|| HUB.to_owned());
    let upstream = match tokio::time::timeout(timeouts.answer.0, connect(&gateway, provider, &path)).await {
        Ok(Ok(upstream)) => upstream,
        Ok(Err(error)) => {
            tracing::warn!(%error, "the provider's hub cannot be reached");
            return close(&mut application, CloseCode::Again, "the provider's hub cannot be reached").await;
        }
        Err(_) => {
            tracing::warn!("the provider's hub did not answer in time");
            return close(&mut application, CloseCode::Again, "the provider's hub does not answer").await;
        }
    };
    let mut line = Line { application, upstream, gate: Gate::new(gateway, provider), idle: timeouts.idle.0 };
    let (code, reason) = line.run(&mut shutdown).await;
    close(&mut line.application, code, &reason).await;
    close(&mut line.upstream, CloseCode::Normal, "").await;
}

/// The WebSocket's own limits.
fn config() -> WebSocketConfig {
    WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE)).max_frame_size(Some(MAX_MESSAGE))
}

/// Admits what may use the listener and names the hub; `path` gets the path, with the connection's id where it has one.
#[allow(clippy::result_large_err, reason = "the library's own type of a callback")]
fn admit(path: &mut Option<String>) -> impl FnOnce(&Request, Response) -> Result<Response, ErrorResponse> {
    |request, response| {
        let refuse = |status: StatusCode, text: &str| {
            let mut refused = ErrorResponse::new(Some(text.to_owned()));
            *refused.status_mut() = status;
            Err(refused)
        };
        if let Err(turned) = guard::caller(request.uri(), request.headers()) {
            return refuse(StatusCode::FORBIDDEN, turned.details);
        }
        let target = request.uri().path_and_query().map_or("", |target| target.as_str());
        let token =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        let known =
            target == HUB || target.strip_prefix("/hub?id=").is_some_and(|id| !id.is_empty() && token(id));
        if !known || request.method() != Method::GET {
            return refuse(StatusCode::NOT_FOUND, "no such path");
        }
        *path = Some(target.to_owned());
        Ok(response)
    }
}

/// Why the provider's hub is not reached. The texts hold nothing of requests or answers.
#[derive(Debug, thiserror::Error)]
enum ConnectError {
    #[error("it has no client")]
    NoClient,
    #[error("its address is none")]
    Address,
    #[error(transparent)]
    Outbound(#[from] riskgate_sources::outbound::OutboundError),
    #[error("it refused the WebSocket: {0}")]
    Handshake(Box<tungstenite::Error>),
}

type Upstream = WebSocketStream<Box<dyn riskgate_sources::outbound::Duplex>>;

async fn connect(gateway: &Gateway, provider: usize, path: &str) -> Result<Upstream, ConnectError> {
    let snapshot = gateway.snapshot();
    let provider = snapshot.providers.get(provider).ok_or(ConnectError::NoClient)?;
    let certificate = provider.current.first().ok_or(ConnectError::NoClient)?;
    let stream = certificate.client.open(&provider.endpoint).await?;
    let endpoint = provider.endpoint.to_string();
    let address = match endpoint.strip_prefix("http") {
        Some(rest) => format!("ws{}{path}", rest.trim_end_matches('/')),
        None => return Err(ConnectError::Address),
    };
    let address: Uri = address.parse().map_err(|_| ConnectError::Address)?;
    let handshake = client_async_with_config(address, stream, Some(config()));
    let (upstream, _) = handshake.await.map_err(|error| ConnectError::Handshake(Box::new(error)))?;
    Ok(upstream)
}

/// Both ends of a connection.
struct Line {
    application: WebSocketStream<TcpStream>,
    upstream: Upstream,
    gate: Gate,
    /// How long nothing may be said, and how long an end may take to hear what was.
    idle: Duration,
}

/// How a connection ends, as the application is told.
type End = (CloseCode, String);

impl Line {
    async fn run(&mut self, shutdown: &mut ShutdownWatch) -> End {
        let idle = self.idle;
        let end = |code, reason: &str| (code, reason.to_owned());
        loop {
            let passed = tokio::select! {
                message = self.application.next() => self.outbound(message).await,
                message = self.upstream.next() => self.inbound(message).await,
                _ = shutdown.changed() => return end(CloseCode::Away, "riskgate ends"),
                () = tokio::time::sleep(idle) => return end(CloseCode::Away, "nothing was said for too long"),
            };
            match passed {
                Ok(()) => {}
                Err(Ended::Closed) => return end(CloseCode::Normal, ""),
                Err(Ended::Binary) => return end(CloseCode::Unsupported, "riskgate reads text only"),
                Err(Ended::Refused(why)) => {
                    tracing::warn!(%why, "a connection of the hub ends");
                    if let HubRefused::Handshake(error) = why {
                        let _gone = send(&mut self.application, handshake_error(error), idle).await;
                    }
                    return end(CloseCode::Policy, "riskgate cannot pass on what was said");
                }
            }
        }
    }

    async fn outbound(&mut self, message: Said) -> Result<(), Ended> {
        match message {
            Some(Ok(Message::Text(text))) => {
                let passed = self.gate.outbound(&text).map_err(Ended::Refused)?;
                send(&mut self.upstream, passed, self.idle).await
            }
            Some(Ok(Message::Binary(_))) => Err(Ended::Binary),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(()),
            Some(Ok(Message::Close(_)) | Err(_)) | None => Err(Ended::Closed),
        }
    }

    async fn inbound(&mut self, message: Said) -> Result<(), Ended> {
        match message {
            Some(Ok(Message::Text(text))) => {
                let passed = self.gate.inbound(&text).await.map_err(Ended::Refused)?;
                send(&mut self.application, passed, self.idle).await
            }
            Some(Ok(Message::Binary(_))) => Err(Ended::Binary),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(()),
            Some(Ok(Message::Close(_)) | Err(_)) | None => Err(Ended::Closed),
        }
    }
}

/// What an end said, if it still says something.
type Said = Option<Result<Message, tungstenite::Error>>;

/// Why nothing more is passed.
enum Ended {
    /// One end closed.
    Closed,
    /// A message is no text.
    Binary,
    /// The gate passes nothing more.
    Refused(HubRefused),
}

/// An end that does not read what it is sent is gone after a while: nobody waits for it for ever.
async fn send<S>(socket: &mut WebSocketStream<S>, passed: String, within: Duration) -> Result<(), Ended>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if passed.is_empty() {
        return Ok(());
    }
    match tokio::time::timeout(within, socket.send(Message::text(passed))).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Ended::Closed),
    }
}

/// Closes one end, where it is still there; it gets a second to agree.
async fn close<S>(socket: &mut WebSocketStream<S>, code: CloseCode, reason: &str)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let frame = CloseFrame { code, reason: reason.to_owned().into() };
    let closing = async {
        if socket.close(Some(frame)).await.is_ok() {
            while let Some(Ok(_)) = socket.next().await {}
        }
    };
    let _late = tokio::time::timeout(Duration::from_secs(1), closing).await;
}
