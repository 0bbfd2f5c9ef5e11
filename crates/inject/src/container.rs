//! The container `riskgate-sidecar`. It passes the Pod Security Standard `restricted` by construction, and states every
//! default that the API server would fill in, so that it is found on re-invocation as it was left.

use serde_json::{Map, Value, json};

use crate::bindings::Bindings;
use crate::names::{CONFIG_KEY, DATABASES_PATH, HEALTH_PORT, MOUNT_PATH, SIDECAR};
use crate::options::{InjectorOptions, Timing};
use crate::overrides::{Overrides, TimingOverride};
use crate::pod::Container;
use crate::volume;

/// The container. `existing` is what stands under its name in the pod; next to nothing is taken over from it.
pub(crate) fn of(
    bindings: &Bindings,
    options: &InjectorOptions,
    overrides: &Overrides,
    resources: &Map<String, Value>,
    existing: Option<&Container<'_>>,
) -> Value {
    let health = bindings.ports.health;
    let probes = options.probes;
    let probe = |field: &str, path: &str, timing: Timing, changed: &TimingOverride| {
        let mut probe = Map::new();
        probe.insert("httpGet".to_owned(), target(field, path, health, existing));
        let numbers = [
            ("periodSeconds", changed.period_seconds.unwrap_or(timing.period_seconds)),
            ("timeoutSeconds", changed.timeout_seconds.unwrap_or(timing.timeout_seconds)),
            ("successThreshold", 1),
            ("failureThreshold", changed.failure_threshold.unwrap_or(timing.failure_threshold)),
        ];
        probe.extend(numbers.map(|(name, number)| (name.to_owned(), json!(number))));
        Value::Object(probe)
    };
    json!({
        "name": SIDECAR,
        "image": options.image,
        "imagePullPolicy": options.image_pull_policy,
        "args": arguments(bindings),
        "restartPolicy": "Always",
        "env": [{
            "name": "POD_NAME",
            "valueFrom": { "fieldRef": { "apiVersion": "v1", "fieldPath": "metadata.name" } },
        }],
        "ports": [{ "name": HEALTH_PORT, "containerPort": health, "protocol": "TCP" }],
        "startupProbe": probe("startupProbe", "/startupz", probes.startup, &overrides.startup),
        "readinessProbe": probe("readinessProbe", "/readyz", probes.readiness, &overrides.readiness),
        "livenessProbe": probe("livenessProbe", "/livez", probes.liveness, &overrides.liveness),
        "resources": resources,
        "securityContext": security_context(options),
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "volumeMounts": volume::mounts(bindings),
    })
}

/// With the ports that the pod is made with: whatever its policy says later, this pod's probes and application ask there.
fn arguments(bindings: &Bindings) -> Vec<String> {
    let mut arguments = vec![
        "--config".to_owned(),
        format!("{MOUNT_PATH}/{CONFIG_KEY}"),
        "--credentials".to_owned(),
        MOUNT_PATH.to_owned(),
        format!("--admin-port={}", bindings.ports.admin),
        format!("--health-port={}", bindings.ports.health),
    ];
    // By name: the order of a policy's entries must not change a pod.
    let mut listeners: Vec<_> = bindings.listeners.iter().collect();
    listeners.sort_by(|one, other| one.provider.cmp(&other.provider));
    arguments.extend(listeners.iter().map(|it| format!("--listen={}={}", it.provider, it.port)));
    if !bindings.databases.is_empty() {
        arguments.extend(["--databases".to_owned(), DATABASES_PATH.to_owned()]);
    }
    arguments
}

fn security_context(options: &InjectorOptions) -> Value {
    let mut context = json!({
        "allowPrivilegeEscalation": false,
        "capabilities": { "drop": ["ALL"] },
        "privileged": false,
        "readOnlyRootFilesystem": true,
        "runAsNonRoot": true,
        "seccompProfile": { "type": "RuntimeDefault" },
    });
    // Written out, so that a pod whose own context says root does not pass it on.
    if let (Some(id), Some(context)) = (options.run_as, context.as_object_mut()) {
        context.insert("runAsUser".to_owned(), json!(id));
        context.insert("runAsGroup".to_owned(), json!(id));
    }
    context
}

/// What a probe asks. Istio lets the kubelet reach containers only through its own agent and rewrites their probes to it;
/// undoing that would leave the pod unready for ever. A pod that forges it only harms itself.
fn target(field: &str, path: &str, port: u16, existing: Option<&Container<'_>>) -> Value {
    let stands = existing.and_then(|it| it.value.get(field)?.get("httpGet"));
    stands
        .filter(|it| is_rewritten(it))
        .cloned()
        .unwrap_or_else(|| json!({ "path": path, "port": port, "scheme": "HTTP" }))
}

/// Whether the target of a probe is Istio's agent, asked on behalf of the sidecar.
pub(crate) fn is_rewritten(target: &Value) -> bool {
    let of_agent = format!("/app-health/{SIDECAR}/");
    target.get("path").and_then(Value::as_str).is_some_and(|path| path.starts_with(&of_agent))
        && target.get("host").is_none()
}
