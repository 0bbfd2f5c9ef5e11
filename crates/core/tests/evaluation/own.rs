//! What the provider's answer does by itself: a floor under every verdict, in a form that the application understands.

use proptest::prelude::*;
use riskgate_core::config::WhenOrderUnknown;
use riskgate_core::evaluate::decide;
use riskgate_core::{
    AtCollect, Enforcement, Evidence, Flow, Level, Outcome, PROVIDER_SOURCE, Phase, ReasonCode,
    RequirementSet, Scope, Signal, Verdict, own,
};

use crate::recompute::{config, record};
use crate::strategies::{facts, flow};

fn judged(flow: &Flow, signals: &[Signal]) -> Outcome {
    let evidence = Evidence { signals, application_threshold: None, carried: RequirementSet::default() };
    decide(&Scope::Flow(flow), &evidence)
}

fn saying(level: Level, indicator: &str) -> Signal {
    Signal { indicators: vec![indicator.to_owned()], ..Signal::new(PROVIDER_SOURCE, Phase::Assess, level) }
}

proptest! {
    #[test]
    fn a_decline_blocks_whatever_the_thresholds(flow in flow("login"), level in prop::sample::select(Level::ALL.to_vec())) {
        let outcome = judged(&flow, &[saying(level, own::DECLINED)]);
        prop_assert_eq!((outcome.verdict, outcome.enforcement), (Verdict::Block, Enforcement::Refuse));
        prop_assert!(outcome.reasons.iter().any(|reason| reason.code == ReasonCode::ProviderDeclined));
    }

    #[test]
    fn a_challenge_of_the_provider_is_one_at_least_and_passes(mut flow in flow("login")) {
        flow.sources.clear();
        flow.challenge.at_collect = AtCollect::Block;
        let outcome = judged(&flow, &[saying(Level::Moderate, own::CHALLENGED)]);
        prop_assert!(outcome.verdict >= Verdict::Challenge);
        let expected = if outcome.verdict == Verdict::Block { Enforcement::Refuse } else { Enforcement::PassChallenged };
        prop_assert_eq!(outcome.enforcement, expected);
        prop_assert!(outcome.verdict == Verdict::Block || outcome.reasons.iter().any(|reason| reason.code == ReasonCode::ProviderChallenged));
    }

    #[test]
    fn a_challenge_that_was_met_is_not_asked_for_again(mut flow in flow("login")) {
        flow.sources.clear();
        flow.challenge.at_collect = AtCollect::Block;
        let outcome = judged(&flow, &[saying(Level::Moderate, own::CHALLENGE_MET)]);
        if outcome.verdict == Verdict::Challenge {
            prop_assert_eq!(outcome.enforcement, Enforcement::Pass);
            prop_assert!(outcome.reasons.iter().any(|reason| reason.code == ReasonCode::ChallengeMet));
        }
    }

    #[test]
    fn only_the_providers_own_signal_has_such_a_say(mut flow in flow("login"), name in prop::sample::select(vec![own::DECLINED, own::CHALLENGED, own::CHALLENGE_MET])) {
        flow.sources.retain(|rule| rule.name != "fraud");
        let quiet = Signal::new(PROVIDER_SOURCE, Phase::Assess, Level::Low);
        let other = Signal { source: "fraud".to_owned(), ..saying(Level::High, name) };
        prop_assert_eq!(judged(&flow, &[quiet.clone(), other]), judged(&flow, &[quiet]));
    }

    #[test]
    fn decisions_on_it_can_be_computed_again(a in flow("a"), b in flow("b"), mut facts in facts(), name in prop::sample::select(vec![own::DECLINED, own::CHALLENGED, own::CHALLENGE_MET])) {
        facts.signals.push(saying(Level::Moderate, name));
        let config = config([a, b], WhenOrderUnknown::Strictest, false);
        let outcome = decide(&Scope::Flow(&config.flows[0]), &facts.evidence());
        prop_assert_eq!(record(&outcome, &facts, Some(&config.flows[0]), true).recompute(&config), outcome);
        let outcome = decide(&config.scope_of_unknown("bankid"), &facts.evidence());
        prop_assert_eq!(record(&outcome, &facts, None, true).recompute(&config), outcome);
    }
}
