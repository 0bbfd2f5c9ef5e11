//! Step 2: whether the policy can be used. The same compiler as everywhere, and what a pod can be bound to. Pure.

use riskgate_api::RiskPolicy;
use riskgate_api::compile::{self, Warning};
use riskgate_core::SidecarConfig;
use riskgate_inject::Bindings;

use crate::watches::PolicyKey;

/// A policy that can be used: the only thing that is built from.
pub(super) struct Validated {
    /// What its sidecars get.
    pub(super) config: SidecarConfig,
    /// The hash of what it binds a pod to.
    pub(super) bindings: String,
    /// What is legal in it, but unwise.
    pub(super) warnings: Vec<Warning>,
}

/// # Errors
/// Every contradiction at once, a line each.
pub(super) fn validate(key: &PolicyKey, policy: &RiskPolicy) -> Result<Validated, String> {
    let (config, warnings) = compile::compile(policy)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
    let bindings = Bindings::of(&key.namespace, &key.name, &policy.spec).map_err(|notice| notice.message)?;
    Ok(Validated { config, bindings: bindings.hash(), warnings })
}
