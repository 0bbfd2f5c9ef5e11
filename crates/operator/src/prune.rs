//! What is kept of an object that is watched, so that thousands fit into memory.

use k8s_openapi::api::core::v1::{ConfigMap, Container, Namespace, Pod, PodSpec, PodStatus};
use kube::core::PartialObjectMeta;
use kube::{Resource, ResourceExt};
use riskgate_inject::names;

use crate::watches::GuardedPolicy;

/// An object of which most can be forgotten.
pub(crate) trait Prune {
    /// Forgets what no decision needs.
    fn prune(&mut self);
}

impl Prune for GuardedPolicy {
    fn prune(&mut self) {
        self.meta_mut().managed_fields = None;
        // What `kubectl apply` keeps there is the policy once more.
        self.annotations_mut().clear();
    }
}

impl Prune for Pod {
    fn prune(&mut self) {
        self.meta_mut().managed_fields = None;
        self.annotations_mut().retain(|name, _| name == names::STATUS);
        if let Some(spec) = &mut self.spec {
            let containers = spec.init_containers.take().unwrap_or_default().into_iter();
            let sidecar = containers.filter(|container| container.name == names::SIDECAR);
            let bare = sidecar.map(|Container { name, .. }| Container { name, ..Container::default() });
            *spec = PodSpec { init_containers: Some(bare.collect()), ..PodSpec::default() };
        }
        if let Some(status) = &mut self.status {
            *status = PodStatus {
                phase: status.phase.take(),
                init_container_statuses: status.init_container_statuses.take(),
                ..PodStatus::default()
            };
        }
    }
}

impl Prune for PartialObjectMeta<ConfigMap> {
    fn prune(&mut self) {
        self.meta_mut().managed_fields = None;
    }
}

impl Prune for PartialObjectMeta<Namespace> {
    fn prune(&mut self) {
        self.meta_mut().managed_fields = None;
        self.annotations_mut().clear();
        self.labels_mut().retain(|name, _| name.starts_with(names::PREFIX));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_kept_of_a_pod_is_what_decisions_need() {
        let mut pod: Pod = serde_json::from_value(json!({
            "metadata": { "annotations": { "riskgate.dev/status": "{}", "other": "x" }, "managedFields": [{}] },
            "spec": {
                "initContainers": [{ "name": "other" }, { "name": "riskgate-sidecar", "image": "x" }],
                "containers": [{ "name": "shop" }],
            },
            "status": { "phase": "Running", "podIP": "10.0.0.1" },
        }))
        .unwrap();
        pod.prune();
        let expected = json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": { "annotations": { "riskgate.dev/status": "{}" } },
            "spec": { "initContainers": [{ "name": "riskgate-sidecar" }], "containers": [] },
            "status": { "phase": "Running" },
        });
        assert_eq!(serde_json::to_value(&pod).unwrap(), expected);
    }
}
