//! Evaluation: from what the sources said to a verdict with its reasons.
//!
//! The verdict of a transaction is the strictest over its sources, and every source that contributed to it is a reason
//! (design.md section 3). Order never matters: reasons come out sorted.

mod findings;

use std::cmp::Ordering;

use self::findings::Findings;
pub(crate) use self::findings::requirement_risk_rule;
use crate::flow::{AtCollect, Flow};
use crate::level::Threshold;
use crate::reason::{Reason, ReasonCode};
use crate::requirement::{Requirement, RequirementSet};
use crate::signal::{PROVIDER_SOURCE, Phase, Signal, cause, own};
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

impl<'a> Scope<'a> {
    /// Its flows; none where none holds.
    #[must_use]
    pub fn flows(&self) -> &[&'a Flow] {
        match self {
            Self::Flow(flow) => std::slice::from_ref(flow),
            Self::Strictest { flows, .. } => flows,
            Self::UnknownBlocked | Self::Uncovered(_) => &[],
        }
    }
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

impl Outcome {
    /// The same, noting that the shared store could not be asked (`store.whenUnavailable: Degrade`). It changes no verdict:
    /// what is missing then was judged as missing.
    #[must_use]
    pub fn with_store_degraded(mut self) -> Self {
        self.reasons.push(Reason::of_source(
            ReasonCode::StoreDegraded,
            STORE,
            "store.whenUnavailable: Degrade",
            "the shared store could not be asked",
        ));
        self
    }
}

/// The source of [`ReasonCode::StoreDegraded`].
pub(crate) const STORE: &str = "store";

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
        (Verdict::Block, _) => Enforcement::Refuse,
        // Its own challenge is what the application understands best, and its own word that one was met ends the asking.
        (Verdict::Challenge, _) if own_says(evidence, own::CHALLENGED) => Enforcement::PassChallenged,
        (Verdict::Challenge, _) if own_says(evidence, own::CHALLENGE_MET) => {
            let rule = "the provider's own answer counts";
            let met = Reason::of_source(ReasonCode::ChallengeMet, PROVIDER_SOURCE, rule, own::CHALLENGE_MET);
            reasons.push((Verdict::Allow, met));
            Enforcement::Pass
        }
        (Verdict::Challenge, AtCollect::Block) => Enforcement::Refuse,
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

/// Whether the provider's own signal carries `indicator`.
fn own_says(evidence: &Evidence<'_>, indicator: &str) -> bool {
    evidence.signals.iter().any(|signal| signal.source == PROVIDER_SOURCE && signal.has_indicator(indicator))
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
