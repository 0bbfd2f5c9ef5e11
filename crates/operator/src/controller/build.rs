//! Step 3: what is to stand in the cluster. Pure.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::core::ObjectMeta;
use riskgate_core::config::ConfigError;
use riskgate_inject::names;

use crate::validate::Validated;
use crate::watches::PolicyKey;

/// Not applied yet.
pub(super) struct Prepared {
    /// What is to stand in the cluster.
    pub(super) config_map: ConfigMap,
}

/// Applied: only such can be told in a status.
pub(super) struct Applied {
    /// Whether something differed.
    pub(super) changed: bool,
}

/// What one policy has in the cluster.
pub(super) struct Resources<State> {
    /// The revision of the configuration, as decision records name it.
    pub(super) revision: String,
    /// How many flows it has.
    pub(super) flows: usize,
    /// How far it is.
    pub(super) state: State,
}

#[cfg(test)]
impl Applied {
    /// As if it had been applied.
    pub(super) fn for_tests() -> Self {
        Self { changed: false }
    }
}

impl Resources<Prepared> {
    /// That they were applied; for the step that does so.
    pub(super) fn applied(self, changed: bool) -> Resources<Applied> {
        let Self { revision, flows, state: Prepared { config_map: _ } } = self;
        Resources { revision, flows, state: Applied { changed } }
    }
}

/// # Errors
/// None that can occur for a validated policy.
pub(super) fn build(key: &PolicyKey, validated: &Validated) -> Result<Resources<Prepared>, ConfigError> {
    let config = &validated.config;
    let config_map = ConfigMap {
        metadata: ObjectMeta {
            name: Some(names::config_map(&key.name)),
            namespace: Some(key.namespace.clone()),
            labels: Some(BTreeMap::from([(names::POLICY.to_owned(), key.name.clone())])),
            ..ObjectMeta::default()
        },
        data: Some(BTreeMap::from([(names::CONFIG_KEY.to_owned(), config.to_yaml()?)])),
        ..ConfigMap::default()
    };
    Ok(Resources { revision: config.revision(), flows: config.flows.len(), state: Prepared { config_map } })
}

#[cfg(test)]
mod tests {
    use riskgate_api::RiskPolicy;
    use riskgate_core::SidecarConfig;

    use super::*;
    use crate::validate::validate;

    #[test]
    fn the_config_map_holds_what_a_sidecar_reads_and_belongs_to_nobody() {
        let text = include_str!("../../../../examples/bankid-se/policy.yaml");
        let policy: RiskPolicy = serde_yaml::from_str(text).unwrap();
        let name = policy.metadata.name.clone().unwrap();
        let key = PolicyKey { namespace: policy.metadata.namespace.clone().unwrap(), name };
        let built = build(&key, &validate(&key, &policy).ok().unwrap()).unwrap();
        let map = built.state.config_map;
        assert_eq!(map.metadata.name, Some(format!("riskgate-{}", key.name)));
        assert_eq!(map.metadata.labels.unwrap()["riskgate.dev/policy"], key.name);
        assert_eq!((map.metadata.owner_references, map.metadata.finalizers), (None, None));
        let data = map.data.unwrap();
        assert_eq!(data.len(), 1);
        let config = SidecarConfig::from_yaml(&data["config.v1.yaml"]).unwrap();
        assert_eq!(config.revision(), built.revision);
        assert_eq!(config.flows.len(), built.flows);
    }
}
