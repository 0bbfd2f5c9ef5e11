//! The names by which riskgate is found in a pod and its namespace (design.md section 7). They are riskgate's: what stands
//! under one of them in a pod that comes in is replaced or refused, never trusted.

/// The sidecar's container.
pub const SIDECAR: &str = "riskgate-sidecar";
/// The sidecar's container port of health and metrics, by name.
pub const HEALTH_PORT: &str = "riskgate-health";
/// The volume with configuration and credentials.
pub const VOLUME: &str = "riskgate";
/// The empty volume that lies over the service account's token.
pub const NO_TOKEN_VOLUME: &str = "riskgate-no-token";

/// What the names of the volumes with databases begin with; a number follows.
pub const DATABASES_VOLUME: &str = "riskgate-databases-";

/// Whether a volume of that name is riskgate's, in any pod.
pub(crate) fn is_ours(volume: &str) -> bool {
    let number = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    [VOLUME, NO_TOKEN_VOLUME].contains(&volume) || volume.strip_prefix(DATABASES_VOLUME).is_some_and(number)
}

/// Where configuration and credentials are mounted.
pub const MOUNT_PATH: &str = "/etc/riskgate";
/// Where folders of databases are mounted, each under its claim's name. Not below [`MOUNT_PATH`]: nothing can be mounted into a
/// volume that is read-only.
pub const DATABASES_PATH: &str = "/var/lib/riskgate/databases";
/// Where Kubernetes mounts a pod's API token.
pub const TOKEN_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// The configuration's key in the ConfigMap, and its file below [`MOUNT_PATH`].
pub const CONFIG_KEY: &str = "config.v1.yaml";

/// What all of riskgate's annotations and labels begin with.
pub const PREFIX: &str = "riskgate.dev/";
/// Names the policy: an annotation of the pod, or a label of its namespace. Injection sets it as a label of the pod.
pub const POLICY: &str = "riskgate.dev/policy";
/// The pod's annotation that opts it out: `disabled`.
pub const SWITCH: &str = "riskgate.dev/inject";
/// The namespace's label that lets its pods opt out: `allowed`.
pub const OPT_OUT: &str = "riskgate.dev/opt-out";
/// The annotation that injection leaves on the pod: [`Status`](crate::Status) as JSON.
pub const STATUS: &str = "riskgate.dev/status";
/// The annotation by which the operator makes the kubelet refresh a pod's mounts, where it may.
pub const NUDGE: &str = "riskgate.dev/nudge";

/// The ConfigMap that holds a policy's compiled configuration.
#[must_use]
pub fn config_map(policy: &str) -> String {
    format!("riskgate-{policy}")
}
