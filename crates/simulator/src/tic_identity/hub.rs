//! The hub: ASP.NET Core's SignalR, JSON protocol, over a WebSocket (section B.1).

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt, StreamExt};
use http::header::{CONNECTION, HeaderName, HeaderValue, UPGRADE};
use http::{Method, StatusCode};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use tokio::sync::broadcast;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;
use uuid::Uuid;

use super::api::Core;
use super::error::{ApiError, ok};
use crate::http::{Answer, Exchange};

const SEPARATOR: char = '\u{1e}';
/// How often the server says that it is there.
const PING: Duration = Duration::from_secs(15);
/// RFC 6455 section 1.3.
const MAGIC: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// The answer to `/hub` and `/hub/negotiate`.
pub(super) fn answer(core: &Arc<Core>, exchange: &Exchange) -> Answer {
    match (&exchange.parts.method, exchange.path()) {
        (&Method::POST, "/hub/negotiate") => ok(&json!({
            "negotiateVersion": 1,
            "connectionId": Uuid::new_v4(),
            "connectionToken": Uuid::new_v4(),
            "availableTransports": [{ "transport": "WebSockets", "transferFormats": ["Text", "Binary"] }],
        })),
        (&Method::GET, "/hub") => upgrade(core, exchange),
        _ => ApiError::new(StatusCode::NOT_FOUND, "not_found", "no such path").into(),
    }
}

fn upgrade(core: &Arc<Core>, exchange: &Exchange) -> Answer {
    let key = exchange.parts.headers.get("sec-websocket-key");
    let pending = exchange.parts.extensions.get::<OnUpgrade>().cloned();
    let (Some(key), Some(pending)) = (key, pending) else {
        return ApiError::bad("invalid_request", "a WebSocket is expected here").into();
    };
    let accept = STANDARD.encode(Sha1::new().chain_update(key.as_bytes()).chain_update(MAGIC).finalize());
    let serving = Arc::clone(core);
    core.tasks.spawn(async move {
        match pending.await {
            Ok(upgraded) => Connection::new(serving, upgraded).await.serve().await,
            Err(error) => tracing::debug!(%error, "a WebSocket did not come about"),
        }
    });
    let mut answer = Answer::empty(StatusCode::SWITCHING_PROTOCOLS);
    answer.headers = vec![
        (CONNECTION, HeaderValue::from_static("Upgrade")),
        (UPGRADE, HeaderValue::from_static("websocket")),
    ];
    if let Ok(accept) = HeaderValue::from_str(&accept) {
        answer.headers.push((HeaderName::from_static("sec-websocket-accept"), accept));
    }
    answer
}

/// One client of the hub.
struct Connection {
    core: Arc<Core>,
    socket: Socket,
    session: Option<Uuid>,
    /// Kept open by `_silence` until there is a subscription.
    events: broadcast::Receiver<String>,
    _silence: broadcast::Sender<String>,
}

impl Connection {
    async fn new(core: Arc<Core>, upgraded: Upgraded) -> Self {
        let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
        let (silence, events) = broadcast::channel(1);
        Self { core, socket, session: None, events, _silence: silence }
    }

    async fn serve(mut self) {
        let tasks = self.core.tasks.clone();
        // Ends with the client, with the first broken record, and with the simulator.
        let _ended = tasks.until_ending(self.run()).await;
    }

    async fn run(&mut self) -> Option<()> {
        let mut shaken = false;
        let mut ping = tokio::time::interval(PING);
        ping.tick().await;
        loop {
            tokio::select! {
                message = self.socket.next() => match message?.ok()? {
                    Message::Text(text) => {
                        for record in text.split(SEPARATOR).filter(|record| !record.is_empty()) {
                            let record: Value = serde_json::from_str(record).ok()?;
                            if shaken {
                                self.invoked(&record).await?;
                            } else {
                                shaken = self.shake(&record).await?;
                            }
                        }
                    }
                    Message::Close(_) => return None,
                    _ => {}
                },
                event = self.events.recv() => match event {
                    Ok(event) => self.send(event).await?,
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => return None,
                },
                _ = ping.tick() => self.send(json!({ "type": 6 }).to_string()).await?,
            }
        }
    }

    async fn shake(&mut self, record: &Value) -> Option<bool> {
        let fits = record["protocol"] == "json" && record["version"] == 1;
        let answer = if fits { json!({}) } else { json!({ "error": "The protocol is not supported." }) };
        self.send(answer.to_string()).await?;
        fits.then_some(true)
    }

    async fn invoked(&mut self, record: &Value) -> Option<()> {
        if record["type"] != 1 {
            return Some(());
        }
        let arguments = record["arguments"].as_array().cloned().unwrap_or_default();
        let said = match record["target"].as_str().unwrap_or_default() {
            "Subscribe" => self.subscribe(&arguments),
            target => self.core.hub_call(self.session, target),
        };
        let Some(invocation) = record.get("invocationId") else { return Some(()) };
        let answer = match said {
            Ok(result) => json!({ "type": 3, "invocationId": invocation, "result": result }),
            Err(error) => json!({ "type": 3, "invocationId": invocation, "error": error }),
        };
        self.send(answer.to_string()).await
    }

    fn subscribe(&mut self, arguments: &[Value]) -> Result<Value, &'static str> {
        let id = |at: usize| arguments.get(at)?.as_str()?.parse::<Uuid>().ok();
        let (Some(session), Some(token)) = (id(0), id(1)) else {
            return Err("sessionId and token are needed");
        };
        let (said, events) = self.core.subscribe(session, token).ok_or("Session not found")?;
        self.session = Some(session);
        self.events = events;
        Ok(said)
    }

    async fn send(&mut self, record: String) -> Option<()> {
        self.socket.send(Message::text(format!("{record}{SEPARATOR}"))).await.ok()
    }
}
