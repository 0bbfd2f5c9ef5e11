//! The sidecar's resources: always set, and never the reason why a pod falls out of its class of service.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::names::PREFIX;
use crate::options::Resources;
use crate::overrides::Overrides;
use crate::pod::{Container, Pod};
use crate::quantity::Quantity;
use crate::reason::{Notice, Reason, Refusal};

/// How a pod's class of service comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// By the resources of the pod as a whole.
    OfPod,
    /// Guaranteed, by its containers.
    Guaranteed,
    /// Another, by its containers.
    Other,
}

/// The resources of the sidecar in a pod. `before` is what an earlier injection said.
///
/// # Errors
///
/// [`Reason::OverrideInvalid`] where the pod's annotations contradict each other, or the pod's class.
pub(crate) fn of(
    pod: &Pod<'_>,
    defaults: &Resources,
    overrides: &Overrides,
    before: Option<&Declared>,
) -> Result<Sizes, Refusal> {
    let class = class(pod);
    let cpu = Bounds { request: overrides.cpu_request.as_ref(), limit: overrides.cpu_limit.as_ref() };
    let memory =
        Bounds { request: overrides.memory_request.as_ref(), limit: overrides.memory_limit.as_ref() };
    let contradictions = [("cpu", cpu), ("memory", memory)];
    let contradictions = contradictions.into_iter().filter_map(|(name, it)| it.contradiction(name, class));
    if let Some(refusal) = Refusal::of(contradictions.collect()) {
        return Err(refusal);
    }
    let (cpu, memory) = match class {
        // The containers' requests together must stay within the pod's own (Kubernetes refuses it otherwise): the sidecar lives
        // of what the pod has, unless its annotations say how much.
        Class::OfPod => (cpu, memory),
        Class::Guaranteed => (cpu.as_one(&defaults.guaranteed_cpu), memory.as_one(&defaults.memory_limit)),
        Class::Other => (
            cpu.or(Some(&defaults.cpu_request), defaults.cpu_limit.as_ref()),
            memory.or(Some(&defaults.memory_request), Some(&defaults.memory_limit)),
        ),
    };
    let mut sizes = Sizes { declared: Declared::new(), written: Map::new() };
    for (section, cpu, memory) in
        [("limits", cpu.limit, memory.limit), ("requests", cpu.request, memory.request)]
    {
        let amounts = [("cpu", cpu), ("memory", memory)];
        let declared = amounts.into_iter().filter_map(|(name, it)| Some((name.to_owned(), it?.clone())));
        sizes.set(section, declared.collect(), pod, before);
    }
    Ok(sizes)
}

/// Amounts by section (`requests`, `limits`) and resource.
pub(crate) type Declared = BTreeMap<String, BTreeMap<String, Quantity>>;

/// The sidecar's resources.
pub(crate) struct Sizes {
    /// What injection itself says.
    pub(crate) declared: Declared,
    /// What is written into the container.
    pub(crate) written: Map<String, Value>,
}

impl Sizes {
    /// Sets a section. Of a sidecar that stands in the pod already, the spelling of equal amounts stays (the API server writes
    /// `1024Mi` as `1Gi`), and so do amounts that somebody else gave it since, such as a LimitRange: taken away, the pod would
    /// not pass that LimitRange.
    fn set(
        &mut self,
        section: &str,
        declared: BTreeMap<String, Quantity>,
        pod: &Pod<'_>,
        before: Option<&Declared>,
    ) {
        let sidecar = pod.sidecar();
        let stands = sidecar.and_then(|it| it.value.get("resources")?.get(section)?.as_object());
        let mut written = Map::new();
        for (name, amount) in &declared {
            let same = stands.and_then(|it| it.get(name)).filter(|it| quantity(it).as_ref() == Some(amount));
            written.insert(name.clone(), same.cloned().unwrap_or_else(|| json!(amount)));
        }
        let earlier = before.and_then(|it| it.get(section));
        for name in ["cpu", "memory", "ephemeral-storage"] {
            let own = declared.contains_key(name) || earlier.is_some_and(|it| it.contains_key(name));
            if let Some(amount) = stands.and_then(|it| it.get(name)).filter(|_| before.is_some() && !own) {
                written.insert(name.to_owned(), amount.clone());
            }
        }
        if !written.is_empty() {
            self.written.insert(section.to_owned(), Value::Object(written));
        }
        if !declared.is_empty() {
            self.declared.insert(section.to_owned(), declared);
        }
    }
}

/// Request and limit of one resource.
#[derive(Debug, Clone, Copy)]
struct Bounds<'a> {
    request: Option<&'a Quantity>,
    limit: Option<&'a Quantity>,
}

impl<'a> Bounds<'a> {
    fn contradiction(self, resource: &str, class: Class) -> Option<Notice> {
        let (request, limit) = (self.request?, self.limit?);
        let annotations = format!("metadata.annotations.{PREFIX}{resource}-request, -limit");
        let message = if request > limit {
            format!(
                "{annotations}: a request of {request} is above the limit of {limit}; write a request not above it"
            )
        } else if class == Class::Guaranteed && request != limit {
            format!(
                "{annotations}: the pod is of class Guaranteed, where request and limit are one; write one of the two"
            )
        } else {
            return None;
        };
        Some(Notice::new(Reason::OverrideInvalid, message))
    }

    /// Request and limit as one.
    fn as_one(self, default: &'a Quantity) -> Self {
        let amount = Some(self.limit.or(self.request).unwrap_or(default));
        Self { request: amount, limit: amount }
    }

    /// With defaults, each of which gives way to what the pod says of the other bound.
    fn or(self, request: Option<&'a Quantity>, limit: Option<&'a Quantity>) -> Self {
        let all = Self { request: self.request.or(request), limit: self.limit.or(limit) };
        match (all.request, all.limit) {
            (Some(sure), Some(most)) if sure > most && self.limit.is_some() => {
                Self { request: all.limit, ..all }
            }
            (Some(sure), Some(most)) if sure > most => Self { limit: all.request, ..all },
            _ => all,
        }
    }
}

/// The pod's class without the sidecar. It is Guaranteed when every container has limits of CPU and memory, and requests that
/// equal them (left out, they are what the limits are).
fn class(pod: &Pod<'_>) -> Class {
    let of_pod = |section: &str, name: &str| {
        let amount = pod.spec().get("resources").and_then(|it| it.get(section)?.get(name));
        amount.is_some_and(|it| !it.is_null())
    };
    // Kubernetes takes a pod's own resources for set when there is an amount in them: `resources: {}` is as good as none.
    if ["limits", "requests"].into_iter().any(|it| of_pod(it, "cpu") || of_pod(it, "memory")) {
        return Class::OfPod;
    }
    let is_bound = |container: &Container<'_>| {
        let resources = container.value.get("resources");
        ["cpu", "memory"].into_iter().all(|name| {
            let amount =
                |section: &str| resources.and_then(|it| it.get(section)?.get(name)).and_then(quantity);
            amount("limits").is_some_and(|limit| {
                !limit.is_zero() && amount("requests").is_none_or(|request| request == limit)
            })
        })
    };
    let containers: Vec<_> = pod.containers().into_iter().filter(|it| !it.is_sidecar()).collect();
    let guaranteed = !containers.is_empty() && containers.iter().all(is_bound);
    if guaranteed { Class::Guaranteed } else { Class::Other }
}

/// An amount as manifests have it: text, or a bare number.
fn quantity(value: &Value) -> Option<Quantity> {
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.to_string().parse().ok(),
        _ => None,
    }
}
