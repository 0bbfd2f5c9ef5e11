//! The policies of a cluster as they are in force.

use riskgate_api::{RiskPolicySpec, RiskPolicyStatus};
use serde::Serialize;
use serde_json::Value;

use super::text;

/// A policy.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Known {
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// `Enforce` or `Monitor`, as it is written; empty is the default.
    pub(crate) mode: String,
    /// Whether bound pods run under it as it stands.
    pub(crate) ready: bool,
    /// Why, or why not.
    pub(crate) reason: String,
    /// The same for people.
    pub(crate) message: String,
    /// The revision of its configuration.
    pub(crate) config_hash: Option<String>,
    /// Pods that carry the sidecar, and of those the ones that carry it as it would be injected today.
    pub(crate) pods: u32,
    pub(crate) current: u32,
    /// What it says, where this version reads it.
    #[serde(skip)]
    pub(crate) spec: Option<RiskPolicySpec>,
}

/// Reads what the API server has.
pub(crate) fn policies(objects: &[Value]) -> Vec<Known> {
    objects.iter().map(known).collect()
}

fn known(object: &Value) -> Known {
    let status: RiskPolicyStatus = serde_json::from_value(object["status"].clone()).unwrap_or_default();
    let condition = status.conditions.iter().find(|condition| condition.type_ == "Ready");
    // One of another generation says nothing of what stands there.
    let seen = status.observed_generation == object["metadata"]["generation"].as_i64();
    let (ready, reason, message) = match condition {
        Some(condition) if seen => {
            (condition.status == "True", condition.reason.clone(), condition.message.clone())
        }
        _ => {
            let message = "the operator has not looked at it as it stands";
            (false, "NotSeen".to_owned(), message.to_owned())
        }
    };
    let pods = status.pods.unwrap_or_default();
    Known {
        namespace: text(object, "/metadata/namespace").to_owned(),
        name: text(object, "/metadata/name").to_owned(),
        mode: text(object, "/spec/mode").to_owned(),
        ready,
        reason,
        message,
        config_hash: status.config_hash,
        pods: pods.injected,
        current: pods.current,
        spec: serde_json::from_value(object["spec"].clone()).ok(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_status_of_another_generation_says_nothing() {
        let condition = json!({ "type": "Ready", "status": "True", "reason": "Ready", "message": "all is well",
            "lastTransitionTime": "2026-11-22T00:00:00Z" });
        let policy = |generation| {
            known(&json!({
                "metadata": { "namespace": "shop", "name": "retail", "generation": 2 },
                "status": { "observedGeneration": generation, "conditions": [condition], "pods": { "injected": 3, "current": 2, "outdated": 1 } },
            }))
        };
        let seen = policy(2);
        assert_eq!((seen.ready, seen.pods, seen.current), (true, 3, 2));
        assert_eq!((policy(1).ready, policy(1).reason.as_str()), (false, "NotSeen"));
        assert_eq!(known(&json!({})).reason, "NotSeen");
    }
}
