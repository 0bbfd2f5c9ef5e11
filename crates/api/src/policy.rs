//! The RiskPolicy resource (design.md section 3).

#![allow(unreachable_pub, reason = "KubeSchema copies each struct into a function body")]

use kube::{CustomResource, KubeSchema};
use riskgate_core::config::{
    LogConfig, Mode, Ports, SecretKeyRef, StoreConfig, Timeouts, UncoveredOperations,
};
use riskgate_core::{Flow, RiskParameters};
use serde::{Deserialize, Serialize};

use crate::provider::ProviderEntry;
use crate::schema;
use crate::status::RiskPolicyStatus;

/// The longest name of a policy: it becomes the value of a label.
pub const MAX_NAME: usize = 63;

/// How much risk each BankID flow of the bound pods may carry, and how the sidecar reaches the providers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CustomResource, KubeSchema)]
#[kube(
    group = "riskgate.dev",
    version = "v1alpha1",
    kind = "RiskPolicy",
    plural = "riskpolicies",
    namespaced,
    shortname = "rp",
    category = "riskgate",
    status = "RiskPolicyStatus",
    derive = "PartialEq",
    doc = "How much risk each BankID flow may carry. Pods are bound to a policy of their namespace by the annotation riskgate.dev/policy: a sidecar between the application and its identity provider then enforces it.",
    printcolumn(name = "Mode", type_ = "string", json_path = ".spec.mode"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason"),
    printcolumn(name = "Flows", type_ = "integer", json_path = ".status.flows"),
    printcolumn(name = "Pods", type_ = "integer", json_path = ".status.pods.injected"),
    printcolumn(name = "Outdated", type_ = "integer", json_path = ".status.pods.outdated"),
    printcolumn(name = "Config", type_ = "string", json_path = ".status.configHash", priority = 1),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    validation = schema::name_rule()
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RiskPolicySpec {
    /// `Enforce`: verdicts are enforced. `Monitor`: risk parameters are attached, decisions are made and recorded, and
    /// no outcome is changed; start a roll-out with it.
    #[serde(default)]
    pub mode: Mode,
    /// What happens with operations that no flow covers: `Refuse` them, or `Forward` and record them.
    #[serde(default)]
    pub uncovered_operations: UncoveredOperations,
    /// Ports of the sidecar's own endpoints.
    #[serde(default)]
    pub ports: Ports,
    /// The key of the keyed hash that stands for persons and orders in decision records. Left out, each process makes
    /// its own, and records of two pods cannot be joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pseudonym_key_ref: Option<SecretKeyRef>,
    /// The authentication services that the sidecar stands in front of.
    #[schemars(length(min = 1, max = 8))]
    #[x_kube(merge_strategy = kube::core::ListMerge::Map(vec!["name".into()]))]
    pub providers: Vec<ProviderEntry>,
    /// What the sidecar attaches to an order when the application sent nothing. The application's request body wins over
    /// its request headers, headers win over this.
    #[serde(default)]
    pub risk_parameters: RiskParameters,
    /// The flows: which operations they cover and what risk they may carry.
    #[schemars(schema_with = "schema::flows")]
    pub flows: Vec<Flow>,
    /// Time limits.
    #[serde(default)]
    pub timeouts: Timeouts,
    /// What is logged, and where decision records go.
    #[serde(default)]
    pub log: LogConfig,
    /// Where open transactions are kept.
    #[serde(default)]
    pub store: StoreConfig,
}
