//! ConfigMaps whose policy is gone: kept while pods are bound, so that their containers can restart, then deleted.

use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::api::{DeleteParams, ListParams, Preconditions};
use kube::core::PartialObjectMeta;
use kube::runtime::controller::Action;
use kube::runtime::reflector::ObjectRef;
use kube::{Api, Resource, ResourceExt};
use riskgate_api::RiskPolicy;
use riskgate_inject::names;
use tokio::time::timeout;

use super::{Context, LIMIT, said};
use crate::events::Note;
use crate::metrics::Outcome;
use crate::pods::lives;
use crate::reason::Reason;
use crate::watches::{PolicyKey, label};

/// However well the watches work, what is kept is looked at again after so long.
const RESYNC: Duration = Duration::from_secs(600);

/// Why a ConfigMap could not be judged or deleted.
#[derive(Debug, thiserror::Error)]
pub(super) enum JanitorError {
    /// Whether the policy, or a pod of it, is there.
    #[error("cannot tell whether the configuration is needed: {}", said(.0))]
    Look(#[source] kube::Error),
    /// Either.
    #[error("the API server did not answer within {LIMIT:?}")]
    Slow,
    /// The deletion.
    #[error("cannot delete the ConfigMap: {}", said(.0))]
    Delete(#[source] kube::Error),
}

/// One pass of one ConfigMap.
pub(super) async fn pass(
    map: Arc<PartialObjectMeta<ConfigMap>>,
    context: Arc<Context>,
) -> Result<Action, JanitorError> {
    timeout(LIMIT, whole(&map, &context)).await.unwrap_or(Err(JanitorError::Slow))
}

async fn whole(map: &PartialObjectMeta<ConfigMap>, context: &Context) -> Result<Action, JanitorError> {
    // What carries the label under another name is not ours.
    let Some(key) = label(map).filter(|key| names::config_map(&key.name) == map.name_any()) else {
        return Ok(Action::await_change());
    };
    if context.watches.policies.get(&ObjectRef::new(&key.name).within(&key.namespace)).is_some() {
        return Ok(Action::await_change());
    }
    let note = |reason: Reason| Note {
        action: "Clean",
        reason: reason.name(),
        tone: reason.tone(),
        message: reason.meaning().to_owned(),
        regarding: map.object_ref(&()),
    };
    if context.watches.bound(&key).iter().any(|pod| lives(pod)) || needed(&key, context).await? {
        if context.keep(&key) {
            tracing::info!(policy = %key, reason = %Reason::Kept, "{}", Reason::Kept.meaning());
            context.metrics.reconciled(Outcome::Kept, Reason::Kept);
            context.events.publish(&note(Reason::Kept)).await;
        }
        return Ok(Action::requeue(RESYNC));
    }
    let api: Api<ConfigMap> = Api::namespaced(context.client.clone(), &key.namespace);
    // Exactly what was judged: not one that was made anew meanwhile.
    let preconditions = Preconditions { uid: map.uid(), resource_version: map.resource_version() };
    let params = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::default() };
    match api.delete(&map.name_any(), &params).await {
        Ok(_) => {
            tracing::info!(policy = %key, reason = %Reason::Removed, "{}", Reason::Removed.meaning());
            context.metrics.reconciled(Outcome::Removed, Reason::Removed);
            context.events.publish(&note(Reason::Removed)).await;
        }
        Err(kube::Error::Api(status)) if status.is_not_found() => {}
        Err(error) => return Err(JanitorError::Delete(error)),
    }
    context.no_longer_kept(&key);
    context.backoff.reset(&key);
    Ok(Action::await_change())
}

/// What the API server itself says: a watch that lags must not take the configuration from a running pod.
async fn needed(key: &PolicyKey, context: &Context) -> Result<bool, JanitorError> {
    let policies: Api<RiskPolicy> = Api::namespaced(context.client.clone(), &key.namespace);
    let named = ListParams::default().fields(&format!("metadata.name={}", key.name));
    if !policies.list_metadata(&named).await.map_err(JanitorError::Look)?.items.is_empty() {
        return Ok(true);
    }
    let pods: Api<Pod> = Api::namespaced(context.client.clone(), &key.namespace);
    let bound = ListParams::default().labels(&format!("{}={}", names::POLICY, key.name));
    Ok(pods.list(&bound).await.map_err(JanitorError::Look)?.items.iter().any(lives))
}

/// What to do after a pass that failed.
pub(super) fn failed(map: &PartialObjectMeta<ConfigMap>, error: &JanitorError, context: &Context) -> Action {
    let Some(key) = label(map) else { return Action::await_change() };
    let wait = context.backoff.next(&key);
    tracing::warn!(policy = %key, %error, wait = ?wait, "cleaning failed, and is tried again");
    context.metrics.reconciled(Outcome::Failed, Reason::Failed);
    Action::requeue(wait)
}
