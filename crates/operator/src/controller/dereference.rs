//! Step 1: what a pass needs to know. Asks the API server only where the watches cannot tell.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::core::PartialObjectMeta;
use kube::runtime::reflector::ObjectRef;
use kube::{Api, ResourceExt};
use riskgate_inject::names;

use super::Context;
use super::verify::{Looked, look};
use crate::watches::{GuardedPolicy, PolicyKey};

/// What a pass of one policy starts from.
pub(super) struct Dereferenced {
    /// The living and ended pods that are bound to it.
    pub(super) pods: Vec<Arc<Pod>>,
    /// The ConfigMap that stands under the policy's name.
    pub(super) config_map: Found,
    /// What the Secrets and ConfigMaps that it names are worth, where the operator may look.
    pub(super) looked: Looked,
}

/// What stands under the name of the policy's ConfigMap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing.
    Nothing,
    /// Ours.
    Ours {
        /// The resource version that was seen.
        version: Option<String>,
    },
    /// Somebody else's, without our label, or with that of another policy.
    Foreign,
}

/// # Errors
/// When the API server does not answer, or refuses.
pub(super) async fn dereference(
    key: &PolicyKey,
    policy: &GuardedPolicy,
    context: &Context,
) -> Result<Dereferenced, kube::Error> {
    let name = names::config_map(&key.name);
    let pods = context.watches.bound(key);
    let watched = context.watches.config_maps.get(&ObjectRef::new(&name).within(&key.namespace));
    let config_map = match watched {
        Some(map) => found(Some(&map), key),
        // The watch sees only what carries our label; what was written a moment ago it may not show yet.
        None => {
            let api: Api<ConfigMap> = Api::namespaced(context.client.clone(), &key.namespace);
            found(api.get_metadata_opt(&name).await?.as_ref(), key)
        }
    };
    let looked = match (context.widened.verify_every, &policy.0) {
        (Some(every), Ok(policy)) => look(key, policy, every, context).await?,
        _ => Looked::Unasked,
    };
    Ok(Dereferenced { pods, config_map, looked })
}

/// Whose it is by its label: what is not this policy's must not be taken over, nor deleted later.
fn found(map: Option<&PartialObjectMeta<ConfigMap>>, key: &PolicyKey) -> Found {
    match map {
        None => Found::Nothing,
        Some(map) if map.labels().get(names::POLICY) == Some(&key.name) => {
            Found::Ours { version: map.resource_version() }
        }
        Some(_) => Found::Foreign,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_carries_the_policys_own_label_is_ours() {
        let key = PolicyKey { namespace: "shop".to_owned(), name: "retail".to_owned() };
        let map = |labels| {
            let metadata = json!({ "name": "riskgate-retail", "resourceVersion": "7", "labels": labels });
            serde_json::from_value::<PartialObjectMeta<ConfigMap>>(json!({ "metadata": metadata })).unwrap()
        };
        let ours = Found::Ours { version: Some("7".to_owned()) };
        assert_eq!(found(Some(&map(json!({ "riskgate.dev/policy": "retail" }))), &key), ours);
        for labels in [json!({ "riskgate.dev/policy": "staff" }), json!({})] {
            assert_eq!(found(Some(&map(labels)), &key), Found::Foreign);
        }
        assert_eq!(found(None, &key), Found::Nothing);
    }
}
