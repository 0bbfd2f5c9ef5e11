//! Record: one decision record and its metrics. No personal number, token, signature or full address is in any of them.

use bytes::Bytes;
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
    exchange.gateway.decisions().write(&compose(exchange, about, outcome, id));
    count(exchange, about, outcome);
}

/// The record as a line, to be kept until it was written by [`write`]. None where nobody would keep it.
pub(super) fn line(
    exchange: &Exchange,
    about: &Circumstances<'_>,
    outcome: &Outcome,
    id: &str,
) -> Option<Bytes> {
    if !exchange.gateway.store.is_shared() {
        return None;
    }
    // A record has no map whose keys are not text, so that it cannot fail to serialise.
    serde_json::to_vec(&compose(exchange, about, outcome, id)).ok().map(Bytes::from)
}

/// Writes the record of a settled answer as the line that the store keeps, and counts it.
pub(super) fn write(exchange: &Exchange, about: &Circumstances<'_>, outcome: &Outcome, line: &Bytes) {
    exchange.gateway.decisions().write_line(line);
    count(exchange, about, outcome);
}

fn count(exchange: &Exchange, about: &Circumstances<'_>, outcome: &Outcome) {
    let mode = exchange.snapshot.config.mode;
    exchange.gateway.metrics().decision(&exchange.provider().name, about.flow, outcome.verdict, mode);
}

fn compose<'a>(
    exchange: &'a Exchange,
    about: &Circumstances<'a>,
    outcome: &'a Outcome,
    id: &'a str,
) -> DecisionRecord<'a> {
    let snapshot = &exchange.snapshot;
    let config = &snapshot.config;
    let provider = exchange.provider();
    let enforced = if config.mode == Mode::Monitor { Verdict::Allow } else { outcome.enforced() };
    DecisionRecord {
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
    }
}
