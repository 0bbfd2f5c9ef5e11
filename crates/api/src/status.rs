//! What the operator reports of a policy.

#![allow(unreachable_pub, reason = "KubeSchema copies each struct into a function body")]

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema;

/// What the operator reports of the policy. Conditions follow Gateway API and kstatus.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct RiskPolicyStatus {
    /// The generation of the spec that this status is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The revision of the compiled configuration that bound pods mount: the one that decision records name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub config_hash: Option<String>,
    /// How many flows the policy has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flows: Option<u32>,
    /// The pods that are bound to the policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pods: Option<Pods>,
    /// `Accepted`, `ResolvedRefs`, `Programmed`, their sum `Ready`, and `StoreShared`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schema::conditions")]
    pub conditions: Vec<Condition>,
}

/// The pods that are bound to a policy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pods {
    /// Pods that carry the sidecar.
    pub injected: u32,
    /// Of those, pods that carry it as it would be injected today.
    pub current: u32,
    /// Of those, pods that must be made anew to follow the policy, such as after it names another Secret.
    pub outdated: u32,
    /// Why pods are outdated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schema::outdated_reasons")]
    pub outdated_reasons: Vec<OutdatedReason>,
}

/// One reason why pods are outdated.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutdatedReason {
    /// The reason, such as `BindingsChanged`.
    #[schemars(length(min = 1, max = 64))]
    pub reason: String,
    /// How many pods.
    pub count: u32,
}
