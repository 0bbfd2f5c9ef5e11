//! From a pod and its policy's bindings to a JSON patch: built by hand, for a difference of two pods would move fields from
//! one container into another (operator-practice.md section 2.2). On a pod that is injected already it is empty.

use serde_json::{Map, Value, json};

use crate::bindings::Bindings;
use crate::decide::Wanted;
use crate::env;
use crate::names::{self, POLICY, SIDECAR, STATUS};
use crate::operations::{Operations, place};
use crate::options::InjectorOptions;
use crate::pod::{Found, Pod, Section};
use crate::reason::{Notice, Reason, Refusal};
use crate::status::{LABEL, Status, Undo};
use crate::{checks, container, mesh, overrides, resources, volume};

/// What turns a pod into an injected one.
#[derive(Debug, Clone)]
pub struct Patch {
    /// The operations, in order. Empty where the pod is injected as it would be now.
    pub operations: json_patch::Patch,
    /// What is to be told to whoever creates the pod.
    pub warnings: Vec<Notice>,
    /// What the pod's annotation will say.
    pub status: Status,
}

/// Plans the injection of a pod. `wanted` is what [`decide`](crate::decide) made of it, `bindings` those of that policy.
///
/// # Errors
///
/// Everything that stands against it, at once.
pub fn inject(
    pod: &Pod<'_>,
    wanted: &Wanted,
    bindings: &Bindings,
    options: &InjectorOptions,
) -> Result<Patch, Refusal> {
    // What an earlier injection made is known from its status, as long as its sidecar is there, too. Without a status, whatever
    // stands under the sidecar's name is somebody else's.
    let before = pod.sidecar().and_then(|_| Status::of(pod));
    let genuine = pod.sidecar().filter(|_| before.is_some());
    let overridden = overrides::read(pod).and_then(|(overrides, unknown)| {
        let earlier = before.as_ref().map(|status| &status.resources);
        let sizes = resources::of(pod, &options.resources, &overrides, earlier)?;
        let sidecar = container::of(bindings, options, &overrides, &sizes.written, genuine.as_ref());
        Ok((sidecar, sizes.declared, unknown))
    });
    let (sidecar, resources, unknown) = match (Refusal::of(checks::refusals(pod, bindings)), overridden) {
        (None, Ok(read)) => read,
        (Some(refusal), Ok(_)) | (None, Err(refusal)) => return Err(refusal),
        (Some(one), Err(other)) => return Err(one.and(other)),
    };
    let mut operations = Operations::default();
    let mut undo = before.as_ref().map_or_else(Undo::default, |status| status.undo.clone());
    let mut warnings = wanted.warnings.clone();
    warnings.extend(unknown);
    let (env, told) = env::plan(pod, bindings, before.as_ref(), &mut undo, &mut operations);
    warnings.extend(told);
    warnings.extend(mesh::warning(pod, bindings));
    warnings.extend(place_sidecar(pod, genuine.is_some(), sidecar, &mut undo, &mut operations));
    place_volumes(pod, bindings, &mut undo, &mut operations);
    let status = mark(pod, bindings, undo, &mut operations, |undo| {
        Status::new(bindings, resources, env, &warnings, undo)
    });
    Ok(Patch { operations: operations.into_patch(), warnings, status })
}

/// In front of all others, or where an earlier injection put it and others came in front of it since. One that is forged
/// keeps no place: containers in front of it would start without the sidecar.
fn place_sidecar(
    pod: &Pod<'_>,
    is_genuine: bool,
    sidecar: Value,
    undo: &mut Undo,
    operations: &mut Operations,
) -> Option<Notice> {
    let mut forged = None;
    let own: Vec<_> = pod.section(Section::Containers).into_iter().filter(|it| it.is_sidecar()).collect();
    for container in own.iter().rev() {
        operations.remove_item(&["spec", "containers"], container.index, SIDECAR);
        forged = Some(container.path());
    }
    let field = Section::InitContainers.field();
    let standing: Vec<_> =
        pod.section(Section::InitContainers).into_iter().filter(|it| it.is_sidecar()).collect();
    match standing.split_first() {
        Some((first, others)) if is_genuine => {
            for other in others.iter().rev() {
                operations.remove_item(&["spec", field], other.index, SIDECAR);
            }
            if first.value.get("restartPolicy") != sidecar.get("restartPolicy") {
                forged = Some(first.path());
            }
            if Some(first.value) != sidecar.as_object() {
                operations.replace_item(&["spec", field], first.index, SIDECAR, sidecar);
            }
        }
        _ => {
            for container in standing.iter().rev() {
                operations.remove_item(&["spec", field], container.index, SIDECAR);
                forged = Some(container.path());
            }
            undo.remember(field, pod.list(field));
            let is_other = |item: &&Value| item.get("name").and_then(Value::as_str) != Some(SIDECAR);
            let others = pod.list(field).map(|items| items.iter().find(is_other));
            operations.add_first(field, others, sidecar);
        }
    }
    forged.map(|path| {
        let message =
            format!("{path}: the name is riskgate's, and the container was replaced; write another name");
        Notice::new(Reason::ContainerReplaced, message)
    })
}

fn place_volumes(pod: &Pod<'_>, bindings: &Bindings, undo: &mut Undo, operations: &mut Operations) {
    let list = pod.list("volumes");
    let standing = list.there().map_or(&[][..], Vec::as_slice);
    let mut missing = Vec::new();
    let volumes = volume::of(bindings);
    let name_of = |volume: &Value| volume.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let left_over = |name: &str| names::is_ours(name) && volumes.iter().all(|volume| name_of(volume) != name);
    // From the last: the places of those before it stay as they are.
    for (index, volume) in standing.iter().enumerate().rev().filter(|(_, it)| left_over(&name_of(it))) {
        operations.remove_item(&["spec", "volumes"], index, &name_of(volume));
    }
    let standing: Vec<&Value> = standing.iter().filter(|it| !left_over(&name_of(it))).collect();
    for volume in &volumes {
        let name = name_of(volume);
        let of_name = standing.iter().enumerate().filter(|(_, it)| it.get("name") == volume.get("name"));
        match of_name.clone().next() {
            None => missing.push(volume.clone()),
            Some((_, same)) if *same == volume => {}
            Some((index, _)) => operations.replace_item(&["spec", "volumes"], index, &name, volume.clone()),
        }
    }
    if !missing.is_empty() {
        undo.remember("volumes", list);
        operations.add_last("volumes", list, missing);
    }
}

/// Sets label and status.
fn mark(
    pod: &Pod<'_>,
    bindings: &Bindings,
    mut undo: Undo,
    operations: &mut Operations,
    status: impl FnOnce(Undo) -> Status,
) -> Status {
    let (labels, annotations) = (pod.texts("labels"), pod.texts("annotations"));
    undo.remember("metadata", pod.metadata());
    undo.remember("labels", labels);
    undo.remember("annotations", annotations);
    match labels.there().and_then(|it| it.get(POLICY)).and_then(Value::as_str) {
        None => drop(undo.absent.insert(LABEL.to_owned())),
        // An earlier injection's label is nothing to come back to.
        Some(old) if old == bindings.policy || undo.absent.contains(LABEL) => {}
        Some(old) => undo.label = undo.label.or_else(|| Some(old.to_owned())),
    }
    let status = status(undo);
    if pod.metadata().there().is_none() {
        let metadata = json!({
            "labels": { POLICY: bindings.policy },
            "annotations": { STATUS: status.text() },
        });
        operations.add(place(["metadata"]), metadata);
    } else {
        set_text(operations, "labels", labels, POLICY, &bindings.policy);
        set_text(operations, "annotations", annotations, STATUS, &status.text());
    }
    status
}

fn set_text(
    operations: &mut Operations,
    section: &str,
    texts: Found<&Map<String, Value>>,
    name: &str,
    text: &str,
) {
    let path = place(["metadata", section, name]);
    match texts {
        Found::There(texts) => match texts.get(name) {
            None => operations.add(path, json!(text)),
            Some(old) if old == text => {}
            Some(old) => operations.replace(path, old, json!(text)),
        },
        Found::Absent | Found::Null => operations.add(place(["metadata", section]), json!({ name: text })),
    }
}
