//! The listener for a provider's webhooks: open to the network, so that it takes little and believes nothing.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use pingora_core::server::ShutdownWatch;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use super::body::MAX_BODY;
use crate::pipeline::{Gateway, Notice};

/// How many connections are served at once. A webhook takes as long as a decision, and a provider sends one a session.
const CONNECTIONS: usize = 256;
/// How long one connection may live, so that callers who stall cannot keep webhooks out.
const LIFETIME: Duration = Duration::from_secs(60);
/// The longest head, in bytes.
const MAX_HEAD: usize = 16 << 10;
/// How long the loop rests when the system has no socket left to give.
const REST: Duration = Duration::from_millis(100);

/// Takes webhooks for the provider entry at index `provider` until `shutdown`.
pub async fn serve(
    listener: TcpListener,
    gateway: Arc<Gateway>,
    provider: usize,
    mut shutdown: ShutdownWatch,
    tasks: TaskTracker,
) {
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            biased;
            _ = shutdown.changed() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((tcp, _)) = accepted else {
            tokio::time::sleep(REST).await;
            continue;
        };
        let Ok(slot) = slots.clone().try_acquire_owned() else { continue };
        let served = connection(tcp, gateway.clone(), provider, shutdown.clone());
        tasks.spawn(async move {
            let _slot = slot;
            // A caller that breaks its connection, or stalls, is no event for us.
            let _ended = tokio::time::timeout(LIFETIME, served).await;
        });
    }
}

async fn connection(tcp: TcpStream, gateway: Arc<Gateway>, provider: usize, mut shutdown: ShutdownWatch) {
    let limits = gateway.snapshot().config.timeouts;
    let service = service_fn(|request: Request<Incoming>| {
        let gateway = gateway.clone();
        async move {
            let status = answer(&gateway, provider, request, limits.client_body.0).await;
            let mut response = Response::new(Empty::<Bytes>::new());
            *response.status_mut() = status;
            Ok::<_, Infallible>(response)
        }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.client_head.0)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(tcp), service);
    let mut serving = std::pin::pin!(serving);
    tokio::select! {
        _ended = serving.as_mut() => {}
        _ = shutdown.changed() => {
            serving.as_mut().graceful_shutdown();
            let _ended = serving.await;
        }
    }
}

async fn answer(
    gateway: &Arc<Gateway>,
    provider: usize,
    request: Request<Incoming>,
    deadline: Duration,
) -> StatusCode {
    if request.method() != Method::POST {
        return StatusCode::METHOD_NOT_ALLOWED;
    }
    let (head, body) = request.into_parts();
    let body = match tokio::time::timeout(deadline, Limited::new(body, MAX_BODY).collect()).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            return StatusCode::PAYLOAD_TOO_LARGE;
        }
        Ok(Err(_)) => return StatusCode::BAD_REQUEST,
        Err(_) => return StatusCode::REQUEST_TIMEOUT,
    };
    gateway.notice(provider, Notice { headers: head.headers, body }).await
}
