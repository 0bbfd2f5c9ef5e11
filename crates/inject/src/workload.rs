//! Where manifests have their pods: in a Pod itself, in the templates of workloads, in lists of either.

use json_patch::jsonptr::PointerBuf;
use serde_json::Value;

/// A pod, or the template of one, in a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodPlace {
    /// The place of the pod in the manifest.
    pub pointer: PointerBuf,
    /// The kind of the object that has it.
    pub kind: String,
    /// That object's name, or the prefix of it.
    pub name: String,
    /// Its namespace, where it says one.
    pub namespace: Option<String>,
}

/// The pods of a manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pods {
    /// Every pod that is known to be one, in order.
    pub places: Vec<PodPlace>,
    /// What looks as if it had a pod's template and is of another kind: kind and name.
    pub unknown: Vec<(String, String)>,
}

/// How an object holds its pod.
enum Holding {
    Other,
    Objects,
    Pod(&'static [&'static str]),
}

/// Every pod of a manifest.
#[must_use]
pub fn pods(manifest: &Value) -> Pods {
    let mut pods = Pods::default();
    collect(manifest, &PointerBuf::new(), &mut pods);
    pods
}

fn collect(object: &Value, at: &PointerBuf, pods: &mut Pods) {
    let text = |path: &str| object.pointer(path).and_then(Value::as_str).map(str::to_owned);
    let kind = text("/kind").unwrap_or_default();
    let name = text("/metadata/name").or_else(|| text("/metadata/generateName")).unwrap_or_default();
    match holding(&text("/apiVersion").unwrap_or_default(), &kind) {
        Holding::Other if object.pointer("/spec/template/spec/containers").is_some() => {
            pods.unknown.push((kind, name));
        }
        Holding::Other => {}
        Holding::Objects => {
            let items = object.get("items").and_then(Value::as_array).into_iter().flatten();
            for (index, item) in items.enumerate() {
                collect(item, &below(at, &["items", &index.to_string()]), pods);
            }
        }
        Holding::Pod(path) => pods.places.push(PodPlace {
            pointer: below(at, path),
            kind,
            name,
            namespace: text("/metadata/namespace"),
        }),
    }
}

/// By group and kind: others have a kind `Job`, too, and hold their pods elsewhere.
fn holding(version: &str, kind: &str) -> Holding {
    let group = version.split_once('/').map_or("", |(group, _)| group);
    match (group, kind) {
        ("", "Pod") => Holding::Pod(&[]),
        ("", "PodTemplate") => Holding::Pod(&["template"]),
        ("", "ReplicationController")
        | ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
        | ("batch", "Job") => Holding::Pod(&["spec", "template"]),
        ("batch", "CronJob") => Holding::Pod(&["spec", "jobTemplate", "spec", "template"]),
        ("" | "apps" | "batch", list) if list.ends_with("List") => Holding::Objects,
        _ => Holding::Other,
    }
}

fn below(at: &PointerBuf, path: &[&str]) -> PointerBuf {
    let mut pointer = at.clone();
    path.iter().for_each(|token| pointer.push_back(*token));
    pointer
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(manifest: &Value) -> Vec<String> {
        pods(manifest).places.iter().map(|it| format!("{} {}", it.pointer, it.name)).collect()
    }

    #[test]
    fn every_kind_that_holds_pods_is_known_by_group_and_kind() {
        for (version, kind, at) in [
            ("v1", "Pod", ""),
            ("v1", "PodTemplate", "/template"),
            ("v1", "ReplicationController", "/spec/template"),
            ("apps/v1", "Deployment", "/spec/template"),
            ("apps/v1", "StatefulSet", "/spec/template"),
            ("apps/v1", "DaemonSet", "/spec/template"),
            ("apps/v1", "ReplicaSet", "/spec/template"),
            ("batch/v1", "Job", "/spec/template"),
            ("batch/v1", "CronJob", "/spec/jobTemplate/spec/template"),
        ] {
            let object = json!({ "apiVersion": version, "kind": kind, "metadata": { "name": "web" } });
            assert_eq!(found(&object), [format!("{at} web")], "{kind}");
        }
        for (version, kind) in [("v1", "Service"), ("batch.volcano.sh/v1alpha1", "Job"), ("v1", "Deployment")]
        {
            assert!(found(&json!({ "apiVersion": version, "kind": kind })).is_empty(), "{version} {kind}");
        }
        assert!(found(&json!("text")).is_empty());
    }

    #[test]
    fn what_looks_like_a_workload_is_not_passed_over_without_a_word() {
        let rollout = json!({
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Rollout",
            "metadata": { "name": "web" },
            "spec": { "template": { "spec": { "containers": [] } } },
        });
        let pods = pods(&rollout);
        assert_eq!((pods.places, pods.unknown), (Vec::new(), vec![("Rollout".to_owned(), "web".to_owned())]));
    }

    #[test]
    fn lists_may_hold_lists() {
        let list = json!({ "apiVersion": "v1", "kind": "List", "items": [
            { "apiVersion": "v1", "kind": "Service" },
            { "apiVersion": "apps/v1", "kind": "DeploymentList", "items": [
                { "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "generateName": "web-" } },
            ] },
        ] });
        assert_eq!(found(&list), ["/items/1/items/0/spec/template web-"]);
    }
}
