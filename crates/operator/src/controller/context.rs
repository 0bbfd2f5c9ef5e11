//! What passes share.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kube::Client;
use riskgate_api::RiskPolicyStatus;

use super::backoff::Backoff;
use super::verify::Memory;
use crate::events::Events;
use crate::metrics::Metrics;
use crate::watches::{PolicyKey, Watches};

/// What the passes of one term of leadership share.
pub struct Context {
    pub(super) client: Client,
    pub(super) watches: Watches,
    pub(super) metrics: Arc<Metrics>,
    pub(super) events: Events,
    pub(super) backoff: Backoff,
    /// What is done beyond the least rights.
    pub(super) widened: Widened,
    /// What was seen of Secrets and ConfigMaps that policies name.
    pub(super) verified: Memory,
    written: Mutex<HashMap<PolicyKey, Written>>,
    kept: Mutex<HashSet<PolicyKey>>,
}

/// What the operator does beyond its least rights, where somebody lets it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Widened {
    /// Bound pods are annotated after a change.
    pub nudges: bool,
    /// The Secrets and ConfigMaps that policies name are looked at, so often.
    pub verify_every: Option<Duration>,
}

/// What was last written for a policy. The watches show it a moment later; until then it must not be written again.
#[derive(Debug, Clone, Default)]
pub(super) struct Written {
    pub(super) config_map: Option<WrittenMap>,
    pub(super) status: Option<WrittenStatus>,
}

/// The ConfigMap as it was last applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WrittenMap {
    /// The revision of the configuration in it.
    pub(super) revision: String,
    /// The resource version that the watch showed before; none where it showed no ConfigMap.
    pub(super) before: Option<String>,
    /// The resource version that the write came to.
    pub(super) after: String,
}

/// The status as it was last written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct WrittenStatus {
    pub(super) status: RiskPolicyStatus,
    /// The policy's resource version that the watch showed before.
    pub(super) before: Option<String>,
}

impl Context {
    /// For a term that begins.
    #[must_use]
    pub fn new(
        client: Client,
        watches: Watches,
        metrics: Arc<Metrics>,
        instance: &str,
        widened: Widened,
    ) -> Self {
        Self {
            widened,
            verified: Memory::default(),
            events: Events::new(client.clone(), instance),
            client,
            watches,
            metrics,
            backoff: Backoff::default(),
            written: Mutex::default(),
            kept: Mutex::default(),
        }
    }

    pub(super) fn written(&self, key: &PolicyKey) -> Written {
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        written.get(key).cloned().unwrap_or_default()
    }

    pub(super) fn wrote_map(&self, key: &PolicyKey, map: WrittenMap) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        written.entry(key.clone()).or_default().config_map = Some(map);
    }

    pub(super) fn wrote_status(&self, key: &PolicyKey, status: WrittenStatus) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        written.entry(key.clone()).or_default().status = Some(status);
    }

    /// That the configuration of a deleted policy is kept; whether that is news.
    pub(super) fn keep(&self, key: &PolicyKey) -> bool {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone())
    }

    /// That a policy is gone.
    pub(super) fn forget(&self, key: &PolicyKey) {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
        self.backoff.reset(key);
        self.verified.forget(key);
    }

    /// That the policy is there again, or its configuration is gone, too.
    pub(super) fn no_longer_kept(&self, key: &PolicyKey) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}
