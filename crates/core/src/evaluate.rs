//! Evaluation: from what the sources said to a verdict with its reasons.
//!
//! The verdict of a transaction is the strictest over its sources, and every source that contributed to it is a reason
//! (design.md section 3). Order never matters: reasons come out sorted.

use std::cmp::Ordering;

use crate::flow::{AtCollect, Flow, SourceRule};
use crate::level::{Assessment, Threshold};
use crate::reason::{Reason, ReasonCode};
use crate::requirement::{Requirement, RequirementSet};
use crate::signal::{PROVIDER_SOURCE, Phase, Signal, cause};
use crate::verdict::Verdict;

/// What a transaction is judged on.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// What the sources said, of both phases.
    pub signals: &'a [Signal],
    /// The threshold that the application set itself by `requirement.risk`: blocks from there on.
    pub application_threshold: Option<Threshold>,
    /// What the order carried when it was sent.
    pub carried: RequirementSet,
}

/// What a transaction is judged under.
#[derive(Debug, Clone)]
pub enum Scope<'a> {
    /// The flow that it was started in.
    Flow(&'a Flow),
    /// Its order or its flow is not known: every flow of the provider entry, the strictest holds.
    Strictest {
        /// The name of the provider entry.
        provider: &'a str,
        /// Its flows.
        flows: Vec<&'a Flow>,
    },
    /// Its order is not known, and the policy blocks such orders (`whenOrderUnknown: Block`).
    UnknownBlocked,
    /// No flow covers it; the verdict is that of `uncoveredOperations`.
    Uncovered(Verdict),
}

/// How a verdict reaches the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Enforcement {
    /// The result passes as it came.
    Pass,
    /// The result passes, marked as to be challenged by the application.
    PassChallenged,
    /// The refusal, and the result is withheld.
    Refuse,
}

/// A decision without its circumstances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What the policy says.
    pub verdict: Verdict,
    /// How that reaches the application in Enforce mode.
    pub enforcement: Enforcement,
    /// What the challenge asks for, where the verdict is `Challenge`; empty when the policy names nothing.
    pub required: Vec<Requirement>,
    /// Why, strictest first.
    pub reasons: Vec<Reason>,
}

impl Outcome {
    /// The verdict as the application sees it: what the record calls `enforced`.
    #[must_use]
    pub fn enforced(&self) -> Verdict {
        match self.enforcement {
            Enforcement::Pass | Enforcement::PassChallenged => Verdict::Allow,
            Enforcement::Refuse => Verdict::Block,
        }
    }
}

/// Judges a request before its order exists, from the screen-phase signals alone.
#[must_use]
pub fn screen(flow: &Flow, signals: &[Signal]) -> Outcome {
    let mut findings = Findings::default();
    for signal in signals.iter().filter(|signal| signal.phase == Phase::Screen) {
        findings.judge(flow, signal);
    }
    let (verdict, reasons) = findings.conclude();
    // A challenge before the order exists tightens the order or waits for the result; only a block refuses.
    let enforcement = if verdict == Verdict::Block { Enforcement::Refuse } else { Enforcement::Pass };
    Judged { verdict, enforcement, required: required(flow, verdict), reasons }.into()
}

/// Judges a completed transaction.
#[must_use]
pub fn decide(scope: &Scope<'_>, evidence: &Evidence<'_>) -> Outcome {
    match scope {
        Scope::Flow(flow) => under_flow(flow, evidence).into(),
        Scope::Strictest { provider, flows } => strictest(provider, flows, evidence),
        Scope::UnknownBlocked => of_transaction(
            Verdict::Block,
            Reason::of_transaction(
                ReasonCode::ContextLost,
                "whenOrderUnknown: Block",
                "order not in the store",
            ),
        ),
        Scope::Uncovered(verdict) => uncovered(*verdict),
    }
}

/// The outcome for an operation that no flow covers.
#[must_use]
pub fn uncovered(verdict: Verdict) -> Outcome {
    let rule = if verdict == Verdict::Allow {
        "uncoveredOperations: Forward"
    } else {
        "uncoveredOperations: Refuse"
    };
    of_transaction(
        verdict,
        Reason::of_transaction(ReasonCode::Uncovered, rule, "no flow covers the operation"),
    )
}

/// The outcome for a transaction whose result was lost between the provider and us: it is never taken for allowed.
#[must_use]
pub fn unresolved() -> Outcome {
    let reason = Reason::of_transaction(
        ReasonCode::Unresolved,
        "a lost result is never allowed",
        "the provider's answer was lost, and it gives none again",
    );
    of_transaction(Verdict::Block, reason)
}

fn of_transaction(verdict: Verdict, reason: Reason) -> Outcome {
    let enforcement = if verdict == Verdict::Allow { Enforcement::Pass } else { Enforcement::Refuse };
    Outcome { verdict, enforcement, required: Vec::new(), reasons: vec![reason] }
}

/// An outcome whose reasons still know the verdict that each gave.
struct Judged {
    verdict: Verdict,
    enforcement: Enforcement,
    required: Vec<Requirement>,
    reasons: Vec<(Verdict, Reason)>,
}

impl From<Judged> for Outcome {
    fn from(judged: Judged) -> Self {
        let Judged { verdict, enforcement, required, reasons } = judged;
        Self {
            verdict,
            enforcement,
            required,
            reasons: reasons.into_iter().map(|(_, reason)| reason).collect(),
        }
    }
}

fn under_flow(flow: &Flow, evidence: &Evidence<'_>) -> Judged {
    let mut findings = Findings::default();
    for signal in evidence.signals {
        findings.judge(flow, signal);
        if let Some(threshold) = evidence.application_threshold {
            findings.judge_application_threshold(threshold, signal);
        }
    }
    for source in expected(flow).filter(|source| !heard(evidence.signals, source)) {
        findings.judge(flow, &Signal::unavailable(source, Phase::Assess, cause::NOT_ASKED));
    }
    let (verdict, mut reasons) = findings.conclude();
    let enforcement = match (verdict, flow.challenge.at_collect) {
        (Verdict::Allow, _) => Enforcement::Pass,
        (Verdict::Block, _) | (Verdict::Challenge, AtCollect::Block) => Enforcement::Refuse,
        (Verdict::Challenge, AtCollect::PassWithHeader) => Enforcement::PassChallenged,
        (Verdict::Challenge, AtCollect::AllowIfRequired) => match met(flow, evidence.carried) {
            Some(reason) => {
                reasons.push((Verdict::Allow, reason));
                Enforcement::Pass
            }
            None => Enforcement::Refuse,
        },
    };
    Judged { verdict, enforcement, required: required(flow, verdict), reasons }
}

/// What a challenge of `flow` asks for, where the verdict is one.
fn required(flow: &Flow, verdict: Verdict) -> Vec<Requirement> {
    if verdict == Verdict::Challenge { flow.required().to_vec() } else { Vec::new() }
}

/// The strictest outcome over all flows. What the order carried does not count: it was asked for under a flow that is not
/// known. A threshold that the application set itself does, where the order is known and only its flow is gone.
fn strictest(provider: &str, flows: &[&Flow], evidence: &Evidence<'_>) -> Outcome {
    let lost = Evidence { carried: RequirementSet::default(), ..*evidence };
    let strictest = flows.iter().map(|flow| under_flow(flow, &lost)).reduce(|best, next| {
        match best.rank().cmp(&next.rank()) {
            Ordering::Greater => best,
            Ordering::Less => next,
            Ordering::Equal => best.merged_with(next),
        }
    });
    let mut outcome = strictest.map_or_else(|| uncovered(Verdict::Block), Outcome::from);
    outcome.reasons.push(Reason::of_transaction(
        ReasonCode::ContextLost,
        "whenOrderUnknown: Strictest",
        unknown_to(provider),
    ));
    outcome
}

/// How a reason says that an order, or its flow, is not known: with the provider entry whose flows were asked.
pub(crate) fn unknown_to(provider: &str) -> String {
    format!("order or flow not known, every flow of {provider} was asked")
}

impl Judged {
    fn rank(&self) -> (Enforcement, Verdict) {
        (self.enforcement, self.verdict)
    }

    fn merged_with(mut self, other: Self) -> Self {
        self.required.extend(other.required);
        self.required.sort_unstable();
        self.required.dedup();
        self.reasons.extend(other.reasons);
        sort(&mut self.reasons);
        self
    }
}

/// Strictest first, each once.
fn sort(reasons: &mut Vec<(Verdict, Reason)>) {
    reasons.sort_by(|(a, first), (b, second)| b.cmp(a).then_with(|| first.cmp(second)));
    reasons.dedup();
}

/// The sources that must have been heard before a transaction of this flow can be allowed.
fn expected(flow: &Flow) -> impl Iterator<Item = &str> {
    let listed = flow.sources.iter().map(|rule| rule.name.as_str()).filter(|name| *name != PROVIDER_SOURCE);
    std::iter::once(PROVIDER_SOURCE).chain(listed)
}

fn heard(signals: &[Signal], source: &str) -> bool {
    signals.iter().any(|signal| signal.source == source)
}

fn met(flow: &Flow, carried: RequirementSet) -> Option<Reason> {
    let required = flow.required();
    (!required.is_empty() && carried.has_all(required)).then(|| {
        let names = required.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        Reason::of_transaction(
            ReasonCode::ChallengeMet,
            "challenge.atCollect: AllowIfRequired",
            format!("the order carried {names}"),
        )
    })
}

/// The rules that were met, each with the verdict it gives.
#[derive(Default)]
struct Findings {
    all: Vec<(Verdict, Reason)>,
}

impl Findings {
    fn add(&mut self, verdict: Verdict, code: ReasonCode, source: &str, rule: String, observed: String) {
        self.all.push((verdict, Reason::of_source(code, source, rule, observed)));
    }

    fn judge(&mut self, flow: &Flow, signal: &Signal) {
        let rule = flow.rule(&signal.source);
        if rule.is_none() && signal.source != PROVIDER_SOURCE {
            return; // a source that this flow does not use (any more)
        }
        self.judge_assessment(flow, rule, signal);
        if let Some(rule) = rule {
            self.judge_rule(rule, signal);
        }
    }

    fn judge_assessment(&mut self, flow: &Flow, rule: Option<&SourceRule>, signal: &Signal) {
        let own = |pick: fn(&SourceRule) -> Option<Verdict>| rule.and_then(pick);
        let source = signal.source.as_str();
        let observed = signal.assessment.to_string();
        let (verdict, code, rule) = match signal.assessment {
            Assessment::Level(level) => match flow.at_level(level) {
                Verdict::Block => (Verdict::Block, ReasonCode::BlockAt, named("blockAt", flow.block_at)),
                Verdict::Challenge => {
                    (Verdict::Challenge, ReasonCode::ChallengeAt, named("challengeAt", flow.challenge_at))
                }
                Verdict::Allow => (Verdict::Allow, ReasonCode::BelowThresholds, lowest_threshold(flow)),
            },
            Assessment::Unknown => {
                let verdict = own(|rule| rule.when_unknown).unwrap_or(flow.when_unknown);
                (verdict, ReasonCode::WhenUnknown, format!("whenUnknown: {verdict}"))
            }
            Assessment::Unavailable => {
                let verdict = own(|rule| rule.when_unavailable).unwrap_or(flow.when_unavailable);
                let lost = signal.has_indicator(cause::CONTEXT_LOST);
                let code = if lost { ReasonCode::ContextLost } else { ReasonCode::WhenUnavailable };
                (verdict, code, format!("whenUnavailable: {verdict}"))
            }
            Assessment::NotApplicable => {
                let verdict = own(|rule| rule.when_not_applicable).unwrap_or(flow.when_not_applicable);
                (verdict, ReasonCode::WhenNotApplicable, format!("whenNotApplicable: {verdict}"))
            }
        };
        self.add(verdict, code, source, rule, observed);
    }

    fn judge_rule(&mut self, rule: &SourceRule, signal: &Signal) {
        let source = signal.source.as_str();
        if let Some(score) = signal.score {
            let observed = format!("score {score}");
            if let Some(at) = rule.block_at_score.filter(|at| score >= *at) {
                let rule = format!("blockAtScore: {at}");
                self.add(Verdict::Block, ReasonCode::BlockAtScore, source, rule, observed);
            } else if let Some(at) = rule.challenge_at_score.filter(|at| score >= *at) {
                let rule = format!("challengeAtScore: {at}");
                self.add(Verdict::Challenge, ReasonCode::ChallengeAtScore, source, rule, observed);
            }
        }
        for indicator in rule.block_when.iter().filter(|indicator| signal.has_indicator(indicator)) {
            let rule = format!("blockWhen: {indicator}");
            self.add(Verdict::Block, ReasonCode::BlockWhen, source, rule, indicator.clone());
        }
    }

    fn judge_application_threshold(&mut self, threshold: Threshold, signal: &Signal) {
        if signal.source == PROVIDER_SOURCE
            && let Assessment::Level(level) = signal.assessment
            && threshold.met_by(level)
        {
            let rule = requirement_risk_rule(threshold);
            self.add(
                Verdict::Block,
                ReasonCode::RequirementRisk,
                PROVIDER_SOURCE,
                rule.to_owned(),
                level.to_string(),
            );
        }
    }

    /// The strictest verdict, and the reasons: of everything stricter than `Allow`, or else of the allow itself.
    fn conclude(mut self) -> (Verdict, Vec<(Verdict, Reason)>) {
        let verdict = self.all.iter().map(|(verdict, _)| *verdict).max().unwrap_or_default();
        if verdict > Verdict::Allow {
            self.all.retain(|(verdict, _)| *verdict > Verdict::Allow);
        }
        sort(&mut self.all);
        (verdict, self.all)
    }
}

/// How the application's own threshold is written: the risk it accepts, as it sent it.
pub(crate) fn requirement_risk_rule(threshold: Threshold) -> &'static str {
    match threshold {
        Threshold::Moderate => "requirement.risk: low",
        Threshold::High => "requirement.risk: moderate",
    }
}

fn named(rule: &str, threshold: Option<Threshold>) -> String {
    threshold.map_or_else(|| rule.to_owned(), |threshold| format!("{rule}: {threshold}"))
}

fn lowest_threshold(flow: &Flow) -> String {
    match (flow.challenge_at, flow.block_at) {
        (Some(challenge), Some(block)) if block < challenge => named("blockAt", Some(block)),
        (Some(challenge), _) => named("challengeAt", Some(challenge)),
        (None, Some(block)) => named("blockAt", Some(block)),
        (None, None) => "no threshold".to_owned(),
    }
}
