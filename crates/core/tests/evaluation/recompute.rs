//! Every decision can be computed again from its record, and the configuration that the record names.

use proptest::prelude::*;
use riskgate_core::config::{Mode, ProviderKind, UncoveredOperations, WhenOrderUnknown};
use riskgate_core::evaluate::{decide, screen, uncovered, unresolved};
use riskgate_core::{
    DECISION_SCHEMA, DecisionRecord, Flow, Operation, Outcome, Provider, Scope, SidecarConfig,
};

use crate::strategies::{Facts, facts, flow};

const CONFIG: &str = "
schema: 1
policy: { namespace: shop, name: retail }
providers:
  - name: bankid
    listen: { port: 0 }
    bankIdSe: &bankid
      endpoint: https://appapi2.test.bankid.com
      trust: bankIdTest
      clientCertificateRefs: [{ name: bankid-rp }]
  - name: bank
    listen: { port: 0 }
    bankIdSe: *bankid
flows: []
";

/// A configuration of these flows, with a second provider entry that has one of its own.
pub(crate) fn config(flows: [Flow; 2], unknown: WhenOrderUnknown, forward: bool) -> SidecarConfig {
    let mut config = SidecarConfig::from_yaml(CONFIG).unwrap();
    let mut other = flows[0].clone();
    other.name = "other".to_owned();
    other.provider = "bank".to_owned();
    config.flows = flows.into_iter().chain([other]).collect();
    match &mut config.providers[0].kind {
        ProviderKind::BankIdSe(bankid) => bankid.when_order_unknown = unknown,
        other => panic!("the configuration has {other:?} first"),
    }
    if forward {
        config.uncovered_operations = UncoveredOperations::Forward;
    }
    config
}

/// The record of `outcome`, as it is written and read back.
pub(crate) fn record(
    outcome: &Outcome,
    facts: &Facts,
    flow: Option<&Flow>,
    transaction: bool,
) -> DecisionRecord<'static> {
    let record = DecisionRecord {
        schema: DECISION_SCHEMA.into(),
        id: "01890a5d-ac96-774b-bcce-b302099a8057".into(),
        time: "2026-01-01T00:00:00Z".into(),
        namespace: "shop".into(),
        pod: "shop-0".into(),
        policy: "retail".into(),
        revision: "sha256:0".into(),
        mode: Mode::Enforce,
        provider: Provider::BankIdSe,
        operation: Some(Operation::Auth),
        flow: flow.map(|flow| flow.name.clone().into()),
        transaction: transaction.then(|| "hmac:0".to_owned()),
        subject: None,
        attached: Vec::new().into(),
        lint: Vec::new().into(),
        signals: facts.signals.clone().into(),
        verdict: outcome.verdict,
        enforced: outcome.enforced(),
        reasons: outcome.reasons.clone().into(),
    };
    let line = serde_json::to_string(&record).unwrap();
    assert!(!line.contains('\n'), "one line a decision");
    serde_json::from_str(&line).unwrap()
}

fn unknown() -> impl Strategy<Value = WhenOrderUnknown> {
    prop::sample::select(vec![WhenOrderUnknown::Strictest, WhenOrderUnknown::Block])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn of_a_completed_transaction(a in flow("a"), b in flow("b"), facts in facts()) {
        let config = config([a, b], WhenOrderUnknown::Strictest, false);
        for flow in &config.flows {
            let outcome = decide(&Scope::Flow(flow), &facts.evidence());
            prop_assert_eq!(record(&outcome, &facts, Some(flow), true).recompute(&config), outcome);
        }
    }

    #[test]
    fn of_an_order_refused_before_it_was_sent(a in flow("a"), b in flow("b"), facts in facts()) {
        let config = config([a, b], WhenOrderUnknown::Strictest, false);
        let outcome = screen(&config.flows[0], &facts.signals);
        let record = record(&outcome, &facts, Some(&config.flows[0]), false);
        prop_assert_eq!(record.recompute(&config), outcome);
    }

    #[test]
    fn of_an_order_that_is_not_known(
        a in flow("a"), b in flow("b"), facts in facts(), unknown in unknown(), forward in any::<bool>(), none in any::<bool>()
    ) {
        let mut config = config([a, b], unknown, forward);
        if none {
            config.flows.clear();
        }
        for provider in ["bankid", "bank"] {
            let outcome = decide(&config.scope_of_unknown(provider), &facts.evidence());
            prop_assert_eq!(record(&outcome, &facts, None, true).recompute(&config), outcome);
        }
    }

    #[test]
    fn of_a_decision_while_the_shared_store_was_away(a in flow("a"), b in flow("b"), facts in facts(), known in any::<bool>()) {
        let config = config([a, b], WhenOrderUnknown::Strictest, false);
        let (scope, flow) = match known {
            true => (Scope::Flow(&config.flows[0]), Some(&config.flows[0])),
            false => (config.scope_of_unknown("bankid"), None),
        };
        let decided = decide(&scope, &facts.evidence());
        let outcome = decided.clone().with_store_degraded();
        prop_assert_eq!((outcome.verdict, outcome.enforcement), (decided.verdict, decided.enforcement));
        prop_assert_eq!(record(&outcome, &facts, flow, true).recompute(&config), outcome);
    }

    #[test]
    fn of_an_operation_that_no_flow_covers(a in flow("a"), b in flow("b"), facts in facts(), forward in any::<bool>()) {
        let config = config([a, b], WhenOrderUnknown::Strictest, forward);
        let outcome = uncovered(config.uncovered_operations.verdict());
        prop_assert_eq!(record(&outcome, &facts, None, false).recompute(&config), outcome);
    }

    #[test]
    fn of_a_result_that_was_lost(a in flow("a"), b in flow("b"), facts in facts(), known in any::<bool>()) {
        let config = config([a, b], WhenOrderUnknown::Strictest, false);
        let flow = known.then_some(&config.flows[0]);
        prop_assert_eq!(record(&unresolved(), &facts, flow, true).recompute(&config), unresolved());
    }
}
