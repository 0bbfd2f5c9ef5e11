//! After step 4, where the operator may: bound pods are annotated with the revision that they are to mount. Their kubelets look
//! at a pod that changed, and refresh its volumes at once instead of within their sync period. One that is not reached follows
//! later by itself.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Patch, PatchParams};
use kube::{Api, ResourceExt};
use riskgate_inject::names::NUDGE;
use serde_json::json;

use super::{Context, said};
use crate::pods::lives;
use crate::watches::PolicyKey;

/// Pods that are annotated at a time.
const AT_ONCE: usize = 8;

/// Annotates the living pods.
pub(super) async fn nudge(key: &PolicyKey, pods: &[Arc<Pod>], revision: &str, context: &Context) {
    let api: Api<Pod> = Api::namespaced(context.client.clone(), &key.namespace);
    let patch = json!({ "metadata": { "annotations": { NUDGE: revision } } });
    let living = pods.iter().filter(|pod| lives(pod)).map(|pod| pod.name_any());
    stream::iter(living)
        .for_each_concurrent(AT_ONCE, |name| {
            let (api, patch) = (&api, &patch);
            async move {
                match api.patch_metadata(&name, &PatchParams::default(), &Patch::Merge(patch)).await {
                    Ok(_) => {}
                    Err(kube::Error::Api(status)) if status.is_not_found() => {}
                    Err(error) => {
                        tracing::warn!(policy = %key, pod = name, error = said(&error), "a pod was not nudged");
                    }
                }
            }
        })
        .await;
}
