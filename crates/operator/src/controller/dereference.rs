//! Step 1: what a pass needs to know. Asks the API server only where the watches cannot tell.

use std::sync::Arc;

use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::runtime::reflector::ObjectRef;
use kube::{Api, ResourceExt};
use riskgate_inject::names;

use super::Context;
use crate::watches::PolicyKey;

/// What a pass of one policy starts from.
pub(super) struct Dereferenced {
    /// The living and ended pods that are bound to it.
    pub(super) pods: Vec<Arc<Pod>>,
    /// The ConfigMap that stands under the policy's name.
    pub(super) config_map: Found,
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
    /// Somebody else's, without our label.
    Foreign,
}

/// # Errors
/// When the API server does not answer, or refuses.
pub(super) async fn dereference(key: &PolicyKey, context: &Context) -> Result<Dereferenced, kube::Error> {
    let name = names::config_map(&key.name);
    let pods = context.watches.bound(key);
    if let Some(map) = context.watches.config_maps.get(&ObjectRef::new(&name).within(&key.namespace)) {
        return Ok(Dereferenced { pods, config_map: Found::Ours { version: map.resource_version() } });
    }
    // The watch sees only what carries our label: what does not must not be taken over, nor deleted later.
    let api: Api<ConfigMap> = Api::namespaced(context.client.clone(), &key.namespace);
    let config_map = match api.get_metadata_opt(&name).await? {
        None => Found::Nothing,
        // Written a moment ago, and not shown by the watch yet.
        Some(map) if map.labels().get(names::POLICY) == Some(&key.name) => {
            Found::Ours { version: map.resource_version() }
        }
        Some(_) => Found::Foreign,
    };
    Ok(Dereferenced { pods, config_map })
}
