//! Warnings on a flow of Swedish BankID.

use riskgate_core::{Flow, Verdict};

use super::Warnings;
use super::flow::{self, Challenged, effective};

const CHALLENGED: Challenged = Challenged {
    refused: Some(
        "a challenge is refused as a block would be, since challenge.atCollect is Block; write AllowIfRequired or \
         PassWithHeader there, or say here that it is blocked",
    ),
    unmet: None,
};

pub(super) fn warn(path: &str, flow: &Flow, screens: bool, warnings: &mut Warnings) {
    // What other sources say has levels, and may not apply, whatever the operation is.
    let alone = flow::listed(path, flow).next().is_none();
    if !flow.operations.iter().all(|operation| operation.is_phone()) {
        gaps(path, flow, warnings);
    } else if alone {
        thresholds_without_effect(path, flow, warnings);
    }
    let phone = flow.operations.iter().any(|operation| operation.is_phone());
    if alone && !phone && flow.when_not_applicable != Verdict::Allow {
        warnings.add(
            format!("{path}.whenNotApplicable"),
            "has no effect: BankID's indication applies to all operations of this flow, it is phone operations it does \
             not apply to",
        );
    }
    flow::challenge(path, flow, screens, &CHALLENGED, warnings);
    // BankID's indication is one level: no score, no reasons (bankid-se.md section 8).
    if let Some((path, rule)) = flow::of_provider(path, flow) {
        flow::scores(&path, rule, "BankID's indication", warnings);
        if !rule.block_when.is_empty() {
            let message = "blockWhen has no effect: BankID's indication has no indicators";
            warnings.add(format!("{path}.blockWhen"), message);
        }
    }
}

fn gaps(path: &str, flow: &Flow, warnings: &mut Warnings) {
    let Some(threshold) = flow::threshold(flow) else { return flow::no_threshold(path, warnings) };
    if effective(flow, |rule| rule.when_unknown, flow.when_unknown) == Verdict::Allow {
        let message = format!(
            "{threshold} can be walked around: a start by QR code, which a fraudster can choose, looks exactly like no \
             indication; write Challenge or Block"
        );
        warnings.add(format!("{path}.whenUnknown"), message);
    }
    flow::own_unavailable(path, flow, threshold, warnings);
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
