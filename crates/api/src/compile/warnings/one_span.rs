//! Warnings on a flow of OneSpan.

use riskgate_core::config::{LookUp, OneSpanConfig};
use riskgate_core::{Condition, Flow, Threshold, Verdict};

use super::Warnings;
use super::flow::{self, Challenged, effective};

/// What only the look-up of the rules that matched says.
const LOOKED_UP: &str = "matchedRules";

const UNMET: &str =
    "OneSpan's requests carry no requirement, it is challengeCode in the provider that asks for more";

pub(super) fn warn(
    path: &str,
    flow: &Flow,
    (one_span, screens): (&OneSpanConfig, bool),
    warnings: &mut Warnings,
) {
    if effective(flow, |rule| rule.when_unknown, flow.when_unknown) == Verdict::Allow {
        warnings.add(
            format!("{path}.whenUnknown"),
            "whoever calls OneSpan without asking for an assessment (LoginInput) gets no code, and passes; write Challenge or \
             Block",
        );
    }
    if flow.block_at == Some(Threshold::Moderate) {
        warnings.add(
            format!("{path}.blockAt"),
            "every challenge of OneSpan is Moderate, and is declined; write High, unless nobody is to be challenged",
        );
    }
    let challenged = Challenged {
        refused: one_span.challenge_code.is_none().then_some(
            "a challenge that OneSpan did not ask for is declined as a block would be; write challengeCode in the \
             provider, or say here that it is blocked",
        ),
        unmet: Some(UNMET),
    };
    flow::challenge(path, flow, screens, &challenged, warnings);
    let Some((path, rule)) = flow::of_provider(path, flow) else { return };
    flow::scores(&path, rule, "OneSpan's code", warnings);
    if one_span.matched_rules.look_up == LookUp::Always {
        return;
    }
    for (index, condition) in rule.block_when.iter().enumerate() {
        if Condition::parse(condition).is_ok_and(|condition| condition.name == LOOKED_UP) {
            warnings.add(
                format!("{path}.blockWhen[{index}]"),
                "holds only where the rules that matched are looked up; write matchedRules: { lookUp: Always } in the provider",
            );
        }
    }
}
