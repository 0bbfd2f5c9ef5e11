//! Assess: what the sources say of a completed transaction, the provider's own indication among them.

use riskgate_core::{Flow, Level, Phase, Scope, Signal, own, signal::PROVIDER_SOURCE};
use riskgate_sources::Question;
use riskgate_store::Order;
use riskgate_wire::{Completed, Shown};

use super::gateway::Exchange;

/// Every signal that a completed transaction is judged on. `asks` is what [`takes_time`] said.
pub(super) async fn signals(
    exchange: &Exchange,
    reference: &str,
    order: Option<&Order>,
    (completed, shown): (&Completed, Shown),
    scope: &Scope<'_>,
    asks: bool,
) -> Vec<Signal> {
    let mut signals =
        order.map_or_else(|| exchange.snapshot.config.lost_with_order(scope), |order| order.signals.to_vec());
    let answered = signals.iter_mut().find(|signal| signal.source == PROVIDER_SOURCE);
    let was_answered = answered.map(settle_challenge).is_some();
    if !was_answered || completed.indication.is_some() {
        signals.push(indication(exchange, order, completed, scope));
    }
    if !asks {
        return signals;
    }
    let question = question(exchange, reference, order, (completed, shown));
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
pub(super) fn takes_time(exchange: &Exchange, order: Option<&Order>, scope: &Scope<'_>) -> bool {
    if order.is_some_and(|order| order.signals.iter().any(|signal| signal.source == PROVIDER_SOURCE)) {
        return false; // they were asked when the request was answered that this result belongs to
    }
    scope.flows().iter().any(|flow| exchange.snapshot.sources.asks(flow, Phase::Assess))
}

/// The provider's signal of the answer that opened a session, now that the session has a result: a challenge was met.
fn settle_challenge(signal: &mut Signal) {
    if let Some(challenged) = signal.indicators.iter_mut().find(|indicator| *indicator == own::CHALLENGED) {
        own::CHALLENGE_MET.clone_into(challenged);
        signal.assessment = Level::Low.into();
    }
}

/// The provider's own indication as a signal. Of the facts only the conditions of `blockWhen` that hold stay.
fn indication(
    exchange: &Exchange,
    order: Option<&Order>,
    completed: &Completed,
    scope: &Scope<'_>,
) -> Signal {
    let operation = order.map(|order| order.operation);
    let without = || exchange.provider().protocol.without_indication(operation);
    let assessment = completed.indication.unwrap_or_else(without);
    exchange.gateway.metrics().signal(PROVIDER_SOURCE, assessment);
    let mut indicators = completed.indicators.clone();
    for held in completed.facts.held(conditions(scope)) {
        if !indicators.contains(&held) {
            indicators.push(held);
        }
    }
    Signal { score: completed.score, indicators, ..Signal::new(PROVIDER_SOURCE, Phase::Assess, assessment) }
}

/// What the flows of a scope ask of the provider's own answer.
fn conditions<'a>(scope: &'a Scope<'_>) -> impl Iterator<Item = &'a str> {
    let rules = scope.flows().iter().filter_map(|flow| flow.rule(PROVIDER_SOURCE));
    rules.flat_map(|rule| &rule.block_when).map(String::as_str)
}

fn question(
    exchange: &Exchange,
    reference: &str,
    order: Option<&Order>,
    (completed, shown): (&Completed, Shown),
) -> Question {
    Question {
        provider: exchange.provider().name.to_string(),
        reference: (!shown.unreferenced).then(|| reference.to_owned()),
        operation: order.map(|order| order.operation),
        client_ip: order.and_then(|order| order.client_ip),
        device_ip: completed.device_ip,
        user_agent: order.and_then(|order| order.user_agent.as_deref()).map(str::to_owned),
        assurance: shown.assurance,
        renewed: shown.renewed,
        request: None,
        subject: completed.subject.clone().or_else(|| order?.subject.as_deref().map(str::to_owned)),
    }
}

/// One flow that names every source of `flows`, each once: so that a source is asked once about one transaction, and for the
/// conditions of each flow.
fn together(flows: &[&Flow]) -> Option<Flow> {
    let mut all = Flow::clone(flows.first()?);
    for rule in flows.iter().flat_map(|flow| &flow.sources) {
        match all.sources.iter_mut().find(|known| known.name == rule.name) {
            None => all.sources.push(rule.clone()),
            Some(known) => {
                for condition in &rule.block_when {
                    if !known.block_when.contains(condition) {
                        known.block_when.push(condition.clone());
                    }
                }
            }
        }
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flows_that_are_asked_together_keep_the_conditions_of_each() {
        let flow = |name: &str, sources: serde_json::Value| -> Flow {
            let rules = serde_json::json!({
                "name": name, "provider": "bankid", "operations": ["Auth"], "whenUnknown": "Block",
                "whenUnavailable": "Block", "sources": sources,
            });
            serde_json::from_value(rules).unwrap()
        };
        let json = |text: &str| serde_json::from_str(text).unwrap();
        let first =
            flow("a", json(r#"[{ "name": "engine", "blockWhen": ["amount >= 5"] }, { "name": "ip" }]"#));
        let second = flow(
            "b",
            json(
                r#"[{ "name": "ip", "blockWhen": ["isTor"] },
                    { "name": "engine", "blockWhen": ["amount >= 5", "matchedRules = V"] }]"#,
            ),
        );
        let third = flow("c", json(r#"[{ "name": "fraud", "blockWhen": ["mule"] }]"#));
        let all = together(&[&first, &second, &third]).unwrap();
        let rules: Vec<(&str, Vec<&str>)> = all
            .sources
            .iter()
            .map(|rule| (rule.name.as_str(), rule.block_when.iter().map(String::as_str).collect()))
            .collect();
        assert_eq!(
            rules,
            [
                ("engine", vec!["amount >= 5", "matchedRules = V"]),
                ("ip", vec!["isTor"]),
                ("fraud", vec!["mule"])
            ]
        );
        assert!(together(&[]).is_none());
    }
}
