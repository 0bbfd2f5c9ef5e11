//! `/inject`: whether a pod is let in, and with the sidecar.

use k8s_openapi::api::core::v1::ObjectReference;
use riskgate_inject::{
    Decision, Namespace, Notice, Outcome, Patch, Pod, Reason, Refusal, Wanted, decide, inject,
};
use serde_json::Value;

use super::Admission;
use super::http::Answered;
use super::lookup::LookupError;
use super::review::{Answer, Request};
use crate::events::Note;
use crate::reason::Tone;
use crate::validate::{Validated, told, validate};
use crate::watches::{GuardedPolicy, PolicyKey};

/// What becomes of a pod.
enum Judged {
    /// It is let in as it came.
    Skipped(Notice),
    /// It is let in with the sidecar.
    Injected(Box<Patch>),
    /// It is not let in.
    Refused(Refusal),
}

/// Why a policy cannot be used for a pod now.
enum Unusable {
    Unknown,
    Deleted,
    Other(Notice),
}

impl Admission {
    /// Answers for one pod.
    pub(super) async fn pod(&self, request: &Request) -> Answered {
        if !request.is_about("", "pods") || request.operation != "CREATE" {
            return Answered::misdirected("the creation of pods");
        }
        match self.judge(request).await {
            Ok(judged) => self.answer(request, judged),
            Err(error) => {
                tracing::warn!(namespace = request.namespace, %error, "a pod cannot be judged");
                Answered::unanswered(&error.to_string())
            }
        }
    }

    async fn judge(&self, request: &Request) -> Result<Judged, LookupError> {
        let pod = match Pod::new(&request.object) {
            Ok(pod) => pod,
            Err(notice) => return Ok(Judged::Refused(notice.into())),
        };
        let wanted = match self.decide(&pod, &request.namespace).await? {
            Ok(Decision::Skip(notice)) => return Ok(Judged::Skipped(notice)),
            Ok(Decision::Inject(wanted)) => wanted,
            Err(refusal) => return Ok(Judged::Refused(refusal)),
        };
        let key = PolicyKey { namespace: request.namespace.clone(), name: wanted.policy.clone() };
        let validated = match self.usable(&key).await? {
            Ok(validated) => validated,
            Err(unusable) => return Ok(Judged::Refused(self.refusal(&wanted, &key, unusable))),
        };
        Ok(match inject(&pod, &wanted, &validated.bindings, &self.sidecar) {
            Ok(patch) => Judged::Injected(Box::new(patch)),
            Err(refusal) => Judged::Refused(refusal),
        })
    }

    /// What the pod asks for. Before it is let in without the sidecar, the API server itself is asked for its namespace's labels.
    async fn decide(&self, pod: &Pod<'_>, name: &str) -> Result<Result<Decision, Refusal>, LookupError> {
        if let Some(labels) = self.lookup.watched_labels(name) {
            let decided = decide(pod, &Namespace { name, labels: &labels });
            if !matches!(decided, Ok(Decision::Skip(_))) {
                return Ok(decided);
            }
        }
        let labels = self.lookup.labels(name).await?;
        Ok(decide(pod, &Namespace { name, labels: &labels }))
    }

    /// The policy, ready to be bound to. Before a pod is refused for it, the API server itself is asked.
    async fn usable(&self, key: &PolicyKey) -> Result<Result<Validated, Unusable>, LookupError> {
        if let Some(policy) = self.lookup.watched(key)
            && let Ok(validated) = usable(key, &policy)
        {
            return Ok(Ok(validated));
        }
        Ok(match self.lookup.policy(key).await? {
            Some(policy) => usable(key, &policy),
            None => Err(Unusable::Unknown),
        })
    }

    fn refusal(&self, wanted: &Wanted, key: &PolicyKey, unusable: Unusable) -> Refusal {
        match unusable {
            Unusable::Other(notice) => notice.into(),
            Unusable::Deleted => wanted.deleted(&key.namespace),
            Unusable::Unknown => {
                let names = self.lookup.names(&key.namespace);
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                wanted.unknown(&key.namespace, &names)
            }
        }
    }

    fn answer(&self, request: &Request, judged: Judged) -> Answered {
        let (answer, reason, notices) = match judged {
            Judged::Skipped(notice) => (Answer::allow(), notice.reason, vec![notice]),
            Judged::Injected(patch) => {
                let Patch { operations, warnings, status } = *patch;
                let answer = Answer::allow()
                    .with_patch(operations)
                    .with_warnings(warnings.iter().map(|notice| format!("riskgate: {notice}")))
                    .with_audit("policy", status.policy)
                    .with_audit("bindings", status.bindings);
                (answer, Reason::Injected, warnings)
            }
            Judged::Refused(refusal) => {
                let notices = refusal.notices().to_vec();
                (Answer::refuse(403, &refusal.to_string()), refusal.reason(), notices)
            }
        };
        let result = reason.outcome();
        let pod = name(&request.object);
        let message = notices.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        if result == Outcome::Refused {
            tracing::info!(namespace = request.namespace, pod, %reason, "the pod is refused: {message}");
        } else {
            tracing::debug!(namespace = request.namespace, pod, %reason, "the pod is let in: {message}");
        }
        if !request.is_dry_run() {
            self.tell(request, &notices);
        }
        Answered {
            answer: answer.with_audit("reason", reason.name()),
            result: result.label(),
            reason: reason.name(),
        }
    }

    /// Tells the object that made the pod: whoever made a pod by hand reads the answer.
    fn tell(&self, request: &Request, notices: &[Notice]) {
        let Some(owner) = owner(&request.object, &request.namespace) else { return };
        for notice in notices {
            let tone = match notice.reason.outcome() {
                Outcome::Refused | Outcome::Warned => Tone::Bad,
                Outcome::Injected | Outcome::Skipped => Tone::Good,
            };
            self.letterbox.leave(Note {
                action: "Inject",
                reason: notice.reason.name(),
                tone,
                message: notice.message.clone(),
                regarding: owner.clone(),
            });
        }
    }
}

/// The policy, ready to be bound to. Its last good configuration goes on in the pods that run; a new pod must fit what is
/// written now.
fn usable(key: &PolicyKey, policy: &GuardedPolicy) -> Result<Validated, Unusable> {
    let refused = |message| Err(Unusable::Other(Notice::new(Reason::PolicyUnusable, message)));
    let policy = match &policy.0 {
        Ok(policy) => policy,
        Err(error) => {
            let message = format!(
                "policy {key} does not read, and binds no new pod until it is written as this version of riskgate has it: {}",
                error.error
            );
            return refused(message);
        }
    };
    if policy.metadata.deletion_timestamp.is_some() {
        return Err(Unusable::Deleted);
    }
    match validate(key, policy) {
        Ok(validated) => Ok(validated),
        Err(problems) => {
            let problems = told(&problems).replace('\n', "; ");
            let message = format!(
                "policy {key} contradicts itself, and binds no new pod until it is put right: {problems}"
            );
            refused(message)
        }
    }
}

/// The name of a pod, or what it begins with.
fn name(pod: &Value) -> &str {
    let text = |path: &str| pod.pointer(path).and_then(Value::as_str);
    text("/metadata/name").or_else(|| text("/metadata/generateName")).unwrap_or_default()
}

/// The object that made the pod, such as a ReplicaSet.
fn owner(pod: &Value, namespace: &str) -> Option<ObjectReference> {
    let owners = pod.pointer("/metadata/ownerReferences")?.as_array()?;
    let owner = owners.iter().find(|owner| owner.get("controller").and_then(Value::as_bool) == Some(true))?;
    let text = |field: &str| owner.get(field).and_then(Value::as_str).map(str::to_owned);
    Some(ObjectReference {
        api_version: Some(text("apiVersion")?),
        kind: Some(text("kind")?),
        name: Some(text("name")?),
        namespace: Some(namespace.to_owned()),
        uid: text("uid"),
        ..ObjectReference::default()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_maker_of_a_pod_is_told() {
        let owned = |controller: bool| {
            json!({ "metadata": { "generateName": "web-", "ownerReferences": [
                { "apiVersion": "v1", "kind": "Other", "name": "x", "uid": "1" },
                { "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "2", "controller": controller },
            ] } })
        };
        let owner = owner(&owned(true), "shop").unwrap();
        assert_eq!(
            (owner.kind.as_deref(), owner.name.as_deref(), owner.namespace.as_deref(), owner.uid.as_deref()),
            (Some("ReplicaSet"), Some("web"), Some("shop"), Some("2"))
        );
        assert!(super::owner(&owned(false), "shop").is_none());
        assert!(super::owner(&json!({}), "shop").is_none());
        assert_eq!((name(&owned(true)), name(&json!({}))), ("web-", ""));
    }

    #[test]
    fn a_policy_that_cannot_be_used_binds_no_new_pod() {
        let key = PolicyKey { namespace: "shop".to_owned(), name: "retail".to_owned() };
        let policy = |metadata: Value, ports: Value| -> GuardedPolicy {
            let spec = json!({
                "ports": ports,
                "providers": [{ "name": "bankid", "listen": { "port": 15381 },
                    "bankIdSe": { "environment": "Test", "clientCertificateRefs": [{ "name": "rp" }] } }],
                "flows": [{ "name": "login", "provider": "bankid", "operations": ["Auth"],
                    "whenUnknown": "Block", "whenUnavailable": "Block" }],
            });
            serde_json::from_value(json!({ "metadata": metadata, "spec": spec })).unwrap()
        };
        let named = json!({ "name": "retail", "namespace": "shop" });
        let deleted =
            json!({ "name": "retail", "namespace": "shop", "deletionTimestamp": "2026-01-01T00:00:00Z" });
        assert!(usable(&key, &policy(named.clone(), json!({}))).is_ok());
        assert!(matches!(usable(&key, &policy(deleted, json!({}))), Err(Unusable::Deleted)));
        for (ports, told) in
            [(json!({ "admin": 0 }), "spec.ports.admin: "), (json!({ "admin": "x" }), "does not read")]
        {
            let Err(Unusable::Other(notice)) = usable(&key, &policy(named.clone(), ports)) else {
                panic!("it is usable: {told}")
            };
            assert_eq!(notice.reason, Reason::PolicyUnusable);
            assert!(
                notice.message.starts_with("policy shop/retail ") && notice.message.contains(told),
                "{notice}"
            );
        }
    }
}
