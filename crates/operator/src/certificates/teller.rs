//! Tells what becomes of the certificates, where people look for it: the log, a metric, and an Event of the Secret.

use std::fmt::Display;
use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::ObjectReference;

use crate::events::{Letterbox, Note};
use crate::metrics::{Expiring, Metrics};
use crate::reason::{Reason, Tone};

/// Tells of one Secret and what comes of it.
#[derive(Clone)]
pub struct Teller {
    letterbox: Letterbox,
    metrics: Arc<Metrics>,
    secret: ObjectReference,
}

impl Teller {
    /// Tells of the Secret of this name.
    pub(crate) fn new(letterbox: Letterbox, metrics: Arc<Metrics>, namespace: &str, secret: &str) -> Self {
        let secret = ObjectReference {
            api_version: Some("v1".to_owned()),
            kind: Some("Secret".to_owned()),
            namespace: Some(namespace.to_owned()),
            name: Some(secret.to_owned()),
            ..ObjectReference::default()
        };
        Self { letterbox, metrics, secret }
    }

    /// What was done or found, with what is to be said of it besides what its reason means.
    pub(super) fn tell(&self, reason: Reason, more: &str) {
        let secret = self.secret.name.as_deref().unwrap_or_default();
        let message = format!("{} {more}", reason.meaning());
        match reason.tone() {
            Tone::Good => tracing::info!(secret, %reason, "{message}"),
            Tone::Bad => tracing::error!(secret, %reason, "{message}"),
        }
        self.metrics.stepped(reason);
        self.letterbox.leave(Note {
            action: "KeepCertificates",
            reason: reason.name(),
            tone: reason.tone(),
            message,
            regarding: self.secret.clone(),
        });
    }

    /// What the API server did not take, or did not answer. No Event: it would not take that either.
    pub(super) fn failed(&self, what: &str, error: &dyn Display) {
        let (secret, reason) = (self.secret.name.as_deref().unwrap_or_default(), Reason::Failed);
        tracing::warn!(secret, %reason, %error, "{what}");
        self.metrics.stepped(reason);
    }

    /// When a certificate ends.
    pub(super) fn expires(&self, which: Expiring, at: Timestamp) {
        self.metrics.expires(which, at);
    }
}
