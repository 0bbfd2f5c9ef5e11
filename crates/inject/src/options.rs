//! What whoever runs riskgate decides of every sidecar: image, sizes, probes.

use serde::{Deserialize, Serialize};

use crate::quantity::Quantity;

/// What every sidecar is injected with, whatever its policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InjectorOptions {
    /// The sidecar's image.
    pub image: String,
    /// When the kubelet pulls it.
    #[serde(default)]
    pub image_pull_policy: PullPolicy,
    /// The user and group that the sidecar runs as. None leaves the choice to the platform, as OpenShift wants it; the image
    /// must then name one, since the sidecar never runs as root.
    #[serde(default = "nonroot")]
    pub run_as: Option<u32>,
    /// Its resources, unless the pod's annotations say otherwise.
    #[serde(default)]
    pub resources: Resources,
    /// Its probes' timing, unless the pod's annotations say otherwise.
    #[serde(default)]
    pub probes: Probes,
}

/// When the kubelet pulls an image.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PullPolicy {
    /// At every start.
    Always,
    /// Where the node has none.
    #[default]
    IfNotPresent,
    /// Not at all.
    Never,
}

/// The resources of a sidecar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Resources {
    /// The CPU that it is sure of.
    pub cpu_request: Quantity,
    /// The CPU that it gets at most; none lets it use what is idle.
    pub cpu_limit: Option<Quantity>,
    /// The memory that it is sure of.
    pub memory_request: Quantity,
    /// The memory at which it is ended.
    pub memory_limit: Quantity,
    /// The CPU in a pod of class Guaranteed, where request and limit are one.
    pub guaranteed_cpu: Quantity,
}

/// The probes of a sidecar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Probes {
    /// Until it succeeds, no other container of the pod starts.
    pub startup: Timing,
    /// While it fails, the pod gets no traffic.
    pub readiness: Timing,
    /// When it fails, the sidecar is started anew.
    pub liveness: Timing,
}

/// How a probe is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Timing {
    /// How often, in seconds.
    pub period_seconds: u32,
    /// How long an answer may take, in seconds.
    pub timeout_seconds: u32,
    /// After how many failures in a row it counts.
    pub failure_threshold: u32,
}

impl InjectorOptions {
    /// The defaults, with an image.
    #[must_use]
    pub fn new(image: impl Into<String>) -> Self {
        Self {
            image: image.into(),
            image_pull_policy: PullPolicy::default(),
            run_as: nonroot(),
            resources: Resources::default(),
            probes: Probes::default(),
        }
    }
}

/// The user that distroless images call so.
#[allow(clippy::unnecessary_wraps, reason = "the default of an option")]
fn nonroot() -> Option<u32> {
    Some(65532)
}

impl Default for Resources {
    fn default() -> Self {
        // Nothing is throttled by default: a login must not wait for a CPU that nobody uses. Memory is bounded by the store's
        // 16 MiB and the 12 MiB of an idle sidecar (design.md section 9).
        Self {
            cpu_request: Quantity::milli(20),
            cpu_limit: None,
            memory_request: Quantity::mebi(32),
            memory_limit: Quantity::mebi(128),
            guaranteed_cpu: Quantity::milli(200),
        }
    }
}

impl Default for Probes {
    fn default() -> Self {
        Self {
            // A sidecar starts in milliseconds; what takes long is a Secret that is not there yet.
            startup: Timing { period_seconds: 1, timeout_seconds: 2, failure_threshold: 120 },
            readiness: Timing { period_seconds: 5, timeout_seconds: 2, failure_threshold: 3 },
            liveness: Timing { period_seconds: 10, timeout_seconds: 5, failure_threshold: 6 },
        }
    }
}
