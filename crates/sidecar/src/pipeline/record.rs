//! Record: one decision record and its metrics. No personal number, token, signature or full address is in any of them.

use riskgate_core::config::Mode;
use riskgate_core::{DECISION_SCHEMA, DecisionRecord, Operation, Outcome, Signal, Verdict};

use super::gateway::Exchange;

/// What a decision was about.
#[derive(Default)]
pub(super) struct Circumstances<'a> {
    pub(super) operation: Option<Operation>,
    pub(super) flow: Option<&'a str>,
    pub(super) reference: Option<&'a str>,
    pub(super) subject: Option<&'a str>,
    pub(super) attached: &'a [String],
    pub(super) lint: &'a [String],
    pub(super) signals: &'a [Signal],
}

/// A new decision id.
pub(super) fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// Writes the record of a decision, and counts it.
pub(super) fn record(exchange: &Exchange, about: &Circumstances<'_>, outcome: &Outcome, id: &str) {
    let snapshot = &exchange.snapshot;
    let config = &snapshot.config;
    let provider = exchange.provider();
    let enforced = if config.mode == Mode::Monitor { Verdict::Allow } else { outcome.enforced() };
    let record = DecisionRecord {
        schema: DECISION_SCHEMA.to_owned(),
        id: id.to_owned(),
        time: jiff::Timestamp::now().to_string(),
        namespace: config.policy.namespace.clone(),
        pod: exchange.gateway.pod.clone(),
        policy: config.policy.name.clone(),
        revision: snapshot.revision.to_string(),
        mode: config.mode,
        provider: provider.protocol.provider(),
        operation: about.operation,
        flow: about.flow.map(str::to_owned),
        transaction: about.reference.map(|reference| snapshot.pseudonyms.transaction(reference)),
        subject: about.subject.map(|subject| snapshot.pseudonyms.subject(subject)),
        attached: about.attached.to_vec(),
        lint: about.lint.to_vec(),
        signals: about.signals.to_vec(),
        verdict: outcome.verdict,
        enforced,
        reasons: outcome.reasons.clone(),
    };
    exchange.gateway.decisions().write(&record);
    exchange.gateway.metrics().decision(&provider.name, about.flow, outcome.verdict, config.mode);
}
