//! The operator's metrics (design.md section 4). Labels come from closed sets.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
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

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reconcile {
    result: Outcome,
    reason: Reason,
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
    leader: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix(METRICS_PREFIX);
        let reconciles = Family::default();
        registry.register(
            "reconciles",
            "Passes of the controller, by how they came out.",
            reconciles.clone(),
        );
        let leader = Gauge::default();
        registry.register("leader", "Whether this replica holds the Lease.", leader.clone());
        Self { registry, reconciles, leader }
    }
}

impl Metrics {
    /// Counts a pass.
    pub fn reconciled(&self, result: Outcome, reason: Reason) {
        self.reconciles.get_or_create(&Reconcile { result, reason }).inc();
    }

    /// Tells whether this replica leads.
    pub fn lead(&self, leads: bool) {
        self.leader.set(i64::from(leads));
    }

    /// All of them, in the text format of OpenMetrics.
    ///
    /// # Errors
    /// None: a text takes whatever is written to it.
    pub fn encode(&self) -> Result<String, std::fmt::Error> {
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
}
