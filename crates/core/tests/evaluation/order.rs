//! The order of things that have none never matters.

use proptest::prelude::*;
use riskgate_core::evaluate::{decide, screen};
use riskgate_core::{Flow, Scope, Signal};

use crate::strategies::{Facts, facts, flow};

/// Facts with the same signals in another order.
fn shuffled(facts: Facts) -> impl Strategy<Value = (Facts, Facts)> {
    let signals: BoxedStrategy<Vec<Signal>> = Just(facts.signals.clone()).prop_shuffle().boxed();
    signals.prop_map(move |signals| (facts.clone(), Facts { signals, ..facts.clone() }))
}

/// A flow, and the same with its source rules in another order.
fn reordered(flow: Flow) -> impl Strategy<Value = (Flow, Flow)> {
    let rules = Just(flow.sources.clone()).prop_shuffle();
    rules.prop_map(move |sources| (flow.clone(), Flow { sources, ..flow.clone() }))
}

proptest! {
    #[test]
    fn of_signals_and_source_rules(
        (facts, other_facts) in facts().prop_flat_map(shuffled),
        (flow, other_flow) in flow("login").prop_flat_map(reordered),
    ) {
        let one = decide(&Scope::Flow(&flow), &facts.evidence());
        let other = decide(&Scope::Flow(&other_flow), &other_facts.evidence());
        prop_assert_eq!(one, other);
        prop_assert_eq!(screen(&flow, &facts.signals), screen(&other_flow, &other_facts.signals));
    }

    #[test]
    fn of_flows(
        facts in facts(), a in flow("a"), b in flow("b"), c in flow("c"),
        order in Just(vec![0_usize, 1, 2]).prop_shuffle(),
    ) {
        let flows = [&a, &b, &c];
        let strictest = |flows: Vec<&Flow>| {
            decide(&Scope::Strictest { provider: "bankid", flows }, &facts.evidence())
        };
        let shuffled = order.into_iter().map(|index| flows[index]).collect();
        prop_assert_eq!(strictest(flows.to_vec()), strictest(shuffled));
    }
}
