//! Service meshes that share a pod with the sidecar.

use serde_json::Value;

use crate::bindings::Bindings;
use crate::container::is_rewritten;
use crate::pod::{Container, Pod};
use crate::reason::{Notice, Reason};

/// Containers of Istio and Linkerd: no application runs in them.
const CONTAINERS: [&str; 6] = [
    "istio-init",
    "istio-proxy",
    "istio-validation",
    "linkerd-init",
    "linkerd-network-validator",
    "linkerd-proxy",
];
/// Ports that Istio leaves alone, on their way in.
const EXCLUDED: &str = "traffic.sidecar.istio.io/excludeInboundPorts";

/// Whether the container is a mesh's.
pub(crate) fn owns(container: &Container<'_>) -> bool {
    CONTAINERS.contains(&container.name)
}

/// Istio rewrites the probes of containers that it sees. Where it was injected first, it has not seen the sidecar's, and
/// takes only its own mutual TLS on that port where the mesh is STRICT.
pub(crate) fn warning(pod: &Pod<'_>, bindings: &Bindings) -> Option<Notice> {
    pod.containers().into_iter().find(|it| it.name == "istio-proxy")?;
    let health = bindings.ports.health.to_string();
    let excluded = pod.annotation(EXCLUDED).unwrap_or_default();
    let mut excluded = excluded.split(',').map(str::trim);
    let probe = pod.sidecar().and_then(|it| it.value.get("readinessProbe")?.get("httpGet"));
    if excluded.any(|port| port == health || port == "*") || probe.is_some_and(|it: &Value| is_rewritten(it))
    {
        return None;
    }
    let message = format!(
        "istio-proxy keeps the kubelet's probes from port {health} where the mesh is STRICT; write the annotation {EXCLUDED}: \"{health}\" on the pod"
    );
    Some(Notice::new(Reason::ProbesInMesh, message))
}
