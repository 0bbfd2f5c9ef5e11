//! What a pod may not be if it is to carry credentials that its applications must not reach.

use serde_json::Value;

use crate::bindings::Bindings;
use crate::names::{DATABASES_VOLUME, NO_TOKEN_VOLUME, POLICY, VOLUME, is_ours};
use crate::pod::{Container, Pod};
use crate::reason::{Notice, Reason};

/// Everything that stands against injecting a pod.
pub(crate) fn refusals(pod: &Pod<'_>, bindings: &Bindings) -> Vec<Notice> {
    let switches = [
        (
            "hostNetwork",
            Reason::HostNetwork,
            "every pod of the node's network could send requests with the sidecar's credentials",
        ),
        ("hostPID", Reason::HostProcesses, "its containers could read the sidecar's credentials"),
        (
            "shareProcessNamespace",
            Reason::SharedProcesses,
            "its other containers could read the sidecar's credentials",
        ),
    ];
    let mut notices: Vec<Notice> = switches
        .into_iter()
        .filter(|(field, ..)| pod.is_on(field))
        .map(|(field, reason, harm)| {
            let message = format!("spec.{field}: true in a pod with a sidecar is refused: {harm}; {WRITE}");
            Notice::new(reason, message)
        })
        .collect();
    if pod.spec().get("os").and_then(|os| os.get("name")).and_then(Value::as_str) == Some("windows") {
        let message = format!("spec.os.name: windows is refused: the sidecar runs on Linux only; {WRITE}");
        notices.push(Notice::new(Reason::WindowsPod, message));
    }
    for container in pod.containers().iter().filter(|it| !it.is_sidecar()) {
        notices.extend(port_clashes(container, bindings));
        notices.extend(mounts(container));
    }
    notices
}

const WRITE: &str = "leave it out, or run the pod without a policy";

/// The listeners of all containers of a pod share one network.
fn port_clashes(container: &Container<'_>, bindings: &Bindings) -> Vec<Notice> {
    let mut notices = Vec::new();
    for (index, port) in container.list("ports").iter().enumerate() {
        let tcp = port.get("protocol").and_then(Value::as_str).is_none_or(|protocol| protocol == "TCP");
        let number = port.get("containerPort").and_then(Value::as_u64).filter(|_| tcp);
        let taken = bindings.taken();
        let clash = taken.iter().find(|(_, own)| number == Some(u64::from(*own)));
        if let Some((field, number)) = clash {
            let message = format!(
                "{}.ports[{index}].containerPort: {number} is the sidecar's own by {field} of policy {}/{}; write another port there or here",
                container.path(),
                bindings.namespace,
                bindings.policy,
            );
            notices.push(Notice::new(Reason::PortClash, message));
        }
    }
    notices
}

/// Volumes are added to a pod as a whole: a container that names one beforehand would get the credentials with it.
fn mounts(container: &Container<'_>) -> Vec<Notice> {
    let ours = |mount: &Value| mount.get("name").and_then(Value::as_str).is_some_and(is_ours);
    let mounts = container.list("volumeMounts").iter().enumerate();
    mounts
        .filter(|(_, mount)| ours(mount))
        .map(|(index, _)| {
            let message = format!(
                "{}.volumeMounts[{index}].name: the volumes {VOLUME}, {NO_TOKEN_VOLUME} and {DATABASES_VOLUME}0, 1, … are the sidecar's alone in a pod with {POLICY}; write another name",
                container.path(),
            );
            Notice::new(Reason::CredentialsMounted, message)
        })
        .collect()
}
