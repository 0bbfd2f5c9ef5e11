//! From a policy to the configuration of its sidecars: defaults filled in, environments resolved, contradictions found.

mod provider;
mod source;
mod warnings;

use std::fmt;

use kube::ResourceExt;
use riskgate_core::SidecarConfig;
use riskgate_core::config::{PolicyName, SCHEMA, StoreConfig};

use crate::policy::{MAX_NAME, RiskPolicy, RiskPolicySpec};

/// The namespace of a policy that names none, as `kubectl` takes it.
pub const DEFAULT_NAMESPACE: &str = "default";

/// Why a policy cannot be used: one contradiction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The field, such as `spec.flows[1].blockAt`.
    pub path: String,
    /// What is wrong and what to write instead.
    pub message: String,
}

/// What is legal in a policy, but unwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The field, such as `spec.flows[0].whenUnknown`.
    pub path: String,
    /// What follows from it, and what to write instead.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// The configuration that the sidecars of a policy get, with warnings on what is legal but unwise.
///
/// # Errors
///
/// Every contradiction of the policy at once.
pub fn compile(policy: &RiskPolicy) -> Result<(SidecarConfig, Vec<Warning>), Vec<Problem>> {
    let spec = &policy.spec;
    let mut problems = Vec::new();
    check_name(&policy.name_any(), &mut problems);
    provider::check_env(&spec.providers, &mut problems);
    let providers = spec
        .providers
        .iter()
        .enumerate()
        .map(|(index, entry)| provider::resolve(&format!("spec.providers[{index}]"), entry, &mut problems))
        .collect();
    let sources = spec
        .sources
        .iter()
        .enumerate()
        .filter_map(|(index, entry)| source::resolve(&format!("spec.sources[{index}]"), entry, &mut problems))
        .collect();
    let mut config = SidecarConfig {
        schema: SCHEMA,
        policy: PolicyName {
            namespace: policy.namespace().unwrap_or_else(|| DEFAULT_NAMESPACE.to_owned()),
            name: policy.name_any(),
        },
        mode: spec.mode,
        uncovered_operations: spec.uncovered_operations,
        ports: spec.ports,
        pseudonym_key_ref: spec.pseudonym_key_ref.clone(),
        timeouts: spec.timeouts,
        log: spec.log.clone(),
        store: store(&spec.store),
        providers,
        risk_parameters: spec.risk_parameters.clone(),
        sources,
        flows: spec.flows.clone(),
    };
    problems.extend(
        config
            .check()
            .into_iter()
            .map(|finding| Problem { path: format!("spec.{}", finding.path), message: finding.message }),
    );
    // Only now: until here an index is the one that was written. Entries are told by their names, so that a policy in another
    // order is the same configuration; a running sidecar cannot follow another order of its listeners.
    config.providers.sort_by(|one, other| one.name.cmp(&other.name));
    config.sources.sort_by(|one, other| one.name.cmp(&other.name));
    if problems.is_empty() {
        let warnings = warnings::of(spec, &config);
        Ok((config, warnings))
    } else {
        Err(problems)
    }
}

/// The ports that take a free one, by their paths. Outside a cluster that is of use; injection needs ports that it knows, so
/// admission refuses them.
#[must_use]
pub fn free_ports(spec: &RiskPolicySpec) -> Vec<String> {
    let own = [
        ("spec.ports.admin".to_owned(), spec.ports.admin),
        ("spec.ports.health".to_owned(), spec.ports.health),
    ];
    let listeners = spec.providers.iter().enumerate().flat_map(|(index, entry)| {
        let webhook = entry.tic_identity.as_ref().and_then(|tic| tic.webhook.as_ref());
        let webhook = webhook.map(|webhook| {
            (format!("spec.providers[{index}].ticIdentity.webhook.listen.port"), webhook.listen.port)
        });
        [(format!("spec.providers[{index}].listen.port"), entry.listen.port)].into_iter().chain(webhook)
    });
    own.into_iter().chain(listeners).filter(|(_, port)| *port == 0).map(|(path, _)| path).collect()
}

/// The store, with memory written out where none was chosen.
fn store(spec: &StoreConfig) -> StoreConfig {
    let mut store = spec.clone();
    if store.redis.is_none() {
        store.memory.get_or_insert_default();
    }
    store
}

fn check_name(name: &str, problems: &mut Vec<Problem>) {
    let message = if name.is_empty() {
        "a policy needs a name: pods are bound by it; write metadata: { name: NAME }".to_owned()
    } else if name.len() > MAX_NAME {
        format!("the name has {} characters and becomes a label; write at most {MAX_NAME}", name.len())
    } else {
        return;
    };
    problems.push(Problem { path: "metadata.name".to_owned(), message });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(name: &str) -> RiskPolicy {
        let spec = serde_json::json!({
            "ports": { "admin": 0 },
            "providers": [{
                "name": "bankid",
                "listen": { "port": 0 },
                "bankIdSe": { "environment": "Test", "clientCertificateRefs": [{ "name": "rp" }] },
            }],
            "flows": [{
                "name": "login",
                "provider": "bankid",
                "operations": ["Auth"],
                "whenUnknown": "Block",
                "whenUnavailable": "Block",
            }],
        });
        RiskPolicy::new(name, serde_json::from_value(spec).unwrap())
    }

    #[test]
    fn ports_that_only_work_outside_a_cluster_are_found() {
        assert_eq!(
            free_ports(&policy("retail").spec),
            ["spec.ports.admin".to_owned(), "spec.providers[0].listen.port".to_owned()]
        );
    }

    #[test]
    fn a_policy_without_a_namespace_is_of_the_default_one() {
        let (config, _) = compile(&policy("retail")).unwrap();
        assert_eq!(config.policy.to_string(), "default/retail");
    }

    #[test]
    fn the_order_of_providers_makes_no_other_configuration() {
        let mut policy = policy("retail");
        let mut other = policy.spec.providers[0].clone();
        other.name = "another".to_owned();
        policy.spec.providers.push(other);
        let (one, _) = compile(&policy).unwrap();
        policy.spec.providers.reverse();
        let (reversed, _) = compile(&policy).unwrap();
        assert_eq!((&one, one.revision()), (&reversed, reversed.revision()));
        let names: Vec<&str> = one.providers.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["another", "bankid"]);
    }

    #[test]
    fn a_problem_is_told_where_it_was_written() {
        let mut policy = policy("retail");
        let mut other = policy.spec.providers[0].clone();
        other.name = "another".to_owned();
        if let Some(bankid) = &mut other.bank_id_se {
            bankid.client_certificate_refs.clear();
        }
        policy.spec.providers.push(other);
        let problems = compile(&policy).unwrap_err();
        assert_eq!(problems[0].path, "spec.providers[1].bankIdSe.clientCertificateRefs", "{problems:?}");
    }

    #[test]
    fn a_name_that_cannot_be_a_label_is_a_problem() {
        for name in ["", &"a".repeat(MAX_NAME + 1)] {
            let problems = compile(&policy(name)).unwrap_err();
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert_eq!(problems[0].path, "metadata.name");
        }
    }
}
