//! Whether what happened is what the policy says: each decision is computed again from its record, and compared with what the
//! application received.

use riskgate_core::config::{Mode, SidecarConfig};
use riskgate_core::{DecisionRecord, Provider, Verdict};

use super::report::Row;

/// A transaction that did not end as the policy says.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{operation} at {provider}, risk {risk}: {what}")]
pub(super) struct Wrong {
    provider: String,
    operation: String,
    risk: &'static str,
    what: String,
}

/// Every row that is not as the policy says.
pub(super) fn check(rows: &[Row], config: &SidecarConfig) -> Vec<Wrong> {
    let wrong = |row: &Row| {
        let what = difference(row, config)?;
        let (provider, operation) = (row.provider.clone(), row.operation.to_string());
        Some(Wrong { provider, operation, risk: row.risk, what })
    };
    rows.iter().filter_map(wrong).collect()
}

fn difference(row: &Row, config: &SidecarConfig) -> Option<String> {
    let Some(decision) = &row.decision else { return Some("nothing was decided".to_owned()) };
    let again = decision.recompute(config);
    if (again.verdict, &*again.reasons) != (decision.verdict, &*decision.reasons) {
        return Some(format!("the policy says {}, the sidecar decided {}", again.verdict, decision.verdict));
    }
    let enforced = if config.mode == Mode::Monitor { Verdict::Allow } else { again.enforced() };
    if enforced != decision.enforced {
        return Some(format!("the policy enforces {enforced}, the sidecar {}", decision.enforced));
    }
    let lets_in = row.received.lets_in();
    if enforced == Verdict::Block && lets_in {
        return Some(format!("it is refused, and the application received {}", row.received));
    }
    if enforced == Verdict::Allow && !lets_in && !by_itself(decision) {
        return Some(format!("it passes, and the application received {}", row.received));
    }
    None
}

/// Whether the provider's own answer lets nobody in yet: OneSpan declines, challenges, or makes no assessment by itself.
fn by_itself(decision: &DecisionRecord<'_>) -> bool {
    decision.provider == Provider::OneSpan
}

#[cfg(test)]
mod tests {
    use riskgate_api::compile::compile;
    use riskgate_core::evaluate::{Scope, decide};
    use riskgate_core::{DECISION_SCHEMA, Evidence, Level, Operation, Phase, RequirementSet, Signal};
    use serde_json::json;

    use super::*;

    fn config() -> SidecarConfig {
        let example = include_str!("../../../../../examples/bankid-se/policy.yaml");
        compile(&serde_yaml::from_str(example).unwrap()).unwrap().0
    }

    /// A login at this level, as the sidecar would have recorded it.
    fn row(config: &SidecarConfig, level: Level, received: serde_json::Value) -> Row {
        let signals = vec![Signal::new("provider", Phase::Assess, level)];
        let flow = config.flow("login").unwrap();
        let evidence =
            Evidence { signals: &signals, application_threshold: None, carried: RequirementSet::default() };
        let outcome = decide(&Scope::Flow(flow), &evidence);
        let decision = DecisionRecord {
            schema: DECISION_SCHEMA.into(),
            id: "1".into(),
            time: "2026-01-01T00:00:00Z".into(),
            namespace: "shop".into(),
            pod: "p".into(),
            policy: "p".into(),
            revision: config.revision().into(),
            mode: config.mode,
            provider: Provider::BankIdSe,
            operation: Some(Operation::Auth),
            flow: Some("login".into()),
            transaction: Some("hmac:1".to_owned()),
            subject: None,
            attached: Vec::new().into(),
            lint: Vec::new().into(),
            verdict: outcome.verdict,
            enforced: outcome.enforced(),
            reasons: outcome.reasons.into(),
            signals: signals.into(),
        };
        Row {
            provider: "bankid".to_owned(),
            operation: Operation::Auth,
            risk: "low",
            route: None,
            received: serde_json::from_value::<super::super::application::Received>(received).unwrap(),
            decision: Some(decision),
        }
    }

    fn told(rows: &[Row]) -> Vec<String> {
        check(rows, &config()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_as_the_policy_says_is_not_told() {
        let complete = || json!({ "httpStatus": 200, "status": "complete", "headers": {} });
        let failed = json!({ "httpStatus": 200, "status": "failed", "headers": {} });
        let rows = [row(&config(), Level::Low, complete()), row(&config(), Level::High, failed.clone())];
        assert_eq!(told(&rows), Vec::<String>::new());

        let mut undecided = row(&config(), Level::Low, complete());
        undecided.decision = None;
        let mut milder = row(&config(), Level::High, complete());
        milder.decision.as_mut().unwrap().verdict = Verdict::Allow;
        let rows =
            [row(&config(), Level::High, complete()), row(&config(), Level::Low, failed), undecided, milder];
        assert_eq!(
            told(&rows),
            [
                "Auth at bankid, risk low: it is refused, and the application received complete",
                "Auth at bankid, risk low: it passes, and the application received failed",
                "Auth at bankid, risk low: nothing was decided",
                "Auth at bankid, risk low: the policy says Block, the sidecar decided Allow",
            ]
        );
    }
}
