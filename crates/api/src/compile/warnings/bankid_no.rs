//! Warnings on a flow of BankID Norway: its own answers carry no risk, so that all depends on the sources.

use riskgate_core::config::{BankIdNoConfig, SourceKind};
use riskgate_core::{Flow, SidecarConfig, Verdict};

use super::Warnings;
use super::flow::{self, Challenged, effective};

/// A challenge is OAuth's own, and not a block; what a token shows is no order that could have carried something.
const CHALLENGED: Challenged = Challenged { refused: None, unmet: None };

pub(super) fn warn(
    path: &str,
    flow: &Flow,
    (config, bankid, screens): (&SidecarConfig, &BankIdNoConfig, bool),
    warnings: &mut Warnings,
) {
    match flow::threshold(flow) {
        None => flow::no_threshold(path, warnings),
        Some(threshold) if flow::listed(path, flow).next().is_none() => warnings.add(
            format!("{path}.{threshold}"),
            "has no effect: BankID Norway's own answers carry no risk; write sources, such as one of kind securityData",
        ),
        Some(threshold) => gaps(path, flow, threshold, (config, bankid), warnings),
    }
    let own = effective(flow, |rule| rule.when_not_applicable, flow.when_not_applicable);
    if own != Verdict::Allow {
        let message = format!(
            "every login gets {own}: BankID Norway's own answers carry no risk, which is always NotApplicable; write Allow, \
             and what holds for logins at level 3 at the source of kind securityData"
        );
        warnings.add(format!("{path}.whenNotApplicable"), message);
    }
    flow::challenge(path, flow, screens, &CHALLENGED, warnings);
    if let Some((path, rule)) = flow::of_provider(path, flow) {
        flow::scores(&path, rule, "BankID Norway's own answer", warnings);
    }
}

/// What each source lets pass. Its own rule is where the warning is, if it has one.
fn gaps(
    path: &str,
    flow: &Flow,
    threshold: &str,
    (config, bankid): (&SidecarConfig, &BankIdNoConfig),
    warnings: &mut Warnings,
) {
    let (mut of_flow_unknown, mut of_flow_unavailable) = (false, false);
    for (here, rule) in flow::listed(path, flow) {
        let source = config.source(&rule.name);
        let is_security_data =
            source.is_some_and(|source| matches!(source.kind, SourceKind::SecurityData(_)));
        if !is_security_data {
            continue;
        }
        let not_applicable = rule.when_not_applicable.unwrap_or(flow.when_not_applicable);
        if not_applicable == Verdict::Allow && !bankid.require_high {
            let message = format!(
                "{threshold} can be walked around: of a login at level of assurance 3 BankID collects no security data; write \
                 Challenge or Block, or requireHigh: true in bankIdNo"
            );
            warnings.add(format!("{here}.whenNotApplicable"), message);
        }
        match rule.when_unknown {
            Some(Verdict::Allow) => unknown(&here, threshold, warnings),
            Some(_) => {}
            None => of_flow_unknown |= flow.when_unknown == Verdict::Allow,
        }
        match rule.when_unavailable {
            Some(Verdict::Allow) => flow::unavailable(&here, threshold, warnings),
            Some(_) => {}
            None => of_flow_unavailable |= flow.when_unavailable == Verdict::Allow,
        }
    }
    if of_flow_unknown {
        unknown(path, threshold, warnings);
    }
    if of_flow_unavailable {
        flow::unavailable(path, threshold, warnings);
    }
}

fn unknown(path: &str, threshold: &str, warnings: &mut Warnings) {
    let message =
        format!("{threshold} holds only for logins that BankID has classified; write Challenge or Block");
    warnings.add(format!("{path}.whenUnknown"), message);
}
