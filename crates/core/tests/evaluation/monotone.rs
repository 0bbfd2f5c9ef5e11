//! Stricter input never gives a laxer verdict: neither worse signals nor a stricter policy nor less knowledge.

use proptest::prelude::*;
use proptest::sample::Index;
use riskgate_core::evaluate::{decide, screen};
use riskgate_core::{
    Assessment, AtCollect, Challenge, Enforcement, Flow, Level, Outcome, RequirementSet, Scope, SourceRule,
    Threshold, Verdict,
};

use crate::strategies::{Facts, facts, flow, signal, threshold, verdict};

fn strictness(outcome: &Outcome) -> (Verdict, Enforcement) {
    (outcome.verdict, outcome.enforcement)
}

/// Neither verdict nor enforcement of `stricter` is laxer.
fn not_laxer(laxer: &Outcome, stricter: &Outcome) -> bool {
    let ((a, x), (b, y)) = (strictness(laxer), strictness(stricter));
    a <= b && x <= y
}

fn under(flow: &Flow, facts: &Facts) -> Outcome {
    decide(&Scope::Flow(flow), &facts.evidence())
}

fn raised(assessment: Assessment) -> Assessment {
    match assessment {
        Assessment::Level(Level::Low) => Level::Moderate.into(),
        Assessment::Level(_) => Level::High.into(),
        other => other,
    }
}

/// A threshold that is reached by more.
fn lowered(threshold: Option<Threshold>) -> Option<Threshold> {
    match threshold {
        None => Some(Threshold::High),
        Some(_) => Some(Threshold::Moderate),
    }
}

fn lowered_score(score: Option<u8>) -> Option<u8> {
    Some(score.map_or(100, |score| score.saturating_sub(10).max(1)))
}

/// One way to make a flow stricter.
#[derive(Debug, Clone, Copy)]
enum Stricter {
    BlockAt,
    ChallengeAt,
    WhenUnknown(Verdict),
    WhenUnavailable(Verdict),
    WhenNotApplicable(Verdict),
    BlockAtScore,
    ChallengeAtScore,
    BlockWhen,
    SourceWhenUnknown(Verdict),
    AnotherSource,
}

fn stricter() -> impl Strategy<Value = Stricter> {
    prop_oneof![
        Just(Stricter::BlockAt),
        Just(Stricter::ChallengeAt),
        verdict().prop_map(Stricter::WhenUnknown),
        verdict().prop_map(Stricter::WhenUnavailable),
        verdict().prop_map(Stricter::WhenNotApplicable),
        Just(Stricter::BlockAtScore),
        Just(Stricter::ChallengeAtScore),
        Just(Stricter::BlockWhen),
        verdict().prop_map(Stricter::SourceWhenUnknown),
        Just(Stricter::AnotherSource),
    ]
}

impl Stricter {
    fn apply(self, flow: &mut Flow, source: Index) {
        let at = (!flow.sources.is_empty()).then(|| source.index(flow.sources.len()));
        let rule = at.map(|at| &mut flow.sources[at]);
        match (self, rule) {
            (Self::BlockAt, _) => flow.block_at = lowered(flow.block_at),
            (Self::ChallengeAt, _) => flow.challenge_at = lowered(flow.challenge_at),
            (Self::WhenUnknown(verdict), _) => flow.when_unknown = flow.when_unknown.max(verdict),
            (Self::WhenUnavailable(verdict), _) => flow.when_unavailable = flow.when_unavailable.max(verdict),
            (Self::WhenNotApplicable(verdict), _) => {
                flow.when_not_applicable = flow.when_not_applicable.max(verdict);
            }
            (Self::BlockAtScore, Some(rule)) => rule.block_at_score = lowered_score(rule.block_at_score),
            (Self::ChallengeAtScore, Some(rule)) => {
                rule.challenge_at_score = lowered_score(rule.challenge_at_score);
            }
            (Self::BlockWhen, Some(rule)) => rule.block_when.push("isTor".to_owned()),
            (Self::SourceWhenUnknown(verdict), Some(rule)) => {
                let own = rule.when_unknown.unwrap_or(flow.when_unknown);
                rule.when_unknown = Some(own.max(verdict));
            }
            (Self::AnotherSource, _) => flow.sources.push(SourceRule {
                name: "stranger".to_owned(),
                block_at_score: None,
                challenge_at_score: None,
                block_when: Vec::new(),
                when_unknown: None,
                when_unavailable: None,
                when_not_applicable: None,
            }),
            (_, None) => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn worse_signals(flow in flow("login"), facts in facts(), at in any::<Index>(), score in 0..=100_u8) {
        if facts.signals.is_empty() {
            return Ok(());
        }
        let mut worse = facts.clone();
        let signal = &mut worse.signals[at.index(facts.signals.len())];
        signal.assessment = raised(signal.assessment);
        signal.score = Some(signal.score.unwrap_or(0).max(score));
        signal.indicators.push("isTor".to_owned());
        prop_assert!(not_laxer(&under(&flow, &facts), &under(&flow, &worse)));
        prop_assert!(not_laxer(&screen(&flow, &facts.signals), &screen(&flow, &worse.signals)));
    }

    #[test]
    fn one_more_signal_of_a_source_that_was_heard(flow in flow("login"), facts in facts(), more in signal()) {
        if !facts.signals.iter().any(|signal| signal.source == more.source) {
            return Ok(()); // a source that was not heard is Unavailable, and what it then says may be better
        }
        let mut known = facts.clone();
        known.signals.push(more);
        prop_assert!(not_laxer(&under(&flow, &facts), &under(&flow, &known)));
    }

    #[test]
    fn a_stricter_policy(flow in flow("login"), facts in facts(), how in stricter(), source in any::<Index>()) {
        let mut strict = flow.clone();
        how.apply(&mut strict, source);
        prop_assert!(not_laxer(&under(&flow, &facts), &under(&strict, &facts)), "{how:?}");
        prop_assert!(not_laxer(&screen(&flow, &facts.signals), &screen(&strict, &facts.signals)), "{how:?}");
    }

    #[test]
    fn a_threshold_of_the_application(flow in flow("login"), facts in facts(), stricter in threshold()) {
        let none = Facts { application_threshold: None, ..facts.clone() };
        prop_assert!(not_laxer(&under(&flow, &none), &under(&flow, &facts)));
        let low = Facts { application_threshold: lowered(facts.application_threshold), ..facts.clone() };
        prop_assert!(not_laxer(&under(&flow, &facts), &under(&flow, &low)));
        let gone = |facts: &Facts| {
            decide(&Scope::Strictest { provider: "bankid", flows: vec![&flow] }, &facts.evidence())
        };
        let with = Facts { application_threshold: stricter, ..facts.clone() };
        prop_assert!(not_laxer(&gone(&none), &gone(&with)), "it outlives its flow");
    }

    #[test]
    fn an_order_that_carried_less(flow in flow("login"), facts in facts()) {
        let bare = Facts { carried: RequirementSet::default(), ..facts.clone() };
        prop_assert!(not_laxer(&under(&flow, &facts), &under(&flow, &bare)));
    }

    #[test]
    fn an_order_that_is_not_known(a in flow("a"), b in flow("b"), facts in facts()) {
        let strictest = |flows| decide(&Scope::Strictest { provider: "bankid", flows }, &facts.evidence());
        let both = strictest(vec![&a, &b]);
        for flow in [&a, &b] {
            prop_assert!(under(flow, &facts).enforcement <= both.enforcement);
            prop_assert!(strictest(vec![flow]).enforcement <= both.enforcement);
        }
        let bare = Facts { carried: RequirementSet::default(), ..facts.clone() };
        let scope = Scope::Strictest { provider: "bankid", flows: vec![&a, &b] };
        prop_assert_eq!(&decide(&scope, &bare.evidence()), &both, "what it carried was asked for under another flow");
        let blocked = decide(&Scope::UnknownBlocked, &facts.evidence());
        prop_assert_eq!(strictness(&blocked), (Verdict::Block, Enforcement::Refuse));
    }

    #[test]
    fn a_block_is_always_refused_and_an_allow_always_passes(flow in flow("login"), facts in facts()) {
        let outcome = under(&flow, &facts);
        match outcome.verdict {
            Verdict::Block => prop_assert_eq!(outcome.enforced(), Verdict::Block),
            Verdict::Allow => prop_assert_eq!(outcome.enforcement, Enforcement::Pass),
            Verdict::Challenge => {}
        }
        prop_assert!(!outcome.reasons.is_empty());
    }

    #[test]
    fn a_challenge_that_asks_for_nothing_is_never_met(mut flow in flow("login"), facts in facts()) {
        flow.challenge = Challenge { at_order: None, at_collect: AtCollect::AllowIfRequired };
        let outcome = under(&flow, &facts);
        prop_assert_eq!(outcome.enforcement == Enforcement::Pass, outcome.verdict == Verdict::Allow);
    }

    #[test]
    fn all_signals_together_against_each_alone(flow in flow("login"), facts in facts()) {
        let all = under(&flow, &facts);
        // That the others were not heard is no part of what one says.
        let mut lenient = flow;
        lenient.when_unavailable = Verdict::Allow;
        for signal in &facts.signals {
            let mut lenient = lenient.clone();
            for rule in lenient.sources.iter_mut().filter(|rule| rule.name != signal.source) {
                rule.when_unavailable = None;
            }
            let alone = Facts { signals: vec![signal.clone()], ..facts.clone() };
            prop_assert!(not_laxer(&under(&lenient, &alone), &all));
        }
    }
}
