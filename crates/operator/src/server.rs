//! The admin port: `/livez`, `/readyz`, `/metrics`. Apart from the port that the API server calls, so that each can be
//! guarded by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::certificates::Served;
use crate::metrics::Metrics;

/// What OpenMetrics calls its text.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What the admin port tells of.
pub struct Admin {
    metrics: Arc<Metrics>,
    served: Arc<Served>,
    stop: CancellationToken,
    synced: AtomicBool,
    trusted: AtomicBool,
}

impl Admin {
    /// Tells of these metrics, and of the certificate that the webhooks show; not ready yet, and no longer from `stop` on.
    #[must_use]
    pub fn new(metrics: Arc<Metrics>, served: Arc<Served>, stop: CancellationToken) -> Self {
        Self { metrics, served, stop, synced: AtomicBool::new(false), trusted: AtomicBool::new(false) }
    }

    /// That the watches have seen all that there is.
    pub fn set_synced(&self) {
        self.synced.store(true, Ordering::Relaxed);
    }

    /// That API servers trust what is shown, or that somebody else sees to it.
    pub fn set_trusted(&self) {
        self.trusted.store(true, Ordering::Relaxed);
    }

    /// Why questions of the API server should go to another replica.
    fn not_ready(&self) -> Option<&'static str> {
        if self.stop.is_cancelled() {
            Some("the process drains\n")
        } else if !self.synced.load(Ordering::Relaxed) {
            Some("the watches have not seen everything yet\n")
        } else if self.served.leaf().is_none() {
            Some("there is no certificate for the webhooks yet\n")
        } else if !self.trusted.load(Ordering::Relaxed) {
            Some("the webhook configurations do not trust the certificate yet\n")
        } else {
            None
        }
    }
}

/// Serves until `stop`; answers that have begun are finished.
///
/// # Errors
/// When the port cannot be served.
pub async fn serve(listener: TcpListener, admin: Arc<Admin>, stop: CancellationToken) -> std::io::Result<()> {
    let router = Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(admin);
    axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await
}

async fn readyz(State(admin): State<Arc<Admin>>) -> (StatusCode, &'static str) {
    match admin.not_ready() {
        None => (StatusCode::OK, "ok\n"),
        Some(why) => (StatusCode::SERVICE_UNAVAILABLE, why),
    }
}

async fn metrics(State(admin): State<Arc<Admin>>) -> Response {
    match admin.metrics.encode() {
        Ok(text) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
