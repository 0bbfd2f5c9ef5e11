//! The values of the chart as types: what `values.schema.json` says of them, and what `values.yaml` must hold, no field less.
//! A field's description is what a user reads when a value is refused, and in the chart's README.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Anything that Kubernetes has at this place; it checks it by itself.
type Object = BTreeMap<String, Value>;
/// Labels or annotations.
type Texts = BTreeMap<String, String>;

/// The values of riskgate's chart. A field that is not here is refused.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Values {
    /// What Helm gives to every chart of a release. Nothing of it is read.
    global: Object,
    /// In place of the chart's name, in names and labels.
    #[schemars(length(max = 40), regex(pattern = r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$"))]
    name_override: String,
    /// What the name of every object begins with, in place of the release's name.
    #[schemars(length(max = 40), regex(pattern = r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$"))]
    fullname_override: String,
    /// Labels of every object.
    common_labels: Texts,
    /// Where images are.
    image: Registry,
    /// Secrets with which the operator's image is pulled. Pods that the sidecar is injected into pull it with their own.
    image_pull_secrets: Vec<SecretName>,
    /// The CustomResourceDefinition of RiskPolicy.
    crds: Crds,
    /// The operator's Deployment.
    operator: Operator,
    /// What every sidecar is injected with. Annotations of a pod override resources and probes.
    sidecar: Sidecar,
    /// What the API server asks the operator.
    webhook: Webhook,
    /// Who the operator is to the API server.
    service_account: ServiceAccount,
    /// Roles.
    rbac: Rbac,
    /// What the API server itself keeps from everybody but riskgate.
    admission_policies: Switch,
    /// Who may talk to the operator, and to whom it may.
    network_policy: NetworkPolicy,
    /// Objects of the Prometheus operator and of Grafana. Each kind must be served by the cluster before it is switched on.
    monitoring: Monitoring,
}

/// Where images are.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Registry {
    /// What stands before the repository of every image, such as `registry.example.com/team`. Empty: nothing.
    #[schemars(regex(pattern = r"^([A-Za-z0-9.-]+(:[0-9]+)?(/[a-z0-9._/-]+)?)?$"))]
    registry: String,
}

/// An image.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Image {
    /// Its name, without registry and tag.
    #[schemars(regex(pattern = r"^[a-z0-9]+([._/-][a-z0-9]+)*$"))]
    repository: String,
    /// Its tag. Empty: the chart's version.
    #[schemars(regex(pattern = r"^([A-Za-z0-9_][A-Za-z0-9._-]{0,127})?$"))]
    tag: String,
    /// Its digest, such as `sha256:…`, which wins over the tag.
    #[schemars(regex(pattern = r"^(sha256:[0-9a-f]{64})?$"))]
    digest: String,
    /// When nodes pull it.
    pull_policy: PullPolicy,
}

/// When nodes pull an image.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
enum PullPolicy {
    Always,
    IfNotPresent,
    Never,
}

/// A Secret of the release's namespace.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SecretName {
    /// Its name.
    #[schemars(length(min = 1, max = 253))]
    name: String,
}

/// The CustomResourceDefinition of RiskPolicy.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Crds {
    /// Whether the chart installs it, and upgrades it with each release.
    enabled: bool,
    /// Whether `helm uninstall` leaves it, and with it every RiskPolicy.
    keep: bool,
}

/// The operator's Deployment.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Operator {
    /// The operator's image.
    image: Image,
    /// How many replicas. One of them writes; with a second, another takes over at once.
    #[schemars(range(min = 1, max = 9))]
    replicas: u8,
    /// How long the others wait after the last sign of the one that writes.
    #[schemars(regex(pattern = r"^([3-9]|[1-9][0-9]{1,2})s$"))]
    lease_duration: String,
    /// Its log, on standard error.
    log: Log,
    /// The port of health and metrics.
    #[schemars(range(min = 1, max = 65535))]
    admin_port: u16,
    /// The user and group that it runs as. null leaves the choice to the platform, as OpenShift wants it.
    #[schemars(range(min = 1))]
    #[serde(deserialize_with = "Option::deserialize")]
    run_as_user: Option<u32>,
    /// Its resources.
    resources: Resources,
    /// How long it may take to end, in seconds: 5 until nobody calls it any more, 25 to finish what it began.
    #[schemars(range(min = 31, max = 600))]
    termination_grace_period_seconds: u32,
    /// Its priority class.
    #[schemars(length(max = 253))]
    priority_class_name: String,
    /// More labels of its pods.
    pod_labels: Texts,
    /// Annotations of its pods.
    pod_annotations: Texts,
    /// Nodes that it may run on, by label.
    node_selector: Texts,
    /// Taints that it bears.
    tolerations: Vec<Object>,
    /// Its affinity.
    affinity: Object,
    /// How replicas are spread. Empty: over nodes and zones, where there are several.
    topology_spread_constraints: Vec<Object>,
    /// How many may be away at once when nodes are drained.
    pod_disruption_budget: DisruptionBudget,
}

/// The operator's log.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Log {
    /// How a line looks.
    format: LogFormat,
    /// How much is logged.
    level: LogLevel,
}

/// How a line of the log looks.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum LogFormat {
    Json,
    Text,
}

/// How much is logged.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
}

/// Resources of a container.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Resources {
    /// What it is sure of.
    requests: Amounts,
    /// What it gets at most.
    limits: Amounts,
}

/// Amounts of resources.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Amounts {
    /// CPU, such as `250m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cpu: Option<Amount>,
    /// Memory, such as `64Mi`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    memory: Option<Amount>,
}

/// An amount: a number, or a number with a unit.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
enum Amount {
    Number(u32),
    Text(#[schemars(regex(pattern = r"^[0-9]+(\.[0-9]+)?(m|k|M|G|Ki|Mi|Gi)?$"))] String),
}

/// How many replicas may be away at once when nodes are drained.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DisruptionBudget {
    /// Whether there is a PodDisruptionBudget.
    enabled: bool,
    /// How many may be away at once.
    #[schemars(range(min = 1))]
    max_unavailable: u8,
}

/// What every sidecar is injected with.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Sidecar {
    /// The sidecar's image.
    image: Image,
    /// The user and group that it runs as. null leaves the choice to the platform, as OpenShift wants it.
    #[schemars(range(min = 1))]
    #[serde(deserialize_with = "Option::deserialize")]
    run_as: Option<u32>,
    /// Its resources.
    resources: SidecarResources,
    /// Its probes.
    probes: Probes,
}

/// The resources of a sidecar.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SidecarResources {
    /// The CPU that it is sure of.
    cpu_request: Amount,
    /// The CPU that it gets at most. null: it may use what is idle.
    #[serde(deserialize_with = "Option::deserialize")]
    cpu_limit: Option<Amount>,
    /// The memory that it is sure of.
    memory_request: Amount,
    /// The memory at which it is ended.
    memory_limit: Amount,
    /// The CPU in a pod of class Guaranteed, where request and limit are one.
    guaranteed_cpu: Amount,
}

/// The probes of a sidecar.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Probes {
    /// Until it succeeds, no other container of the pod starts.
    startup: Timing,
    /// While it fails, the pod gets no traffic.
    readiness: Timing,
    /// When it fails, the sidecar is started anew.
    liveness: Timing,
}

/// How a probe is repeated.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Timing {
    /// How often, in seconds.
    #[schemars(range(min = 1, max = 300))]
    period_seconds: u32,
    /// How long an answer may take, in seconds.
    #[schemars(range(min = 1, max = 300))]
    timeout_seconds: u32,
    /// After how many failures in a row it counts.
    #[schemars(range(min = 1, max = 1000))]
    failure_threshold: u32,
}

/// What the API server asks the operator.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Webhook {
    /// Where API servers that do not reach Services call, such as `https://riskgate.example.com:9443`. Empty: by the Service.
    #[schemars(regex(pattern = r"^(https://[^/ ]+/?)?$"))]
    url: String,
    /// The port that it listens on. Some private clusters let API servers reach only certain ports of nodes, such as 10250.
    #[schemars(range(min = 1, max = 65535))]
    port: u16,
    /// How long an API server waits for an answer, in seconds.
    #[schemars(range(min = 1, max = 30))]
    timeout_seconds: u8,
    /// Namespaces whose pods are never looked at, besides kube-system and the release's.
    excluded_namespaces: Vec<NamespaceName>,
    /// Annotations of the webhook configurations, such as `cert-manager.io/inject-ca-from`.
    annotations: Texts,
    /// By which certificates API servers trust it.
    certificates: Certificates,
}

/// A namespace.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(inline)]
struct NamespaceName(#[schemars(length(min = 1, max = 63))] String);

/// By which certificates API servers trust the webhooks.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Certificates {
    /// `self`: the operator keeps a CA of its own in a Secret, and renews everything in time. `existingSecret`: somebody else, such
    /// as cert-manager, keeps a Secret with the certificate.
    mode: CertificateMode,
    /// With `existingSecret`: the Secret of the release's namespace with `tls.crt` and `tls.key`.
    #[schemars(length(max = 253))]
    existing_secret: String,
    /// With `existingSecret`, where nothing writes it into the webhook configurations: the CA's certificate, PEM in base64.
    #[schemars(regex(pattern = r"^[A-Za-z0-9+/=]*$"))]
    ca_bundle: String,
}

/// Who keeps the certificate of the webhooks.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum CertificateMode {
    #[serde(rename = "self")]
    Own,
    ExistingSecret,
}

/// Who the operator is to the API server.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ServiceAccount {
    /// Whether the chart makes the ServiceAccount.
    create: bool,
    /// Its name. Empty: the operator's.
    #[schemars(length(max = 253))]
    name: String,
    /// Its annotations.
    annotations: Texts,
}

/// Roles.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Rbac {
    /// Whether there are ClusterRoles for people who write and who read policies. Neither is part of `edit` or `view`.
    policy_roles: bool,
    /// Whether the operator may patch pods. After a change it then annotates bound pods, so that their kubelets refresh what is
    /// mounted within seconds instead of within two minutes.
    nudge_pods: bool,
    /// Whether the operator may get every Secret of the cluster. The condition `ResolvedRefs` then tells what is missing or broken
    /// in the Secrets and ConfigMaps that a policy names before a sidecar does.
    verify_secret_refs: bool,
}

/// A part that can be left out.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Switch {
    /// Whether it is there.
    enabled: bool,
}

/// Who may talk to the operator, and to whom it may.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NetworkPolicy {
    /// Whether there is a NetworkPolicy.
    enabled: bool,
    /// The API server, the only one that the operator asks.
    api_server: ApiServer,
    /// Who may read metrics, as `from` of a NetworkPolicy has it. Empty: everybody in the cluster.
    metrics_from: Vec<Object>,
}

/// The API server as a NetworkPolicy names it.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ApiServer {
    /// Its ports: that of its Service, and that of its endpoints.
    #[schemars(length(min = 1))]
    ports: Vec<u16>,
    /// Its addresses, such as `10.0.0.1/32`. Empty: any.
    cidrs: Vec<String>,
}

/// Objects of the Prometheus operator and of Grafana.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Monitoring {
    /// Labels by which Prometheus finds these objects.
    labels: Texts,
    /// How often metrics are read.
    #[schemars(regex(pattern = r"^[1-9][0-9]*(s|m)$"))]
    interval: String,
    /// A ServiceMonitor of the operator.
    service_monitor: bool,
    /// A PodMonitor of the sidecars of every namespace.
    pod_monitor: bool,
    /// A PrometheusRule with alerts.
    prometheus_rule: bool,
    /// A ConfigMap with a dashboard, for Grafana's sidecar.
    grafana_dashboard: bool,
}
