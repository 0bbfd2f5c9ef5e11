//! Assess: what the sources say of a transaction, the provider's own indication among them.

use riskgate_core::{Flow, Phase, Scope, Signal, cause, signal::PROVIDER_SOURCE};
use riskgate_store::Order;
use riskgate_wire::Completed;

use super::gateway::Exchange;

#[derive(Default)]
pub(super) struct Question {
    pub(super) operation: Option<riskgate_core::Operation>,
    pub(super) client_ip: Option<std::net::IpAddr>,
    pub(super) user_agent: Option<String>,
    pub(super) subject: Option<String>,
}

/// Asks the sources that `flow` names, in `phase`. What each says is counted.
pub(super) async fn ask_sources(
    exchange: &Exchange,
    flow: &Flow,
    phase: Phase,
    question: &Question,
) -> Vec<Signal> {
    // This version has no enrichment source, so that no flow can name one (the configuration's check refuses it).
    let _ = (exchange, flow, phase, question);
    Vec::new()
}

/// The provider's own indication as a signal.
pub(super) fn indication(exchange: &Exchange, order: Option<&Order>, completed: &Completed) -> Signal {
    let operation = order.map(|order| order.operation);
    let assessment =
        completed.indication.unwrap_or_else(|| exchange.provider().protocol.without_indication(operation));
    Signal::new(PROVIDER_SOURCE, Phase::Assess, assessment)
}

/// Every signal that a completed transaction is judged on.
pub(super) async fn signals(
    exchange: &Exchange,
    order: Option<&Order>,
    completed: &Completed,
    scope: &Scope<'_>,
) -> Vec<Signal> {
    let mut signals = match order {
        Some(order) => order.signals.clone(),
        None => lost(scope),
    };
    let indication = indication(exchange, order, completed);
    exchange.gateway.metrics().signal(&indication.source, indication.assessment, None);
    signals.push(indication);
    signals
}

/// The screen-phase signals of an order that is not known: lost, not harmless.
fn lost(scope: &Scope<'_>) -> Vec<Signal> {
    let Scope::Strictest { flows, .. } = scope else { return Vec::new() };
    let mut names: Vec<&str> = flows
        .iter()
        .flat_map(|flow| &flow.sources)
        .map(|rule| rule.name.as_str())
        .filter(|name| *name != PROVIDER_SOURCE)
        .collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|name| Signal::unavailable(name, Phase::Screen, cause::CONTEXT_LOST)).collect()
}
