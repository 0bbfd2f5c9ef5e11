//! Assess: what the sources say of a completed transaction, the provider's own indication among them.

use riskgate_core::{Flow, Phase, Scope, Signal, cause, signal::PROVIDER_SOURCE};
use riskgate_sources::Question;
use riskgate_store::Order;
use riskgate_wire::Completed;

use super::gateway::Exchange;

/// Every signal that a completed transaction is judged on. `asks` is what [`takes_time`] said.
pub(super) async fn signals(
    exchange: &Exchange,
    reference: &str,
    order: Option<&Order>,
    completed: &Completed,
    scope: &Scope<'_>,
    asks: bool,
) -> Vec<Signal> {
    let mut signals = order.map_or_else(|| lost(scope), |order| order.signals.to_vec());
    signals.push(indication(exchange, order, completed));
    if !asks {
        return signals;
    }
    let question = question(exchange, reference, order, completed);
    let sources = &exchange.snapshot.sources;
    match scope {
        Scope::Flow(flow) => signals.extend(sources.ask(flow, Phase::Assess, &question).await),
        Scope::Strictest { flows, .. } => {
            if let Some(all) = together(flows) {
                signals.extend(sources.ask(&all, Phase::Assess, &question).await);
            }
        }
        Scope::UnknownBlocked | Scope::Uncovered(_) => {}
    }
    signals
}

/// Whether sources are asked about a completed transaction: then its answer has to be kept meanwhile.
pub(super) fn takes_time(exchange: &Exchange, scope: &Scope<'_>) -> bool {
    let asks = |flow: &Flow| exchange.snapshot.sources.asks(flow, Phase::Assess);
    match scope {
        Scope::Flow(flow) => asks(flow),
        Scope::Strictest { flows, .. } => flows.iter().any(|flow| asks(flow)),
        Scope::UnknownBlocked | Scope::Uncovered(_) => false,
    }
}

/// The provider's own indication as a signal.
fn indication(exchange: &Exchange, order: Option<&Order>, completed: &Completed) -> Signal {
    let operation = order.map(|order| order.operation);
    let without = || exchange.provider().protocol.without_indication(operation);
    let assessment = completed.indication.unwrap_or_else(without);
    exchange.gateway.metrics().signal(PROVIDER_SOURCE, assessment);
    Signal {
        score: completed.score,
        indicators: completed.indicators.clone(),
        ..Signal::new(PROVIDER_SOURCE, Phase::Assess, assessment)
    }
}

fn question(exchange: &Exchange, reference: &str, order: Option<&Order>, completed: &Completed) -> Question {
    Question {
        provider: exchange.provider().name.to_string(),
        reference: Some(reference.to_owned()),
        operation: order.map(|order| order.operation),
        client_ip: order.and_then(|order| order.client_ip),
        device_ip: completed.device_ip,
        user_agent: order.and_then(|order| order.user_agent.as_deref()).map(str::to_owned),
        request: None,
        subject: completed.subject.clone().or_else(|| order?.subject.as_deref().map(str::to_owned)),
    }
}

/// One flow that names every source of `flows`, each once: so that a source is asked once about one transaction.
fn together(flows: &[&Flow]) -> Option<Flow> {
    let mut all = Flow::clone(flows.first()?);
    for rule in flows.iter().flat_map(|flow| &flow.sources) {
        if all.rule(&rule.name).is_none() {
            all.sources.push(rule.clone());
        }
    }
    Some(all)
}

/// The screen-phase signals of an order that is not known: lost, not harmless.
fn lost(scope: &Scope<'_>) -> Vec<Signal> {
    let Scope::Strictest { flows, .. } = scope else { return Vec::new() };
    let rules = together(flows).map(|all| all.sources).unwrap_or_default();
    rules
        .iter()
        .filter(|rule| rule.name != PROVIDER_SOURCE)
        .map(|rule| Signal::unavailable(&rule.name, Phase::Screen, cause::CONTEXT_LOST))
        .collect()
}
