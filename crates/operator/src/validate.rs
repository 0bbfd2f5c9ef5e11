//! Whether a policy can be used: what the compiler finds, as everywhere, and what a pod must be bound to. Pure. The
//! controller's second step, and what admission refuses.

use riskgate_api::RiskPolicy;
use riskgate_api::compile::{self, Problem, Warning, free_ports};
use riskgate_core::SidecarConfig;
use riskgate_inject::Bindings;

use crate::watches::PolicyKey;

/// A policy that can be used: the only thing that is built from.
pub(crate) struct Validated {
    /// What its sidecars get.
    pub(crate) config: SidecarConfig,
    /// What it binds a pod to.
    pub(crate) bindings: Bindings,
    /// What is legal in it, but unwise.
    pub(crate) warnings: Vec<Warning>,
}

/// # Errors
/// Every contradiction at once.
pub(crate) fn validate(key: &PolicyKey, policy: &RiskPolicy) -> Result<Validated, Vec<Problem>> {
    let (config, warnings) = compile::compile(policy)?;
    // Outside a cluster a free port is of use.
    let message = "a pod's ports are known before it starts; write a number above 0";
    let unknown: Vec<Problem> = free_ports(&policy.spec)
        .into_iter()
        .map(|path| Problem { path, message: message.to_owned() })
        .collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let bindings = Bindings::of(&key.namespace, &key.name, &policy.spec)
        .map_err(|notice| vec![Problem { path: "spec".to_owned(), message: notice.message }])?;
    Ok(Validated { config, bindings, warnings })
}

/// Problems as text, a line each.
pub(crate) fn told(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
