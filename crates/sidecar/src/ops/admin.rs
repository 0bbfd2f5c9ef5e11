//! Read-only admin endpoints on loopback: `/config`, `/decisions/recent`.

use std::sync::Arc;

use http::StatusCode;

use super::http::{Endpoints, Page};
use crate::pipeline::Gateway;
use crate::server::guard;

/// The admin endpoints.
pub struct Admin {
    gateway: Arc<Gateway>,
}

impl Admin {
    /// Endpoints that tell of `gateway`.
    #[must_use]
    pub fn new(gateway: Arc<Gateway>) -> Self {
        Self { gateway }
    }
}

impl Endpoints for Admin {
    fn get(&self, path: &str) -> Option<Page> {
        let json = |body| Page { status: StatusCode::OK, content_type: "application/json", body };
        match path {
            "/config" => Some(json(self.gateway.config_json())),
            "/decisions/recent" => Some(json(self.gateway.decisions().recent())),
            _ => None,
        }
    }

    fn admits(&self, head: &http::request::Parts) -> bool {
        guard::caller(&head.uri, &head.headers).is_ok()
    }
}
