//! Health and metrics: `/livez`, `/readyz`, `/startupz`, `/metrics`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::StatusCode;

use super::http::{Endpoints, Page};
use crate::pipeline::Gateway;

/// The health endpoints.
pub struct Health {
    gateway: Arc<Gateway>,
    draining: Arc<AtomicBool>,
}

impl Health {
    /// Endpoints that tell of `gateway`; not ready once `draining` is set.
    #[must_use]
    pub fn new(gateway: Arc<Gateway>, draining: Arc<AtomicBool>) -> Self {
        Self { gateway, draining }
    }
}

impl Endpoints for Health {
    fn get(&self, path: &str) -> Option<Page> {
        match path {
            // The endpoints are served once every listener is bound: answering at all is being started.
            "/livez" | "/startupz" => Some(Page::text(StatusCode::OK, "ok\n")),
            "/readyz" if self.draining.load(Ordering::Relaxed) => {
                Some(Page::text(StatusCode::SERVICE_UNAVAILABLE, "draining\n"))
            }
            "/readyz" => Some(Page::text(StatusCode::OK, "ok\n")),
            "/metrics" => Some(Page {
                status: StatusCode::OK,
                content_type: "application/openmetrics-text; version=1.0.0; charset=utf-8",
                body: self.gateway.metrics_text(),
            }),
            _ => None,
        }
    }
}
