//! The application's receiver of webhooks: it keeps what it was sent.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use harness::{PATIENCE, eventually};
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A webhook as the application got it.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Received {
    pub(crate) fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.body).with_context(|| format!("not JSON: {}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> Result<&str> {
        Ok(self.headers.get(name).with_context(|| format!("no {name}"))?.to_str()?)
    }
}

/// A receiver on a free port.
pub(crate) struct Receiver {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Received>>>,
    serving: JoinHandle<()>,
}

impl Receiver {
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/hooks/tic", listener.local_addr()?);
        let seen = Arc::<Mutex<Vec<Received>>>::default();
        let kept = seen.clone();
        let serving = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let kept = kept.clone();
                let service = service_fn(move |request: Request<Incoming>| {
                    let kept = kept.clone();
                    async move {
                        let (head, body) = request.into_parts();
                        let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
                        let body = String::from_utf8_lossy(&body).into_owned();
                        assert_eq!((head.method.as_str(), head.uri.path()), ("POST", "/hooks/tic"));
                        kept.lock().unwrap().push(Received { headers: head.headers, body });
                        Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
                    }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), service));
            }
        });
        Ok(Self { url, seen, serving })
    }

    /// All webhooks so far.
    pub(crate) fn seen(&self) -> Vec<Received> {
        self.seen.lock().unwrap().clone()
    }

    /// The webhook at `index`, once it is there.
    pub(crate) async fn nth(&self, index: usize) -> Result<Received> {
        eventually("a webhook", PATIENCE, || async {
            let seen = self.seen();
            ensure!(seen.len() > index, "{} webhooks", seen.len());
            Ok(seen[index].clone())
        })
        .await
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
