//! Where the demo's application takes webhooks.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::extract::State;
use axum::routing::post;
use bytes::Bytes;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

/// The path that they come to.
const PATH: &str = "/hooks";
/// How long one may take that belongs to a result which is there.
const PATIENCE: Duration = Duration::from_secs(10);

/// A receiver on a free port. It ends with this.
pub(in crate::commands::demo) struct Webhooks {
    url: String,
    events: UnboundedReceiver<Event>,
    serving: JoinHandle<()>,
}

/// What a webhook says, in either form that TIC has (other-systems.md section B.4).
#[derive(Deserialize)]
struct Event {
    event: String,
    #[serde(rename = "sessionId")]
    session: Option<String>,
    #[serde(default)]
    data: Data,
}

#[derive(Default, Deserialize)]
struct Data {
    #[serde(rename = "sessionId")]
    session: Option<String>,
}

impl Webhooks {
    /// Listens.
    pub(in crate::commands::demo) async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}{PATH}", listener.local_addr()?);
        let (sender, events) = unbounded_channel();
        let router = Router::new().route(PATH, post(take)).with_state(sender);
        let serving = tokio::spawn(async move {
            // It serves until it is aborted.
            drop(axum::serve(listener, router).await);
        });
        Ok(Self { url, events, serving })
    }

    /// Where they are sent.
    pub(in crate::commands::demo) fn url(&self) -> &str {
        &self.url
    }

    /// The event that came about a session.
    pub(super) async fn about(&mut self, session: &str) -> anyhow::Result<String> {
        let wanted = async {
            loop {
                let Event { event, session: at_root, data } = self.events.recv().await?;
                if data.session.or(at_root).as_deref() == Some(session) {
                    return Some(event);
                }
            }
        };
        let came = tokio::time::timeout(PATIENCE, wanted).await.context("no webhook came")?;
        came.context("the receiver of webhooks has ended")
    }
}

impl Drop for Webhooks {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn take(State(sender): State<UnboundedSender<Event>>, body: Bytes) {
    if let Ok(event) = serde_json::from_slice(&body) {
        // Nobody waits any more where the demo is about to end.
        drop(sender.send(event));
    }
}
