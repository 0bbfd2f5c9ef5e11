//! What is to be said of one pod: whether it carries the sidecar as it would be injected today, and why not. Pure, by the
//! injector's own code.

use std::collections::BTreeMap;

use riskgate_api::RiskPolicySpec;
use riskgate_inject::names::{POLICY, SIDECAR};
use riskgate_inject::{Bindings, Decision, Namespace, Pod, Status, decide};
use serde::Serialize;
use serde_json::Value;

/// Policies by namespace and name.
pub(crate) type Policies = BTreeMap<(String, String), RiskPolicySpec>;

/// How a pod stands to riskgate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Standing {
    /// It carries the sidecar as it would be injected today.
    Current,
    /// It carries a sidecar that must be made anew.
    Outdated,
    /// It carries none, though it would be injected today.
    Missing,
    /// It asks for a sidecar, and would be refused today.
    Refused,
    /// It opted out, or cannot be injected.
    Skipped,
    /// It asks for nothing.
    NotOptedIn,
}

/// What is said of a pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Judged {
    pub(crate) standing: Standing,
    /// The policy that it is bound to, or asks for.
    pub(crate) policy: Option<String>,
    /// A word of a closed set.
    pub(crate) reason: String,
    /// What it is, and what to do.
    pub(crate) message: String,
}

/// Whether the pod carries a container under the sidecar's name.
pub(crate) fn carries_sidecar(pod: &Value) -> bool {
    let containers = pod["spec"]["initContainers"].as_array();
    containers.is_some_and(|all| all.iter().any(|container| container["name"] == SIDECAR))
}

/// Whether its containers may still run.
pub(crate) fn lives(pod: &Value) -> bool {
    !["Succeeded", "Failed"].iter().any(|phase| pod["status"]["phase"] == *phase)
}

/// Judges a pod of a namespace with these labels.
pub(crate) fn judge(
    pod: &Value,
    namespace: &str,
    labels: &BTreeMap<String, String>,
    policies: &Policies,
) -> Judged {
    let said = |standing, policy: Option<&str>, reason: &str, message: &str| Judged {
        standing,
        policy: policy.map(str::to_owned),
        reason: reason.to_owned(),
        message: message.to_owned(),
    };
    let read = match Pod::new(pod) {
        Ok(read) => read,
        Err(notice) => return said(Standing::Refused, None, notice.reason.name(), &notice.message),
    };
    let find = |policy: &str| policies.get(&(namespace.to_owned(), policy.to_owned()));
    if carries_sidecar(pod) {
        let Some(policy) = pod["metadata"]["labels"][POLICY].as_str() else {
            let message =
                "it has a container under the sidecar's name that riskgate did not inject; make the pod anew";
            return said(Standing::Outdated, None, "StatusUnreadable", message);
        };
        let Some(status) = Status::of(&read) else {
            let message = "what injection noted on it does not read; make the pod anew";
            return said(Standing::Outdated, Some(policy), "StatusUnreadable", message);
        };
        let Some(spec) = find(policy) else {
            let message =
                "its policy is gone: it goes on under the last configuration, and new pods are refused";
            return said(Standing::Outdated, Some(policy), "PolicyUnknown", message);
        };
        return match Bindings::of(namespace, policy, spec) {
            Err(notice) => said(Standing::Outdated, Some(policy), notice.reason.name(), &notice.message),
            Ok(bindings) if status.is_outdated(&bindings) => {
                let message = "the policy names other Secrets, ConfigMaps or ports than when the pod was made; make it anew, such as \
                               with kubectl rollout restart";
                said(Standing::Outdated, Some(policy), "BindingsChanged", message)
            }
            Ok(_) => {
                let message = "it carries the sidecar as it would be injected today";
                said(Standing::Current, Some(policy), "Injected", message)
            }
        };
    }
    match decide(&read, &Namespace { name: namespace, labels }) {
        Ok(Decision::Skip(notice)) if notice.reason == riskgate_inject::Reason::NotOptedIn => {
            said(Standing::NotOptedIn, None, notice.reason.name(), &notice.message)
        }
        Ok(Decision::Skip(notice)) => said(Standing::Skipped, None, notice.reason.name(), &notice.message),
        Err(refusal) => said(Standing::Refused, None, refusal.reason().name(), &refusal.to_string()),
        Ok(Decision::Inject(wanted)) => {
            let policy = wanted.policy.as_str();
            let names: Vec<&str> =
                policies.keys().filter(|(of, _)| of == namespace).map(|(_, name)| name.as_str()).collect();
            if find(policy).is_none() {
                let refusal = wanted.unknown(namespace, &names);
                return said(Standing::Refused, Some(policy), refusal.reason().name(), &refusal.to_string());
            }
            let message = "it was made without riskgate's webhook, such as before riskgate was installed, before it opted in, or in a \
                           namespace that is left out; make it anew";
            said(Standing::Missing, Some(policy), "NotInjected", message)
        }
    }
}

#[cfg(test)]
mod tests {
    use riskgate_inject::{InjectorOptions, inject};
    use serde_json::json;

    use super::*;

    fn spec(port: u16) -> RiskPolicySpec {
        let provider = json!({ "name": "bankid", "listen": { "port": port },
            "bankIdSe": { "environment": "Test", "clientCertificateRefs": [{ "name": "rp" }] } });
        let flow = json!({ "name": "login", "provider": "bankid", "operations": ["Auth"], "blockAt": "High",
            "whenUnknown": "Block", "whenUnavailable": "Block" });
        serde_json::from_value(json!({ "providers": [provider], "flows": [flow] })).unwrap()
    }

    fn policies(port: u16) -> Policies {
        Policies::from([(("shop".to_owned(), "retail".to_owned()), spec(port))])
    }

    fn plain(annotations: &Value) -> Value {
        json!({ "metadata": { "annotations": annotations }, "spec": { "containers": [{ "name": "a", "image": "a" }] } })
    }

    fn injected() -> Value {
        let mut pod = plain(&json!({ "riskgate.dev/policy": "retail" }));
        let read = Pod::new(&pod).unwrap();
        let labels = BTreeMap::new();
        let Ok(Decision::Inject(wanted)) = decide(&read, &Namespace { name: "shop", labels: &labels }) else {
            panic!("not injected")
        };
        let bindings = Bindings::of("shop", "retail", &spec(15381)).unwrap();
        let patch = inject(&read, &wanted, &bindings, &InjectorOptions::new("riskgate-sidecar")).unwrap();
        json_patch::patch(&mut pod, &patch.operations).unwrap();
        pod
    }

    fn judged(pod: &Value, labels: &[(&str, &str)], policies: &Policies) -> (Standing, String) {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let judged = judge(pod, "shop", &labels, policies);
        assert!(!judged.message.is_empty());
        (judged.standing, judged.reason)
    }

    #[test]
    fn every_standing_is_told_from_the_others() {
        let named = plain(&json!({ "riskgate.dev/policy": "retail" }));
        let mut forged = injected();
        forged["metadata"]["annotations"]["riskgate.dev/status"] = json!("{}");
        let out = plain(&json!({ "riskgate.dev/policy": "retail", "riskgate.dev/inject": "disabled" }));
        let allowed = [("riskgate.dev/opt-out", "allowed")];
        let (now, other) = (policies(15381), policies(15399));
        for (pod, labels, policies, standing, reason) in [
            (&injected(), [].as_slice(), &now, Standing::Current, "Injected"),
            (&injected(), &[], &other, Standing::Outdated, "BindingsChanged"),
            (&injected(), &[], &Policies::new(), Standing::Outdated, "PolicyUnknown"),
            (&forged, &[], &now, Standing::Outdated, "StatusUnreadable"),
            (&named, &[], &now, Standing::Missing, "NotInjected"),
            (&named, &[], &Policies::new(), Standing::Refused, "PolicyUnknown"),
            (&out, &allowed, &now, Standing::Skipped, "OptedOut"),
            (&plain(&json!({})), &[], &now, Standing::NotOptedIn, "NotOptedIn"),
            (
                &plain(&json!({})),
                &[("riskgate.dev/policy", "retail")],
                &now,
                Standing::Missing,
                "NotInjected",
            ),
        ] {
            assert_eq!(judged(pod, labels, policies), (standing, reason.to_owned()));
        }
    }
}
