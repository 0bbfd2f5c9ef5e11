//! The pods that are bound to a policy: which must be made anew, and what their sidecars reported. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{ContainerStateTerminated, ContainerStatus, Pod};
use kube::ResourceExt;
use riskgate_api::{OutdatedReason, Pods};
use riskgate_inject::Status;
use riskgate_inject::names::{SIDECAR, STATUS};

use crate::conditions::cut;

/// The exit code of a sidecar whose configuration cannot be used (`EX_CONFIG`).
const EXIT_CONFIG: i32 = 78;
/// The longest report of a sidecar that is repeated; its pod's author could write anything there.
const MAX_REPORT: usize = 512;

/// Why a pod must be made anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outdated {
    /// The policy names other Secrets, ConfigMaps or ports than when the pod was injected.
    BindingsChanged,
    /// What injection noted on the pod does not read.
    StatusUnreadable,
}

impl Outdated {
    fn name(self) -> &'static str {
        match self {
            Self::BindingsChanged => "BindingsChanged",
            Self::StatusUnreadable => "StatusUnreadable",
        }
    }
}

/// What a sidecar said before it ended, since its configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The pod.
    pub pod: String,
    /// Its last words.
    pub message: String,
}

/// Whether the pod's containers may still be started: until then it needs the configuration.
#[must_use]
pub fn lives(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    !matches!(phase, Some("Succeeded" | "Failed"))
}

/// Counts the living pods that carry the sidecar. `bindings` is the hash of what the policy binds a pod to now; without one
/// (the policy is not accepted) no pod is held against it.
#[must_use]
pub fn count(pods: &[Arc<Pod>], bindings: Option<&str>) -> Pods {
    let mut counted = Pods::default();
    let mut reasons: BTreeMap<Outdated, u32> = BTreeMap::new();
    for pod in pods.iter().filter(|pod| lives(pod) && carries_sidecar(pod)) {
        counted.injected += 1;
        match outdated(pod, bindings) {
            Some(reason) => {
                counted.outdated += 1;
                *reasons.entry(reason).or_default() += 1;
            }
            None => counted.current += 1,
        }
    }
    counted.outdated_reasons = reasons
        .into_iter()
        .map(|(reason, count)| OutdatedReason { reason: reason.name().to_owned(), count })
        .collect();
    counted
}

fn carries_sidecar(pod: &Pod) -> bool {
    let containers = pod.spec.iter().flat_map(|spec| spec.init_containers.iter().flatten());
    containers.into_iter().any(|container| container.name == SIDECAR)
}

fn outdated(pod: &Pod, bindings: Option<&str>) -> Option<Outdated> {
    let bindings = bindings?;
    let noted = pod.annotations().get(STATUS).and_then(|text| serde_json::from_str::<Status>(text).ok());
    match noted {
        None => Some(Outdated::StatusUnreadable),
        Some(noted) if noted.bindings != bindings => Some(Outdated::BindingsChanged),
        Some(_) => None,
    }
}

/// What the sidecars of living pods report that do not run since their configuration cannot be used, by pod.
#[must_use]
pub fn reports(pods: &[Arc<Pod>]) -> Vec<Report> {
    let mut reports: Vec<Report> =
        pods.iter().filter(|pod| lives(pod)).filter_map(|pod| report(pod)).collect();
    reports.sort_by(|one, other| one.pod.cmp(&other.pod));
    reports
}

fn report(pod: &Pod) -> Option<Report> {
    let statuses = pod.status.as_ref()?.init_container_statuses.as_ref()?;
    let sidecar = statuses.iter().find(|status| status.name == SIDECAR)?;
    let ended = ended(sidecar).filter(|ended| ended.exit_code == EXIT_CONFIG)?;
    let message = ended.message.as_deref().unwrap_or("it left no message");
    // One line, and nothing that a terminal would obey.
    let printable = message.split(char::is_control).filter(|line| !line.trim().is_empty());
    let message = printable.map(str::trim).collect::<Vec<_>>().join("; ");
    Some(Report { pod: pod.name_any(), message: cut(&message, MAX_REPORT) })
}

/// How the container last ended, unless it runs again. One that crashes again and again runs for moments in between; only
/// when its startup probe has passed is the past over.
fn ended(status: &ContainerStatus) -> Option<&ContainerStateTerminated> {
    let now = status.state.as_ref();
    if status.started == Some(true) && now.is_some_and(|state| state.running.is_some()) {
        return None;
    }
    let before = status.last_state.as_ref();
    [now, before].into_iter().flatten().find_map(|state| state.terminated.as_ref())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn pod(name: &str, bindings: Option<&str>, status: &Value) -> Arc<Pod> {
        let mut annotations = json!({});
        if let Some(bindings) = bindings {
            let ports = json!({ "admin": 15300, "health": 15320, "providers": {} });
            let status = json!({ "schema": "riskgate.dev/status/v1", "policy": "retail", "version": "0.1.0",
                "bindings": bindings, "ports": ports });
            annotations = json!({ STATUS: status.to_string() });
        }
        let pod = json!({
            "metadata": { "name": name, "annotations": annotations },
            "spec": { "containers": [{ "name": "shop" }], "initContainers": [{ "name": SIDECAR }] },
            "status": status,
        });
        Arc::new(serde_json::from_value(pod).unwrap())
    }

    fn ended_with(code: i32, message: &str) -> Value {
        json!({ "terminated": { "exitCode": code, "message": message } })
    }

    fn started(mut status: Value, started: bool) -> Value {
        status["initContainerStatuses"][0]["started"] = json!(started);
        status
    }

    fn sidecar(state: &Value, last: &Value) -> Value {
        let status = json!({ "name": SIDECAR, "image": "", "imageID": "", "ready": false, "restartCount": 1,
            "state": state, "lastState": last });
        json!({ "phase": "Pending", "initContainerStatuses": [status] })
    }

    #[test]
    fn pods_with_other_bindings_are_outdated() {
        let pods = [
            pod("a", Some("new"), &json!({})),
            pod("b", Some("old"), &json!({})),
            pod("c", Some("old"), &json!({ "phase": "Running" })),
            pod("d", None, &json!({})),
            pod("e", Some("old"), &json!({ "phase": "Succeeded" })),
        ];
        let counted = count(&pods, Some("new"));
        assert_eq!((counted.injected, counted.current, counted.outdated), (4, 1, 3));
        let reasons: Vec<_> =
            counted.outdated_reasons.iter().map(|reason| (reason.reason.as_str(), reason.count)).collect();
        assert_eq!(reasons, [("BindingsChanged", 2), ("StatusUnreadable", 1)]);
        assert_eq!(count(&pods, None).outdated, 0);
    }

    #[test]
    fn a_pod_without_the_sidecar_is_not_injected() {
        let bare = json!({ "metadata": { "name": "bare" }, "spec": { "containers": [] } });
        assert_eq!(count(&[Arc::new(serde_json::from_value(bare).unwrap())], Some("new")).injected, 0);
    }

    #[test]
    fn a_sidecar_that_refused_its_configuration_is_heard_until_it_runs() {
        let none = json!({});
        let refused = ended_with(78, "secrets/rp/tls.crt: missing\n\u{1b}[31mapply the Secret\n");
        let said = "secrets/rp/tls.crt: missing; [31mapply the Secret";
        let waiting = json!({ "waiting": { "reason": "CrashLoopBackOff" } });
        let running = json!({ "running": {} });
        for status in [
            sidecar(&refused, &none),
            sidecar(&waiting, &refused),
            // Between two crashes.
            sidecar(&running, &refused),
            started(sidecar(&running, &refused), false),
        ] {
            let told = reports(&[pod("a", None, &status)]);
            assert_eq!(told, [Report { pod: "a".to_owned(), message: said.to_owned() }]);
        }
        for status in [
            started(sidecar(&running, &refused), true),
            sidecar(&running, &none),
            sidecar(&ended_with(1, "cut short"), &none),
            sidecar(&waiting, &none),
            none,
        ] {
            assert_eq!(reports(&[pod("a", None, &status)]), []);
        }
    }

    #[test]
    fn a_long_report_is_cut() {
        let told = reports(&[pod("a", None, &sidecar(&ended_with(78, &"x".repeat(4096)), &json!({})))]);
        assert_eq!(told[0].message.len(), MAX_REPORT);
    }
}
