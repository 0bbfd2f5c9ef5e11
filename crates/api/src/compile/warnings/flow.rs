//! Warnings that the flows of every provider may earn: what lets risk pass that the flow means to stop, and what has no effect.

use riskgate_core::{AtCollect, Flow, PROVIDER_SOURCE, SourceRule, Verdict, When};

use super::Warnings;

/// What is particular to a provider in a challenge at the result.
pub(super) struct Challenged {
    /// What to write where a challenge is refused as a block is; none where it is not.
    pub(super) refused: Option<&'static str>,
    /// Why nothing that is required at the order can be met; none where it can.
    pub(super) unmet: Option<&'static str>,
}

/// Where `own` replaces the flow's rule for the provider's indication, that holds.
pub(super) fn effective(flow: &Flow, own: fn(&SourceRule) -> Option<Verdict>, of_flow: Verdict) -> Verdict {
    flow.rule(PROVIDER_SOURCE).and_then(own).unwrap_or(of_flow)
}

/// The field of the flow's strictest threshold.
pub(super) fn threshold(flow: &Flow) -> Option<&'static str> {
    match (flow.block_at, flow.challenge_at) {
        (Some(_), _) => Some("blockAt"),
        (None, Some(_)) => Some("challengeAt"),
        (None, None) => None,
    }
}

/// The flow's rules for sources beside the provider's own indication, each with its path.
pub(super) fn listed<'a>(path: &str, flow: &'a Flow) -> impl Iterator<Item = (String, &'a SourceRule)> {
    let path = path.to_owned();
    let rules = flow.sources.iter().enumerate().filter(|(_, rule)| rule.name != PROVIDER_SOURCE);
    rules.map(move |(index, rule)| (format!("{path}.sources[{index}]"), rule))
}

/// The flow's own rule for the provider's indication, with its path.
pub(super) fn of_provider<'a>(path: &str, flow: &'a Flow) -> Option<(String, &'a SourceRule)> {
    let index = flow.sources.iter().position(|rule| rule.name == PROVIDER_SOURCE)?;
    Some((format!("{path}.sources[{index}]"), &flow.sources[index]))
}

/// A flow in which no level does anything.
pub(super) fn no_threshold(path: &str, warnings: &mut Warnings) {
    warnings
        .add(path, "no level blocks or challenges in this flow, not even High; write blockAt or challengeAt");
}

/// A threshold that whoever is away lifts.
pub(super) fn unavailable(path: &str, threshold: &str, warnings: &mut Warnings) {
    let message = format!("{threshold} holds only while the source answers; write Challenge or Block");
    warnings.add(format!("{path}.whenUnavailable"), message);
}

/// The same, where the provider's own indication may be away.
pub(super) fn own_unavailable(path: &str, flow: &Flow, threshold: &str, warnings: &mut Warnings) {
    if effective(flow, |rule| rule.when_unavailable, flow.when_unavailable) == Verdict::Allow {
        unavailable(path, threshold, warnings);
    }
}

/// Scores on an indication that has none.
pub(super) fn scores(path: &str, rule: &SourceRule, whose: &str, warnings: &mut Warnings) {
    let set = [
        ("blockAtScore", rule.block_at_score.is_some()),
        ("challengeAtScore", rule.challenge_at_score.is_some()),
    ];
    for (field, _) in set.iter().filter(|(_, set)| *set) {
        warnings.add(format!("{path}.{field}"), format!("{field} has no effect: {whose} has no score"));
    }
}

/// What becomes of challenges. `screens` says whether the flow names a source that is asked before the order exists.
pub(super) fn challenge(
    path: &str,
    flow: &Flow,
    screens: bool,
    particular: &Challenged,
    warnings: &mut Warnings,
) {
    let same_level = flow.challenge_at.is_some() && flow.challenge_at == flow.block_at;
    if same_level {
        warnings.add(
            format!("{path}.challengeAt"),
            "has no effect: blockAt is the same level and stricter; write a lower level, or leave it out",
        );
    }
    let challenging = [
        ("challengeAt", flow.challenge_at.is_some() && !same_level),
        ("whenUnknown", flow.when_unknown == Verdict::Challenge),
        ("whenUnavailable", flow.when_unavailable == Verdict::Challenge),
        ("whenNotApplicable", flow.when_not_applicable == Verdict::Challenge),
    ];
    let challenging: Vec<&str> =
        challenging.into_iter().filter(|(_, set)| *set).map(|(field, _)| field).collect();
    let by_source = flow.sources.iter().any(|rule| {
        let when = [rule.when_unknown, rule.when_unavailable, rule.when_not_applicable];
        rule.challenge_at_score.is_some() || when.contains(&Some(Verdict::Challenge))
    });
    let at_collect = format!("{path}.challenge.atCollect");
    match (flow.challenge.at_collect, particular.unmet) {
        (AtCollect::Block, _) => {
            if let Some(message) = particular.refused {
                challenging.iter().for_each(|field| warnings.add(format!("{path}.{field}"), message));
            }
        }
        _ if challenging.is_empty() && !by_source => warnings.add(
            at_collect,
            "has no effect: nothing in this flow challenges; write challengeAt, or leave it out",
        ),
        (AtCollect::PassWithHeader, _) => warnings.add(
            at_collect,
            "the application must read Riskgate-Verdict and step up by itself: one that does not treats a challenge as \
             allowed",
        ),
        (AtCollect::AllowIfRequired, Some(why)) => {
            warnings.add(at_collect, format!("is the same as Block: {why}; write Block or PassWithHeader"));
        }
        (AtCollect::AllowIfRequired, None) => {}
    }
    let Some(at_order) = &flow.challenge.at_order else { return };
    match particular.unmet {
        Some(why) => {
            warnings.add(format!("{path}.challenge.atOrder"), format!("has no effect: {why}; leave it out"));
        }
        None if at_order.when == When::Screen && !screens => warnings.add(
            format!("{path}.challenge.atOrder.when"),
            "no source of this flow is asked before the order, so Screen never tightens one; write Always, or a source \
             with phase: Screen",
        ),
        None => {}
    }
}
