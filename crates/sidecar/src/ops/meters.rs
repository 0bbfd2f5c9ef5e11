//! The metrics that every request touches, looked up once for each provider entry.
//!
//! A look-up by labels hashes them all and takes a lock; with five a request that was a twentieth of its cost.

use std::sync::{Arc, OnceLock};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;

use super::metrics::{Call, Metrics, Outcome};

/// The meters of one provider entry. Each appears in the metrics when it first counts.
pub struct Meters {
    metrics: Arc<Metrics>,
    provider: Arc<str>,
    calls: [CallMeters; Call::COUNT],
}

#[derive(Default)]
struct CallMeters {
    outcomes: [OnceLock<Counter>; Outcome::COUNT],
    request_seconds: OnceLock<Histogram>,
    upstream_seconds: OnceLock<Histogram>,
}

impl Meters {
    /// Meters for the provider entry of that name.
    #[must_use]
    pub fn new(metrics: Arc<Metrics>, provider: Arc<str>) -> Self {
        Self { metrics, provider, calls: Default::default() }
    }

    /// Counts a request.
    pub fn request(&self, call: Call, outcome: Outcome, seconds: f64) {
        let meters = &self.calls[call.index()];
        meters.outcomes[outcome as usize]
            .get_or_init(|| self.metrics.requests(&self.provider, call, outcome))
            .inc();
        meters
            .request_seconds
            .get_or_init(|| self.metrics.request_seconds(&self.provider, call))
            .observe(seconds);
    }

    /// Counts a call of the provider.
    pub fn upstream(&self, call: Call, seconds: f64) {
        self.calls[call.index()]
            .upstream_seconds
            .get_or_init(|| self.metrics.upstream_seconds(&self.provider, call))
            .observe(seconds);
    }
}
