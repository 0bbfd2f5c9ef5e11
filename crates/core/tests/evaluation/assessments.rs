//! `Unknown`, `Unavailable` and `NotApplicable` are no levels, and never become `Low`.

use proptest::prelude::*;
use riskgate_core::evaluate::decide;
use riskgate_core::{
    Assessment, Enforcement, Evidence, Flow, Level, PROVIDER_SOURCE, Phase, ReasonCode, RequirementSet,
    Scope, Signal, SourceRule, Threshold, Verdict,
};

use crate::strategies::{flow, threshold, verdict};

const NO_LEVEL: [Assessment; 3] = [Assessment::Unknown, Assessment::Unavailable, Assessment::NotApplicable];

/// The flow's rule for an assessment that is no level.
fn when(flow: &mut Flow, assessment: Assessment) -> &mut Verdict {
    match assessment {
        Assessment::Unknown => &mut flow.when_unknown,
        Assessment::Unavailable => &mut flow.when_unavailable,
        _ => &mut flow.when_not_applicable,
    }
}

fn of_provider(assessment: Assessment) -> Vec<Signal> {
    vec![Signal::new(PROVIDER_SOURCE, Phase::Assess, assessment)]
}

fn evidence(signals: &[Signal]) -> Evidence<'_> {
    Evidence { signals, application_threshold: Some(Threshold::Moderate), carried: RequirementSet::default() }
}

proptest! {
    #[test]
    fn only_its_own_rule_decides_on_what_is_no_level(
        mut flow in flow("login"),
        assessment in prop::sample::select(NO_LEVEL.to_vec()),
        expected in verdict(),
        thresholds in (threshold(), threshold()),
        others in verdict(),
    ) {
        flow.sources.clear();
        (flow.block_at, flow.challenge_at) = thresholds;
        (flow.when_unknown, flow.when_unavailable, flow.when_not_applicable) = (others, others, others);
        *when(&mut flow, assessment) = expected;
        let signals = of_provider(assessment);
        let outcome = decide(&Scope::Flow(&flow), &evidence(&signals));
        prop_assert_eq!(outcome.verdict, expected);
        prop_assert_eq!(&outcome.reasons[0].observed, assessment.name());
        let of_level = [ReasonCode::BelowThresholds, ReasonCode::BlockAt, ReasonCode::ChallengeAt, ReasonCode::RequirementRisk];
        prop_assert!(outcome.reasons.iter().all(|reason| !of_level.contains(&reason.code)));
    }

    #[test]
    fn the_rule_of_a_source_replaces_the_flows(
        mut flow in flow("login"),
        assessment in prop::sample::select(NO_LEVEL.to_vec()),
        expected in verdict(),
        flows_own in verdict(),
    ) {
        *when(&mut flow, assessment) = flows_own;
        flow.sources = vec![SourceRule {
            name: PROVIDER_SOURCE.to_owned(),
            block_at_score: None,
            challenge_at_score: None,
            block_when: Vec::new(),
            when_unknown: Some(expected),
            when_unavailable: Some(expected),
            when_not_applicable: Some(expected),
        }];
        let outcome = decide(&Scope::Flow(&flow), &evidence(&of_provider(assessment)));
        prop_assert_eq!(outcome.verdict, expected);
    }

    #[test]
    fn a_provider_that_was_not_heard_is_unavailable(mut flow in flow("login"), expected in verdict()) {
        flow.sources.clear();
        flow.when_unavailable = expected;
        let outcome = decide(&Scope::Flow(&flow), &evidence(&[]));
        prop_assert_eq!(outcome.verdict, expected);
        prop_assert_eq!(outcome.reasons[0].code, ReasonCode::WhenUnavailable);
    }

    #[test]
    fn a_listed_source_that_was_not_heard_is_unavailable(mut flow in flow("login")) {
        flow.sources.retain(|rule| rule.name == "ip");
        let Some(rule) = flow.sources.first_mut() else { return Ok(()) };
        rule.when_unavailable = Some(Verdict::Block);
        let heard = of_provider(Level::Low.into());
        let outcome = decide(&Scope::Flow(&flow), &evidence(&heard));
        prop_assert_eq!((outcome.verdict, outcome.enforcement), (Verdict::Block, Enforcement::Refuse));
    }
}

#[test]
fn every_assessment_is_written_as_it_is_read() {
    for assessment in Assessment::ALL {
        let text = serde_json::to_string(&assessment).unwrap();
        assert_eq!(text, format!("\"{}\"", assessment.name()));
        assert_eq!(serde_json::from_str::<Assessment>(&text).unwrap(), assessment);
    }
    for text in ["\"low\"", "\"\"", "\"Lowest\"", "null", "0"] {
        assert!(serde_json::from_str::<Assessment>(text).is_err(), "{text}");
    }
}
