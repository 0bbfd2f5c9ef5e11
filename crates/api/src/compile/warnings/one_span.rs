//! Warnings on a flow of OneSpan.

use riskgate_core::{Flow, PROVIDER_SOURCE, Verdict};

use super::Warnings;

pub(super) fn warn(path: &str, flow: &Flow, warnings: &mut Warnings) {
    let own = flow.rule(PROVIDER_SOURCE).and_then(|rule| rule.when_unknown);
    if own.unwrap_or(flow.when_unknown) == Verdict::Allow {
        warnings.add(
            format!("{path}.whenUnknown"),
            "whoever calls OneSpan without asking for an assessment (LoginInput) gets no code, and passes; write Challenge or \
             Block",
        );
    }
    if flow.challenge.at_order.is_some() {
        warnings.add(
            format!("{path}.challenge.atOrder"),
            "has no effect: OneSpan's requests carry no requirement; leave it out, and write challengeCode in the provider",
        );
    }
}
