//! Undoing an injection. For a manifest that was injected, what comes out is what went in, member by member: what was
//! absent is absent again, and what was empty is empty.

use json_patch::Patch;
use serde_json::{Map, Value, json};

use crate::names::{POLICY, SIDECAR, STATUS, is_ours};
use crate::operations::{Operations, place};
use crate::pod::{Pod, Section};
use crate::status::{LABEL, Restore, Status, Undo, env_place};

/// Plans how a pod loses everything that injection gave it. Empty where it carries nothing of riskgate's.
#[must_use]
pub fn uninject(pod: &Pod<'_>) -> Patch {
    let mut operations = Operations::default();
    let status = Status::of(pod);
    let undo = status.as_ref().map(|it| it.undo.clone()).unwrap_or_default();
    if let Some(status) = &status {
        remove_env(pod, status, &mut operations);
    }
    let mut carried = status.is_some();
    for section in [Section::InitContainers, Section::Containers] {
        let field = section.field();
        carried |= remove_named(pod, field, |name| name == SIDECAR, undo.restore(field), &mut operations);
    }
    remove_named(pod, "volumes", is_ours, undo.restore("volumes"), &mut operations);
    if carried {
        remove_marks(pod, status.as_ref(), &undo, &mut operations);
    }
    operations.into_patch()
}

fn remove_env(pod: &Pod<'_>, status: &Status, operations: &mut Operations) {
    for container in pod.containers() {
        let env = container.list("env");
        let set: Vec<usize> = (0..env.len()).filter(|at| status.has_set(&container, &env[*at])).collect();
        if set.is_empty() {
            continue;
        }
        operations.expect(&container);
        let index = container.index.to_string();
        let path = ["spec", container.section.field(), &index, "env"];
        let restore = status.undo.restore(&env_place(container.name));
        if set.len() == env.len() && restore != Restore::Empty {
            operations.put_back(&path, &Value::from(env), restore);
            continue;
        }
        for at in set.into_iter().rev() {
            let item = at.to_string();
            operations.remove(place(path.iter().copied().chain([item.as_str()])), &env[at]);
        }
    }
}

/// Removes items by name from a list of the specification; true where there were any.
fn remove_named(
    pod: &Pod<'_>,
    field: &str,
    named: impl Fn(&str) -> bool,
    restore: Restore,
    operations: &mut Operations,
) -> bool {
    let items = pod.list(field).there().map_or(&[][..], Vec::as_slice);
    let name = |item: &Value| item.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let ours: Vec<usize> = (0..items.len()).filter(|at| named(&name(&items[*at]))).collect();
    if ours.is_empty() {
        return false;
    }
    if ours.len() == items.len() && restore != Restore::Empty {
        operations.put_back(&["spec", field], &Value::from(items), restore);
    } else {
        for at in ours.iter().rev() {
            operations.remove_item(&["spec", field], *at, &name(&items[*at]));
        }
    }
    true
}

/// Removes label and status.
fn remove_marks(pod: &Pod<'_>, status: Option<&Status>, undo: &Undo, operations: &mut Operations) {
    let Some(metadata) = pod.metadata().there() else { return };
    let mut after = metadata.clone();
    let label = match (status, &undo.label) {
        // Without a status nobody knows whose the label is; by its name it is riskgate's.
        (None, _) => Some(None),
        (Some(_), Some(old)) => Some(Some(old.as_str())),
        (Some(_), None) => undo.absent.contains(LABEL).then_some(None),
    };
    let mut marks = Operations::default();
    if let Some(label) = label {
        set_text(&mut after, "labels", POLICY, label, undo, &mut marks);
    }
    set_text(&mut after, "annotations", STATUS, None, undo, &mut marks);
    match undo.restore("metadata") {
        restore @ (Restore::Absent | Restore::Null) if after.is_empty() => {
            operations.put_back(&["metadata"], &Value::Object(metadata.clone()), restore);
        }
        _ => operations.append(marks),
    }
}

/// Sets or removes a text of the metadata.
fn set_text(
    metadata: &mut Map<String, Value>,
    section: &str,
    name: &str,
    text: Option<&str>,
    undo: &Undo,
    operations: &mut Operations,
) {
    let Some(Value::Object(texts)) = metadata.get(section) else { return };
    let Some(old) = texts.get(name) else { return };
    let path = place(["metadata", section, name]);
    match (text, undo.restore(section)) {
        (Some(text), _) => operations.replace(path, old, json!(text)),
        (None, Restore::Empty) => operations.remove(path, old),
        (None, _) if texts.len() > 1 => operations.remove(path, old),
        (None, restore) => {
            operations.put_back(&["metadata", section], &Value::Object(texts.clone()), restore);
            if restore == Restore::Absent {
                metadata.shift_remove(section);
            }
        }
    }
}
