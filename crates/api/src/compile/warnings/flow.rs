//! Warnings on one flow: what lets risk pass that the flow means to stop, and what has no effect.

use riskgate_core::{AtCollect, Flow, PROVIDER_SOURCE, SourceRule, Verdict, When};

use super::Warnings;

/// `screens` says whether the flow names a source that is asked before the order exists.
pub(super) fn warn(path: &str, flow: &Flow, screens: bool, warnings: &mut Warnings) {
    let phone_only = flow.operations.iter().all(|operation| operation.is_phone());
    if phone_only {
        thresholds_without_effect(path, flow, warnings);
    } else {
        gaps(path, flow, warnings);
    }
    if !flow.operations.iter().any(|operation| operation.is_phone())
        && flow.when_not_applicable != Verdict::Allow
    {
        warnings.add(
            format!("{path}.whenNotApplicable"),
            "has no effect: BankID's indication applies to all operations of this flow, it is phone operations it does \
             not apply to",
        );
    }
    challenge(path, flow, screens, warnings);
    for (index, rule) in flow.sources.iter().enumerate().filter(|(_, rule)| rule.name == PROVIDER_SOURCE) {
        provider_rule(&format!("{path}.sources[{index}]"), rule, warnings);
    }
}

/// Where `own` replaces the flow's rule for the provider's indication, that holds.
fn effective(flow: &Flow, own: fn(&SourceRule) -> Option<Verdict>, of_flow: Verdict) -> Verdict {
    flow.rule(PROVIDER_SOURCE).and_then(own).unwrap_or(of_flow)
}

fn thresholds(flow: &Flow) -> Option<&'static str> {
    match (flow.block_at, flow.challenge_at) {
        (Some(_), _) => Some("blockAt"),
        (None, Some(_)) => Some("challengeAt"),
        (None, None) => None,
    }
}

fn gaps(path: &str, flow: &Flow, warnings: &mut Warnings) {
    let unknown = effective(flow, |rule| rule.when_unknown, flow.when_unknown);
    let unavailable = effective(flow, |rule| rule.when_unavailable, flow.when_unavailable);
    let Some(threshold) = thresholds(flow) else {
        warnings.add(
            path,
            "no level blocks or challenges in this flow, not even High; write blockAt or challengeAt",
        );
        return;
    };
    if unknown == Verdict::Allow {
        let message = format!(
            "{threshold} can be walked around: a start by QR code, which a fraudster can choose, looks exactly like no \
             indication; write Challenge or Block"
        );
        warnings.add(format!("{path}.whenUnknown"), message);
    }
    if unavailable == Verdict::Allow {
        let message = format!("{threshold} holds only while the source answers; write Challenge or Block");
        warnings.add(format!("{path}.whenUnavailable"), message);
    }
}

fn thresholds_without_effect(path: &str, flow: &Flow, warnings: &mut Warnings) {
    let set = [("blockAt", flow.block_at), ("challengeAt", flow.challenge_at)];
    for (field, _) in set.iter().filter(|(_, threshold)| threshold.is_some()) {
        let message = format!(
            "{field} has no effect: BankID gives no indication for phone operations, whenNotApplicable decides"
        );
        warnings.add(format!("{path}.{field}"), message);
    }
}

fn challenge(path: &str, flow: &Flow, screens: bool, warnings: &mut Warnings) {
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
    match flow.challenge.at_collect {
        AtCollect::Block => {
            for field in challenging {
                warnings.add(
                    format!("{path}.{field}"),
                    "a challenge is refused as a block would be, since challenge.atCollect is Block; write \
                     AllowIfRequired or PassWithHeader there, or say here that it is blocked",
                );
            }
        }
        _ if challenging.is_empty() && !by_source => warnings.add(
            format!("{path}.challenge.atCollect"),
            "has no effect: nothing in this flow challenges; write challengeAt, or leave it out",
        ),
        AtCollect::PassWithHeader => warnings.add(
            format!("{path}.challenge.atCollect"),
            "the application must read Riskgate-Verdict and step up by itself: one that does not treats a challenge as \
             allowed",
        ),
        AtCollect::AllowIfRequired => {}
    }
    if flow.challenge.at_order.as_ref().is_some_and(|at_order| at_order.when == When::Screen) && !screens {
        warnings.add(
            format!("{path}.challenge.atOrder.when"),
            "no source of this flow is asked before the order, so Screen never tightens one; write Always, or a source with \
             phase: Screen",
        );
    }
}

/// BankID's indication is one level: no score, no reasons (bankid-se.md section 8).
fn provider_rule(path: &str, rule: &SourceRule, warnings: &mut Warnings) {
    let set = [
        ("blockAtScore", rule.block_at_score.is_some()),
        ("challengeAtScore", rule.challenge_at_score.is_some()),
        ("blockWhen", !rule.block_when.is_empty()),
    ];
    for (field, _) in set.iter().filter(|(_, set)| *set) {
        let message = format!("{field} has no effect: BankID's indication has neither score nor indicators");
        warnings.add(format!("{path}.{field}"), message);
    }
}
