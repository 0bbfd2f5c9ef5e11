//! The small HTTP server of the sidecar's own endpoints.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

/// How many connections are served at once: these ports are for probes, scrapers and people, and one of them is open to the
/// network.
const CONNECTIONS: usize = 64;
/// How long one connection may live, so that callers who stall cannot keep probes out.
const LIFETIME: Duration = Duration::from_secs(30);

/// Answers GET requests by their path.
pub trait Endpoints: Send + Sync + 'static {
    /// The answer; none for a path that is not there.
    fn get(&self, path: &str) -> Option<Page>;

    /// Whether a caller with these headers may ask.
    fn admits(&self, _head: &http::request::Parts) -> bool {
        true
    }
}

/// An answer.
pub struct Page {
    /// The status.
    pub status: StatusCode,
    /// The content type.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

impl Page {
    /// Plain text.
    #[must_use]
    pub fn text(status: StatusCode, body: impl Into<String>) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", body: body.into() }
    }
}

/// Serves `endpoints` until `stop`.
pub async fn serve(listener: TcpListener, endpoints: Arc<dyn Endpoints>, mut stop: watch::Receiver<bool>) {
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            _ = stop.changed() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((tcp, _)) = accepted else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let Ok(slot) = slots.clone().try_acquire_owned() else { continue };
        let endpoints = endpoints.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let answer = answer(endpoints.as_ref(), &request.into_parts().0);
            async move { Ok::<_, Infallible>(answer) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(Duration::from_secs(10))
            .max_buf_size(16 << 10)
            .serve_connection(TokioIo::new(tcp), service);
        let mut stopped = stop.clone();
        tokio::spawn(async move {
            let _slot = slot;
            tokio::select! {
                // A caller that breaks its connection, or stalls, is no event for us.
                _ended = tokio::time::timeout(LIFETIME, connection) => {}
                _ = stopped.changed() => {}
            }
        });
    }
}

fn answer(endpoints: &dyn Endpoints, head: &http::request::Parts) -> Response<Full<Bytes>> {
    let page = if !endpoints.admits(head) {
        Page::text(StatusCode::FORBIDDEN, "loopback only\n")
    } else if head.method != Method::GET {
        Page::text(StatusCode::METHOD_NOT_ALLOWED, "GET only\n")
    } else {
        endpoints.get(head.uri.path()).unwrap_or_else(|| Page::text(StatusCode::NOT_FOUND, "not found\n"))
    };
    let mut response = Response::new(Full::new(Bytes::from(page.body)));
    *response.status_mut() = page.status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(page.content_type));
    response
}
