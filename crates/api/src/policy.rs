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
use crate::source::SourceEntry;
use crate::status::RiskPolicyStatus;

/// The longest name of a policy: it becomes the value of a label.
pub const MAX_NAME: usize = 63;

/// How the sidecar reaches the providers, and how much risk each flow may carry.
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
    doc = "How much risk each BankID flow may carry. Pods are bound to a policy of their namespace by the annotation riskgate.dev/policy; a sidecar between the application and its identity provider then enforces it, and the application needs no change.",
    printcolumn(name = "Mode", type_ = "string", json_path = ".spec.mode", description = "Enforce, or Monitor: no outcome is changed."),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status", description = "Whether bound pods can run under the policy as it stands."),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason", description = "Why it is, or is not, ready."),
    printcolumn(name = "Pods", type_ = "integer", json_path = ".status.pods.injected", description = "Pods that carry the sidecar under this policy."),
    printcolumn(name = "Outdated", type_ = "integer", json_path = ".status.pods.outdated", description = "Of those, pods that must be made anew to follow the policy."),
    printcolumn(name = "Flows", type_ = "integer", json_path = ".status.flows", priority = 1, description = "How many flows the policy has."),
    printcolumn(name = "Config", type_ = "string", json_path = ".status.configHash", priority = 1, description = "The revision that decision records name."),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    validation = Rule::new("size(self.metadata.name) <= 63")
        .message("the name becomes a label; write metadata.name with at most 63 characters")
)]
#[x_kube(
    validation = Rule::new("self.flows.all(f, self.providers.exists(p, p.name == f.provider))")
        .message("each flow names a provider entry; write the name of one in flows[].provider"),
    validation = Rule::new("self.providers.all(p, p.listen.port == 0 || self.providers.exists_one(q, q.listen.port == p.listen.port))")
        .message("two providers listen on one port; write another port in providers[].listen.port"),
    validation = Rule::new(concat!(
        "self.providers.all(p, p.listen.port == 0",
        " || p.listen.port != (has(self.ports) && has(self.ports.admin) ? self.ports.admin : 15300)",
        " && p.listen.port != (has(self.ports) && has(self.ports.health) ? self.ports.health : 15320))",
    ))
    .message("a provider listens on a port of the sidecar's own; write another port in providers[].listen.port"),
    validation = Rule::new(concat!(
        "!has(self.ports) || (has(self.ports.admin) ? self.ports.admin : 15300) == 0",
        " || (has(self.ports.admin) ? self.ports.admin : 15300) != (has(self.ports.health) ? self.ports.health : 15320)",
    ))
    .message("admin and health share a port; write two different ports in ports")
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RiskPolicySpec {
    /// Whether verdicts are enforced. Start a roll-out with `Monitor`, and read the decision records.
    #[serde(default)]
    pub mode: Mode,
    /// What happens with operations that no flow covers.
    #[serde(default)]
    pub uncovered_operations: UncoveredOperations,
    /// Ports of the sidecar's own endpoints, chosen clear of Istio's and Linkerd's. All ports of a policy differ.
    #[serde(default)]
    pub ports: Ports,
    /// The Secret with the key of the keyed hash that stands for persons and orders in decision records. Left out, each
    /// process makes its own, and records of two pods cannot be joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pseudonym_key_ref: Option<SecretKeyRef>,
    /// The authentication services that the sidecar stands in front of.
    #[schemars(schema_with = "schema::providers")]
    pub providers: Vec<ProviderEntry>,
    /// What the sidecar attaches to an order when the application sent nothing. The application's request body wins over
    /// its request headers (`Riskgate-…`), headers win over this.
    #[serde(default)]
    pub risk_parameters: RiskParameters,
    /// What is asked about a transaction besides the provider itself. A source counts where a flow names it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schema::sources")]
    pub sources: Vec<SourceEntry>,
    /// The flows: which operations they cover and what risk those may carry. A flow is chosen by operation; when several
    /// cover one, the request header `Riskgate-Flow` selects among them.
    #[schemars(schema_with = "schema::flows")]
    pub flows: Vec<Flow>,
    /// Time limits, written with a unit: `300ms`, `3s`, `2m`.
    #[serde(default)]
    pub timeouts: Timeouts,
    /// What is logged, and where decision records go.
    #[serde(default)]
    pub log: LogConfig,
    /// Where open transactions are kept: which flow an order was started in, and its answer until the application has it.
    #[serde(default)]
    #[schemars(schema_with = "schema::store")]
    pub store: StoreConfig,
}
