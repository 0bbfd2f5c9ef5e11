//! The rules of a flow that a signal meets, each with the verdict that it gives.

use super::sort;
use crate::flow::{Flow, SourceRule};
use crate::level::{Assessment, Threshold};
use crate::reason::{Reason, ReasonCode};
use crate::signal::{PROVIDER_SOURCE, Signal, cause, own};
use crate::verdict::Verdict;

/// The rules that were met, each with the verdict it gives.
#[derive(Default)]
pub(super) struct Findings {
    all: Vec<(Verdict, Reason)>,
}

impl Findings {
    fn add(&mut self, verdict: Verdict, code: ReasonCode, source: &str, rule: String, observed: String) {
        self.all.push((verdict, Reason::of_source(code, source, rule, observed)));
    }

    pub(super) fn judge(&mut self, flow: &Flow, signal: &Signal) {
        let rule = flow.rule(&signal.source);
        if rule.is_none() && signal.source != PROVIDER_SOURCE {
            return; // a source that this flow does not use (any more)
        }
        self.judge_assessment(flow, rule, signal);
        self.judge_own(signal);
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

    /// What the provider's answer does by itself holds whatever the flow says: it can be made stricter, never milder.
    fn judge_own(&mut self, signal: &Signal) {
        if signal.source != PROVIDER_SOURCE {
            return;
        }
        let floors = [
            (own::DECLINED, Verdict::Block, ReasonCode::ProviderDeclined),
            (own::CHALLENGED, Verdict::Challenge, ReasonCode::ProviderChallenged),
        ];
        for (indicator, verdict, code) in floors {
            if signal.has_indicator(indicator) {
                let rule = "the provider's own answer counts".to_owned();
                self.add(verdict, code, PROVIDER_SOURCE, rule, indicator.to_owned());
            }
        }
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

    pub(super) fn judge_application_threshold(&mut self, threshold: Threshold, signal: &Signal) {
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
    pub(super) fn conclude(mut self) -> (Verdict, Vec<(Verdict, Reason)>) {
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
