//! Metrics, with labels bounded by the configuration (design.md section 4).

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use riskgate_core::config::Mode;
use riskgate_core::{Assessment, Operation, Signal, Verdict};
use riskgate_sources::Observer;
use riskgate_wire::Lint;

use super::address_metrics::AddressMetrics;
use crate::config::credentials::unix_now;
use crate::config::snapshot::Snapshot;

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The provider's answer passed.
    Passed,
    /// A decided answer passed.
    Allowed,
    /// A decision refused it.
    Blocked,
    /// Turned away before it was looked at, or malformed.
    Rejected,
    /// No flow covers it.
    Uncovered,
    /// A kept answer was given again.
    Replayed,
    /// Still assessed; the application was told to ask again.
    Pending,
    /// Nothing could be sent.
    Unreachable,
    /// The provider's answer is missing or cannot be believed.
    Failed,
}

impl Outcome {
    /// How many there are.
    pub const COUNT: usize = Self::Failed as usize + 1;

    fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Allowed => "allowed",
            Self::Blocked => "blocked",
            Self::Rejected => "rejected",
            Self::Uncovered => "uncovered",
            Self::Replayed => "replayed",
            Self::Pending => "pending",
            Self::Unreachable => "unreachable",
            Self::Failed => "failed",
        }
    }
}

/// What a request was, as a metric label: an operation, or a call about one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// It starts a transaction.
    Start(Operation),
    /// It asks for a result.
    Collect,
    /// It ends a transaction.
    Cancel,
    /// It carries no result.
    Pass,
    /// It probes.
    Probe,
    /// Anything else.
    Other,
}

impl Call {
    /// How many there are.
    pub const COUNT: usize = Operation::ALL.len() + 5;

    /// Its place among all.
    #[must_use]
    pub fn index(self) -> usize {
        let after = |others: usize| Operation::ALL.len() + others;
        match self {
            Self::Start(operation) => operation as usize,
            Self::Collect => after(0),
            Self::Cancel => after(1),
            Self::Pass => after(2),
            Self::Probe => after(3),
            Self::Other => after(4),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Start(operation) => operation.name(),
            Self::Collect => "Collect",
            Self::Cancel => "Cancel",
            Self::Pass => "Pass",
            Self::Probe => "Probe",
            Self::Other => "Other",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    provider: Arc<str>,
    operation: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    provider: Arc<str>,
    operation: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DecisionLabels {
    provider: Arc<str>,
    flow: String,
    verdict: String,
    mode: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SignalLabels {
    source: String,
    assessment: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SourceLabels {
    source: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LintLabels {
    provider: Arc<str>,
    finding: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StoreLabels {
    operation: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReloadLabels {
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RevisionLabels {
    revision: Arc<str>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct NameLabels {
    name: String,
}

type Histograms<L> = Family<L, Histogram, fn() -> Histogram>;

/// Every metric of the sidecar.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Histograms<CallLabels>,
    upstream_seconds: Histograms<CallLabels>,
    decisions: Family<DecisionLabels, Counter>,
    signals: Family<SignalLabels, Counter>,
    source_seconds: Histograms<SourceLabels>,
    lint: Family<LintLabels, Counter>,
    open: Gauge,
    store_bytes: Gauge,
    store_errors: Family<StoreLabels, Counter>,
    reloads: Family<ReloadLabels, Counter>,
    config_info: Family<RevisionLabels, Gauge>,
    certificate_expiry: Family<NameLabels, Gauge>,
    addresses: AddressMetrics,
}

/// From a tenth of a millisecond to the longest answer: BankID takes milliseconds, a failing provider seconds.
fn seconds() -> Histogram {
    Histogram::new([
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
    ])
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Metrics, all at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut all = Self {
            registry: Registry::with_prefix("riskgate"),
            requests: Family::default(),
            request_seconds: Histograms::new_with_constructor(seconds),
            upstream_seconds: Histograms::new_with_constructor(seconds),
            decisions: Family::default(),
            signals: Family::default(),
            source_seconds: Histograms::new_with_constructor(seconds),
            lint: Family::default(),
            open: Gauge::default(),
            store_bytes: Gauge::default(),
            store_errors: Family::default(),
            reloads: Family::default(),
            config_info: Family::default(),
            certificate_expiry: Family::default(),
            addresses: AddressMetrics::default(),
        };
        all.register();
        all
    }

    fn register(&mut self) {
        let to = &mut self.registry;
        to.register("requests", "Requests of the application", self.requests.clone());
        to.register(
            "request_seconds",
            "From a request's last byte to its answer",
            self.request_seconds.clone(),
        );
        to.register(
            "upstream_seconds",
            "From a call of the provider to its answer",
            self.upstream_seconds.clone(),
        );
        to.register("decisions", "Decisions", self.decisions.clone());
        to.register("signals", "What the sources said", self.signals.clone());
        to.register("source_seconds", "How long the sources took", self.source_seconds.clone());
        to.register("lint_findings", "What is wrong with what the application sends", self.lint.clone());
        to.register("transactions_open", "Transactions in the store", self.open.clone());
        to.register("store_bytes", "Bytes that the store accounts for", self.store_bytes.clone());
        to.register("store_errors", "What the store refused or failed to do", self.store_errors.clone());
        to.register("config_reloads", "Changes of the configuration, taken or refused", self.reloads.clone());
        to.register("config_info", "The revision in force", self.config_info.clone());
        let about = "Seconds until a client certificate expires";
        to.register("certificate_expiry_seconds", about, self.certificate_expiry.clone());
        self.addresses.register(to);
    }

    /// The counter of requests that ended so.
    #[must_use]
    pub fn requests(&self, provider: &Arc<str>, call: Call, outcome: Outcome) -> Counter {
        let labels =
            RequestLabels { provider: provider.clone(), operation: call.name(), outcome: outcome.name() };
        self.requests.get_or_create(&labels).clone()
    }

    /// How long requests take.
    #[must_use]
    pub fn request_seconds(&self, provider: &Arc<str>, call: Call) -> Histogram {
        let labels = CallLabels { provider: provider.clone(), operation: call.name() };
        self.request_seconds.get_or_create(&labels).clone()
    }

    /// How long calls of the provider take.
    #[must_use]
    pub fn upstream_seconds(&self, provider: &Arc<str>, call: Call) -> Histogram {
        let labels = CallLabels { provider: provider.clone(), operation: call.name() };
        self.upstream_seconds.get_or_create(&labels).clone()
    }

    /// Counts a decision. `flow` is empty where no flow, or every flow, was asked.
    pub fn decision(&self, provider: &Arc<str>, flow: Option<&str>, verdict: Verdict, mode: Mode) {
        let labels = DecisionLabels {
            provider: provider.clone(),
            flow: flow.unwrap_or_default().to_owned(),
            verdict: verdict.to_string(),
            mode: mode.to_string(),
        };
        self.decisions.get_or_create(&labels).inc();
    }

    /// Counts a signal.
    pub fn signal(&self, source: &str, assessment: Assessment) {
        let labels = SignalLabels { source: source.to_owned(), assessment: assessment.name() };
        self.signals.get_or_create(&labels).inc();
    }

    /// Counts a finding about what the application sent.
    pub fn lint(&self, provider: &Arc<str>, finding: Lint) {
        self.lint.get_or_create(&LintLabels { provider: provider.clone(), finding: finding.name() }).inc();
    }

    /// Counts what the store refused or failed to do.
    pub fn store_error(&self, operation: &'static str) {
        self.store_errors.get_or_create(&StoreLabels { operation }).inc();
    }

    /// Counts a change of the configuration that was refused.
    pub fn reload_refused(&self) {
        self.reloads.get_or_create(&ReloadLabels { result: "refused" }).inc();
    }

    /// Counts a change of the configuration that was taken.
    pub fn reload_taken(&self) {
        self.reloads.get_or_create(&ReloadLabels { result: "taken" }).inc();
    }

    /// Notes the snapshot in force.
    pub fn in_force(&self, snapshot: &Snapshot) {
        self.config_info.clear();
        self.config_info.get_or_create(&RevisionLabels { revision: snapshot.revision.clone() }).set(1);
    }

    /// Every metric in the OpenMetrics text format, with gauges brought up to date.
    #[must_use]
    pub fn encode(&self, snapshot: &Snapshot, usage: riskgate_store::Usage) -> String {
        self.open.set(i64::try_from(usage.open).unwrap_or(i64::MAX));
        self.store_bytes.set(i64::try_from(usage.bytes).unwrap_or(i64::MAX));
        self.certificate_expiry.clear();
        let now = unix_now();
        for provider in &snapshot.providers {
            for (certificate, name) in provider.current.iter().zip(&provider.certificate_names) {
                let Some(identity) = &certificate.identity else { continue };
                let left = identity.not_after() - now;
                self.certificate_expiry.get_or_create(&NameLabels { name: name.clone() }).set(left);
            }
        }
        self.addresses.update(snapshot.addresses.iter().map(Arc::as_ref));
        let mut encoded = String::new();
        // Writing to a String cannot fail.
        let _written = text::encode(&mut encoded, &self.registry);
        encoded
    }
}

impl Observer for Metrics {
    fn observe(&self, signal: &Signal, latency: Duration) {
        self.signal(&signal.source, signal.assessment);
        let labels = SourceLabels { source: signal.source.clone() };
        self.source_seconds.get_or_create(&labels).observe(latency.as_secs_f64());
    }
}
