//! What is legal in a policy, but unwise.

use riskgate_core::Verdict;

use super::Warning;
use crate::policy::RiskPolicySpec;

/// The warnings on a policy that has no problem.
pub(super) fn of(spec: &RiskPolicySpec) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for (index, flow) in spec.flows.iter().enumerate() {
        if flow.block_at.is_some() && flow.when_unknown == Verdict::Allow {
            warnings.push(Warning {
                path: format!("spec.flows[{index}].whenUnknown"),
                message:
                    "blockAt can be walked around: a start by QR code, which a fraudster can choose, looks \
                          exactly like no indication; write whenUnknown: Challenge or Block"
                        .to_owned(),
            });
        }
    }
    warnings
}
