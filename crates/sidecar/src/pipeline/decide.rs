//! Decide: under which flow a transaction is judged, and the decision.

use riskgate_core::evaluate;
use riskgate_core::{Evidence, Outcome, RequirementSet, Scope, Signal};
use riskgate_store::Order;

use super::gateway::Exchange;

/// What a transaction is judged under. `None` for an order that no flow covered when it was made: it was forwarded, and its
/// results pass.
pub(super) fn scope<'a>(exchange: &'a Exchange, order: Option<&Order>) -> Option<Scope<'a>> {
    let config = &exchange.snapshot.config;
    let provider = &*exchange.provider().name;
    match order {
        None => Some(config.scope_of_unknown(provider)),
        Some(order) => {
            let name = order.flow.as_deref()?;
            let flow = config.flow(name).filter(|flow| flow.provider == provider);
            Some(flow.map_or_else(|| config.scope_of_unknown(provider), Scope::Flow))
        }
    }
}

/// Judges a completed transaction.
pub(super) fn decide(scope: &Scope<'_>, order: Option<&Order>, signals: &[Signal]) -> Outcome {
    let evidence = Evidence {
        signals,
        application_threshold: order.and_then(|order| order.application_threshold),
        carried: order.map_or_else(RequirementSet::default, |order| order.carried),
    };
    evaluate::decide(scope, &evidence)
}
