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
    let mut text = uuid::Uuid::encode_buffer();
    uuid::Uuid::now_v7().hyphenated().encode_lower(&mut text).to_owned()
}

/// Writes the record of a decision, and counts it.
pub(super) fn record(exchange: &Exchange, about: &Circumstances<'_>, outcome: &Outcome, id: &str) {
    let snapshot = &exchange.snapshot;
    let config = &snapshot.config;
    let provider = exchange.provider();
    let enforced = if config.mode == Mode::Monitor { Verdict::Allow } else { outcome.enforced() };
    let record = DecisionRecord {
        schema: DECISION_SCHEMA.into(),
        id: id.into(),
        time: jiff::Timestamp::now().to_string().into(),
        namespace: config.policy.namespace.as_str().into(),
        pod: exchange.gateway.pod.as_str().into(),
        policy: config.policy.name.as_str().into(),
        revision: (&*snapshot.revision).into(),
        mode: config.mode,
        provider: provider.protocol.provider(),
        operation: about.operation,
        flow: about.flow.map(Into::into),
        transaction: about.reference.map(|reference| snapshot.pseudonyms.transaction(reference)),
        subject: about.subject.map(|subject| snapshot.pseudonyms.subject(subject)),
        attached: about.attached.into(),
        lint: about.lint.into(),
        signals: about.signals.into(),
        verdict: outcome.verdict,
        enforced,
        reasons: (&outcome.reasons).into(),
    };
    exchange.gateway.decisions().write(&record);
    exchange.gateway.metrics().decision(&provider.name, about.flow, outcome.verdict, config.mode);
}
