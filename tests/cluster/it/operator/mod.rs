//! The controller on a real API server, as a process under the rights that it ships with.

mod admission;
mod bound_pods;
mod end_to_end;
mod existing;
mod faults;
mod outages;
mod policies;
mod protected;
mod replicas;
mod rights;
mod rotation;
mod sidecars;
mod validation;
mod widened;

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use cluster::{Scene, Suite};
use harness::{PATIENCE, eventually};
use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::api::events::v1::Event;
use kube::api::ListParams;
use kube::{Api, Client};
use riskgate_api::{RiskPolicy, RiskPolicyStatus};

pub(crate) fn add(suite: Suite) -> Suite {
    let suite = end_to_end::add(outages::add(validation::add(admission::add(suite))));
    let suite = widened::add(sidecars::add(suite));
    protected::add(faults::add(replicas::add(bound_pods::add(policies::add(suite)))))
}

/// The policy, once its status is of its last generation and `seen` finds in it what it wants.
pub(crate) async fn settled<T>(
    api: &Api<RiskPolicy>,
    name: &str,
    seen: impl Fn(&RiskPolicyStatus) -> Result<T>,
) -> Result<(RiskPolicy, T)> {
    eventually(&format!("the status of {name}"), PATIENCE, || async {
        let policy = api.get(name).await?;
        let status = policy.status.as_ref().context("no status")?;
        ensure!(status.observed_generation == policy.metadata.generation, "{status:?}");
        let found = seen(status)?;
        Ok((policy, found))
    })
    .await
}

/// The reason and message of a condition that has this status.
fn condition(status: &RiskPolicyStatus, kind: &str, wanted: &str) -> Result<(String, String)> {
    let found = status.conditions.iter().find(|condition| condition.type_ == kind);
    let found = found.with_context(|| format!("no condition {kind}: {status:?}"))?;
    ensure!(found.status == wanted, "{kind} is {}: {}: {}", found.status, found.reason, found.message);
    Ok((found.reason.clone(), found.message.clone()))
}

pub(crate) fn ready(status: &RiskPolicyStatus) -> Result<()> {
    condition(status, "Ready", "True").map(drop)
}

/// The configuration in a policy's ConfigMap.
async fn configuration(scene: &Scene, policy: &str) -> Result<(ConfigMap, riskgate_core::SidecarConfig)> {
    let map: ConfigMap = scene.api().get(&format!("riskgate-{policy}")).await?;
    let text = map.data.as_ref().and_then(|data| data.get("config.v1.yaml")).context("no config.v1.yaml")?;
    let config = riskgate_core::SidecarConfig::from_yaml(text)?;
    Ok((map, config))
}

/// That something holds for as long as the operator would need to break it: two rounds of its work, seen by a policy that is
/// made for it and becomes ready.
async fn a_round_passes(scene: &Scene, name: &str) -> Result<()> {
    let policy = cluster::manifests::policy(name, &serde_json::json!({}));
    let made: RiskPolicy = scene.create(policy).await?;
    settled(&scene.api(), name, ready).await?;
    ensure!(made.status.is_none(), "it was there already");
    Ok(())
}

/// The note of an Event with this reason, of an object of this name, once there is one.
async fn told_of(client: &Client, namespace: &str, name: &str, reason: &str) -> Result<String> {
    let events: Api<Event> = Api::namespaced(client.clone(), namespace);
    eventually(&format!("the Event {reason} of {name}"), PATIENCE, || async {
        let found = events.list(&ListParams::default()).await?.items.into_iter().find(|event| {
            let about = event.regarding.as_ref().and_then(|object| object.name.as_deref());
            about == Some(name) && event.reason.as_deref() == Some(reason)
        });
        found.context("no such Event")?.note.context("an Event without a note")
    })
    .await
}

/// Waits until an object is gone.
pub(crate) async fn gone<K>(api: &Api<K>, name: &str, deadline: Duration) -> Result<()>
where
    K: Clone + serde::de::DeserializeOwned + std::fmt::Debug,
{
    eventually(&format!("{name} to be gone"), deadline, || async {
        if api.get_metadata_opt(name).await?.is_some() {
            bail!("it is there");
        }
        Ok(())
    })
    .await
}
