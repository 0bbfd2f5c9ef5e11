//! Flows and evidence of every kind.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use riskgate_core::{
    Assessment, AtCollect, AtOrder, Challenge, Flow, Operation, PROVIDER_SOURCE, Phase, Requirement,
    RequirementSet, Signal, SourceRule, Threshold, Verdict, When, cause,
};

/// The names of sources: three that flows may list, the provider's own indication among them, and one that none lists.
const SOURCES: [&str; 4] = [PROVIDER_SOURCE, "ip", "fraud", "stranger"];
const INDICATORS: [&str; 3] = ["isTor", "isVpn", "isHosting"];

/// What a transaction is judged on, owned.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) signals: Vec<Signal>,
    pub(crate) application_threshold: Option<Threshold>,
    pub(crate) carried: RequirementSet,
}

impl Facts {
    pub(crate) fn evidence(&self) -> riskgate_core::Evidence<'_> {
        riskgate_core::Evidence {
            signals: &self.signals,
            application_threshold: self.application_threshold,
            carried: self.carried,
        }
    }
}

pub(crate) fn threshold() -> impl Strategy<Value = Option<Threshold>> {
    select(vec![None, Some(Threshold::Moderate), Some(Threshold::High)])
}

pub(crate) fn verdict() -> impl Strategy<Value = Verdict> {
    select(vec![Verdict::Allow, Verdict::Challenge, Verdict::Block])
}

pub(crate) fn assessment() -> impl Strategy<Value = Assessment> {
    select(Assessment::ALL.to_vec())
}

fn indicators() -> impl Strategy<Value = Vec<String>> {
    subsequence(INDICATORS.to_vec(), 0..=INDICATORS.len())
        .prop_map(|names| names.into_iter().map(str::to_owned).collect())
}

pub(crate) fn signal() -> impl Strategy<Value = Signal> {
    let phase = select(vec![Phase::Screen, Phase::Assess]);
    let score = option::of(0..=100_u8);
    (select(SOURCES.to_vec()), phase, assessment(), score, indicators(), any::<bool>()).prop_map(
        |(source, phase, assessment, score, mut indicators, lost)| {
            if lost && assessment == Assessment::Unavailable {
                indicators.push(cause::CONTEXT_LOST.to_owned());
            }
            Signal { score, indicators, ..Signal::new(source, phase, assessment) }
        },
    )
}

pub(crate) fn facts() -> impl Strategy<Value = Facts> {
    let carried = (any::<bool>(), any::<bool>());
    (vec(signal(), 0..6), threshold(), carried).prop_map(
        |(signals, application_threshold, (pin_code, mrtd))| Facts {
            signals,
            application_threshold,
            carried: RequirementSet { pin_code, mrtd },
        },
    )
}

fn rule(name: &'static str) -> impl Strategy<Value = SourceRule> {
    let score = || option::of(1..=100_u8);
    let when = || option::of(verdict());
    (score(), score(), indicators(), when(), when(), when()).prop_map(
        move |(block, challenge, block_when, unknown, unavailable, not_applicable)| SourceRule {
            name: name.to_owned(),
            block_at_score: block,
            challenge_at_score: challenge,
            block_when,
            when_unknown: unknown,
            when_unavailable: unavailable,
            when_not_applicable: not_applicable,
        },
    )
}

fn rules() -> impl Strategy<Value = Vec<SourceRule>> {
    let listed = |name| option::of(rule(name));
    (listed(PROVIDER_SOURCE), listed("ip"), listed("fraud"))
        .prop_map(|(provider, ip, fraud)| [provider, ip, fraud].into_iter().flatten().collect::<Vec<_>>())
        .prop_shuffle()
}

fn challenge() -> impl Strategy<Value = Challenge> {
    let require = subsequence(vec![Requirement::PinCode, Requirement::Mrtd], 1..=2);
    let at_order = (select(vec![When::Screen, When::Always]), require)
        .prop_map(|(when, require)| AtOrder { when, require });
    let at_collect = select(vec![AtCollect::Block, AtCollect::PassWithHeader, AtCollect::AllowIfRequired]);
    (option::of(at_order), at_collect).prop_map(|(at_order, at_collect)| Challenge { at_order, at_collect })
}

/// A flow named `name` of the provider entry `bankid`.
pub(crate) fn flow(name: &'static str) -> impl Strategy<Value = Flow> {
    ((threshold(), threshold()), (verdict(), verdict(), verdict()), rules(), challenge()).prop_map(
        move |(
            (block_at, challenge_at),
            (when_unknown, when_unavailable, when_not_applicable),
            sources,
            challenge,
        )| {
            Flow {
                name: name.to_owned(),
                provider: "bankid".to_owned(),
                operations: vec![Operation::Auth],
                selectable_by_header: false,
                block_at,
                challenge_at,
                when_unknown,
                when_unavailable,
                when_not_applicable,
                sources,
                challenge,
            }
        },
    )
}
