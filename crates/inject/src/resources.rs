//! The sidecar's resources: always set, and never the reason why a pod falls out of its class of service.

use serde_json::{Map, Value, json};

use crate::names::PREFIX;
use crate::options::Resources;
use crate::overrides::Overrides;
use crate::pod::{Container, Pod};
use crate::quantity::Quantity;
use crate::reason::{Notice, Reason, Refusal};

/// The `resources` of the sidecar in a pod.
///
/// # Errors
///
/// [`Reason::OverrideInvalid`] where the pod's annotations contradict each other, or the pod's class.
pub(crate) fn of(pod: &Pod<'_>, defaults: &Resources, overrides: &Overrides) -> Result<Value, Refusal> {
    let guaranteed = is_guaranteed(pod);
    let mut errors = Vec::new();
    let mut check = |resource: &str, request: &Option<Quantity>, limit: &Option<Quantity>| {
        if let (Some(request), Some(limit)) = (request, limit) {
            errors.extend(contradiction(resource, request, limit, guaranteed));
        }
    };
    check("cpu", &overrides.cpu_request, &overrides.cpu_limit);
    check("memory", &overrides.memory_request, &overrides.memory_limit);
    if let Some(refusal) = Refusal::of(errors) {
        return Err(refusal);
    }
    // The containers' requests together must stay within the pod's own (Kubernetes refuses it otherwise): in such a pod the
    // sidecar lives of what the pod has, unless its annotations say how much.
    let of_pod = pod.spec().get("resources").is_some_and(|it| !it.is_null());
    let cpu = match (guaranteed, of_pod) {
        (true, false) => equal(&overrides.cpu_request, &overrides.cpu_limit, &defaults.guaranteed_cpu),
        (_, true) => (overrides.cpu_request.clone(), overrides.cpu_limit.clone()),
        (false, false) => {
            let default = (Some(&defaults.cpu_request), defaults.cpu_limit.as_ref());
            apart(&overrides.cpu_request, &overrides.cpu_limit, default)
        }
    };
    let memory = match (guaranteed, of_pod) {
        (true, false) => equal(&overrides.memory_request, &overrides.memory_limit, &defaults.memory_limit),
        (_, true) => (overrides.memory_request.clone(), overrides.memory_limit.clone()),
        (false, false) => {
            let default = (Some(&defaults.memory_request), Some(&defaults.memory_limit));
            apart(&overrides.memory_request, &overrides.memory_limit, default)
        }
    };
    let existing = pod.sidecar();
    let mut resources = Map::new();
    for (section, cpu, memory) in [("limits", cpu.1, memory.1), ("requests", cpu.0, memory.0)] {
        let set = amounts(section, existing.as_ref(), cpu, memory);
        if !set.is_empty() {
            resources.insert(section.to_owned(), Value::Object(set));
        }
    }
    Ok(Value::Object(resources))
}

fn contradiction(resource: &str, request: &Quantity, limit: &Quantity, guaranteed: bool) -> Option<Notice> {
    let annotations = format!("metadata.annotations.{PREFIX}{resource}-request, -limit");
    let message = if request > limit {
        format!(
            "{annotations}: a request of {request} is above the limit of {limit}; write a request not above it"
        )
    } else if guaranteed && request != limit {
        format!(
            "{annotations}: the pod is of class Guaranteed, where request and limit are one; write one of the two"
        )
    } else {
        return None;
    };
    Some(Notice::new(Reason::OverrideInvalid, message))
}

type Amount = (Option<Quantity>, Option<Quantity>);

/// Request and limit as one.
fn equal(request: &Option<Quantity>, limit: &Option<Quantity>, default: &Quantity) -> Amount {
    let amount = limit.as_ref().or(request.as_ref()).unwrap_or(default).clone();
    (Some(amount.clone()), Some(amount))
}

/// Request and limit apart. A default gives way to what the pod says of the other.
fn apart(
    request: &Option<Quantity>,
    limit: &Option<Quantity>,
    default: (Option<&Quantity>, Option<&Quantity>),
) -> Amount {
    let mut amount = (request.clone().or(default.0.cloned()), limit.clone().or(default.1.cloned()));
    if let (Some(sure), Some(most)) = &amount
        && sure > most
    {
        amount =
            if limit.is_some() { (limit.clone(), limit.clone()) } else { (request.clone(), request.clone()) };
    }
    amount
}

/// What is written into `requests` or `limits`. Of a sidecar that stands in the pod already, the spelling of equal amounts
/// stays (the API server writes `1024Mi` as `1Gi`), and so does the storage that a LimitRange gave it: taken away, the pod
/// would not pass that LimitRange.
fn amounts(
    section: &str,
    existing: Option<&Container<'_>>,
    cpu: Option<Quantity>,
    memory: Option<Quantity>,
) -> Map<String, Value> {
    let stands = existing.and_then(|it| it.value.get("resources")?.get(section)?.as_object());
    let spelt = |name: &str, amount: Quantity| -> Value {
        let same = stands.and_then(|it| it.get(name)).filter(|it| quantity(it).as_ref() == Some(&amount));
        same.cloned().unwrap_or_else(|| json!(amount))
    };
    let mut amounts = Map::new();
    amounts.extend(cpu.map(|amount| ("cpu".to_owned(), spelt("cpu", amount))));
    let storage = stands.and_then(|it| it.get("ephemeral-storage"));
    amounts.extend(storage.map(|amount| ("ephemeral-storage".to_owned(), amount.clone())));
    amounts.extend(memory.map(|amount| ("memory".to_owned(), spelt("memory", amount))));
    amounts
}

/// Whether the pod is of class Guaranteed without the sidecar: every container has limits of CPU and memory, and requests
/// that equal them (left out, they are what the limits are).
pub(crate) fn is_guaranteed(pod: &Pod<'_>) -> bool {
    let counts = |resources: Option<&Value>| {
        ["cpu", "memory"].into_iter().all(|name| {
            let amount =
                |section: &str| resources.and_then(|it| it.get(section)?.get(name)).and_then(quantity);
            amount("limits").is_some_and(|limit| {
                !limit.is_zero() && amount("requests").is_none_or(|request| request == limit)
            })
        })
    };
    let containers: Vec<_> = pod.containers().into_iter().filter(|it| !it.is_sidecar()).collect();
    let of_pod = pod.spec().get("resources").filter(|it| !it.is_null());
    match of_pod {
        Some(resources) => counts(Some(resources)),
        None => !containers.is_empty() && containers.iter().all(|it| counts(it.value.get("resources"))),
    }
}

/// An amount as manifests have it: text, or a bare number.
fn quantity(value: &Value) -> Option<Quantity> {
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.to_string().parse().ok(),
        _ => None,
    }
}
