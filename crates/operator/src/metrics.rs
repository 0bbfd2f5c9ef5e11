//! The operator's metrics (design.md section 4). Labels come from closed sets.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::names::METRICS_PREFIX;
use crate::reason::Reason;

/// How a pass came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum Outcome {
    /// The policy is ready.
    Ready,
    /// The policy is not, for the reason given.
    NotReady,
    /// The configuration of a deleted policy is kept.
    Kept,
    /// The configuration of a deleted policy was removed.
    Removed,
    /// The pass is tried again.
    Failed,
}

/// A certificate whose end is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Expiring {
    /// The CA that signs.
    Authority,
    /// The certificate that this replica shows.
    Leaf,
}

/// Upper bounds of the time that an admission takes, in seconds: the goal is 5 ms, and the API server waits 10 s.
const ADMISSION_SECONDS: [f64; 12] =
    [0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 10.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reconcile {
    result: Outcome,
    reason: Reason,
}

/// Both from closed sets: of the injector's reasons, and of the operator's.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Admission {
    result: &'static str,
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Step {
    reason: Reason,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Certificate {
    name: &'static str,
}

impl EncodeLabelValue for Reason {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        self.name().encode(encoder)
    }
}

/// The operator's metrics.
pub struct Metrics {
    registry: Registry,
    reconciles: Family<Reconcile, Counter<u64, AtomicU64>>,
    admissions: Family<Admission, Counter<u64, AtomicU64>>,
    admission_seconds: Histogram,
    leader: Gauge,
    steps: Family<Step, Counter<u64, AtomicU64>>,
    expiry: Family<Certificate, Gauge>,
    expires: Mutex<BTreeMap<Expiring, Timestamp>>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix(METRICS_PREFIX);
        let reconciles = Family::default();
        let about = "Passes of the controller, by how they came out.";
        registry.register("reconciles", about, reconciles.clone());
        let admissions = Family::default();
        let about = "Pods and policies that the API server asked about, by what was answered.";
        registry.register("admissions", about, admissions.clone());
        let admission_seconds = Histogram::new(ADMISSION_SECONDS);
        let about = "How long an answer to the API server took, in seconds.";
        registry.register("admission_seconds", about, admission_seconds.clone());
        let leader = Gauge::default();
        registry.register("leader", "Whether this replica holds the Lease.", leader.clone());
        let steps = Family::default();
        let about = "What became of the webhooks' certificates and of the CA that signs them.";
        registry.register("certificate_steps", about, steps.clone());
        let expiry = Family::default();
        let about = "Seconds until a certificate of the webhooks expires.";
        registry.register("certificate_expiry_seconds", about, expiry.clone());
        Self {
            registry,
            reconciles,
            admissions,
            admission_seconds,
            leader,
            steps,
            expiry,
            expires: Mutex::default(),
        }
    }
}

impl Metrics {
    /// Counts a pass.
    pub fn reconciled(&self, result: Outcome, reason: Reason) {
        self.reconciles.get_or_create(&Reconcile { result, reason }).inc();
    }

    /// Counts an answer to the API server. Both words come from closed sets.
    pub fn admitted(&self, result: &'static str, reason: &'static str, took: Duration) {
        self.admissions.get_or_create(&Admission { result, reason }).inc();
        self.admission_seconds.observe(took.as_secs_f64());
    }

    /// Tells whether this replica leads.
    pub fn lead(&self, leads: bool) {
        self.leader.set(i64::from(leads));
    }

    /// Counts what became of a certificate or a CA.
    pub fn stepped(&self, reason: Reason) {
        self.steps.get_or_create(&Step { reason }).inc();
    }

    /// Tells when a certificate ends.
    pub fn expires(&self, which: Expiring, at: Timestamp) {
        self.expires.lock().unwrap_or_else(PoisonError::into_inner).insert(which, at);
    }

    /// All of them, in the text format of OpenMetrics.
    ///
    /// # Errors
    /// None: a text takes whatever is written to it.
    pub fn encode(&self) -> Result<String, std::fmt::Error> {
        let now = Timestamp::now();
        for (which, at) in self.expires.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let name = match which {
                Expiring::Authority => "ca",
                Expiring::Leaf => "leaf",
            };
            self.expiry.get_or_create(&Certificate { name }).set(at.duration_since(now).as_secs());
        }
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_are_counted_by_outcome_and_reason() {
        let metrics = Metrics::default();
        metrics.reconciled(Outcome::NotReady, Reason::Invalid);
        metrics.reconciled(Outcome::NotReady, Reason::Invalid);
        metrics.lead(true);
        let text = metrics.encode().unwrap();
        let line = r#"riskgate_operator_reconciles_total{result="NotReady",reason="Invalid"} 2"#;
        assert!(text.contains(line), "{text}");
        assert!(text.contains("riskgate_operator_leader 1"), "{text}");
    }

    #[test]
    fn answers_are_counted_and_timed() {
        let metrics = Metrics::default();
        metrics.admitted("refused", "PolicyUnknown", Duration::from_millis(3));
        metrics.expires(Expiring::Leaf, Timestamp::now() + Duration::from_secs(3600));
        let text = metrics.encode().unwrap();
        for line in [
            r#"riskgate_operator_admissions_total{result="refused",reason="PolicyUnknown"} 1"#,
            r#"riskgate_operator_admission_seconds_bucket{le="0.0025"} 0"#,
            r#"riskgate_operator_admission_seconds_bucket{le="0.005"} 1"#,
            r#"riskgate_operator_certificate_expiry_seconds{name="leaf"} 3"#,
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
    }
}
