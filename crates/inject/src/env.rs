//! The variables that point applications at the sidecar.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::bindings::Bindings;
use crate::mesh;
use crate::operations::{Operations, place};
use crate::pod::{Container, Found, Pod, Section, list};
use crate::reason::{Notice, Reason};
use crate::status::{Restore, Status, Undo, env_place};

/// Plans the variables of every container that starts after the sidecar. What a pod sets itself stays, with a warning.
pub(crate) fn plan(
    pod: &Pod<'_>,
    bindings: &Bindings,
    before: Option<&Status>,
    undo: &mut Undo,
    operations: &mut Operations,
) -> (BTreeMap<String, BTreeSet<String>>, Vec<Notice>) {
    let (mut set, mut warnings) = (BTreeMap::new(), Vec::new());
    let sidecar = pod.sidecar().filter(|_| before.is_some());
    for container in pod.containers().iter().filter(|it| takes_variables(sidecar.as_ref(), it)) {
        let mut of_container =
            OfContainer { container, before, names: BTreeSet::new(), warnings: &mut warnings };
        of_container.plan(bindings, undo, operations);
        let names = of_container.names;
        if !names.is_empty() {
            warnings.extend(shadowing(container, &names));
            set.insert(container.name.to_owned(), names);
        }
    }
    (set, warnings)
}

/// An init container that ends before the sidecar starts would find nobody there. Without a sidecar of an earlier injection,
/// it starts in front of all others.
fn takes_variables(sidecar: Option<&Container<'_>>, container: &Container<'_>) -> bool {
    let starts_after = match container.section {
        Section::Containers => true,
        Section::InitContainers => sidecar.is_none_or(|sidecar| container.index > sidecar.index),
    };
    starts_after && !container.is_sidecar() && !mesh::owns(container)
}

struct OfContainer<'a> {
    container: &'a Container<'a>,
    before: Option<&'a Status>,
    /// Variables that are the sidecar's in this container.
    names: BTreeSet<String>,
    warnings: &'a mut Vec<Notice>,
}

impl OfContainer<'_> {
    fn plan(&mut self, bindings: &Bindings, undo: &mut Undo, operations: &mut Operations) {
        let container = self.container;
        let index = container.index.to_string();
        let path = ["spec", container.section.field(), &index, "env"];
        let mut changes = Operations::default();
        let mut missing = Vec::new();
        for (name, url) in bindings.listeners.iter().flat_map(|it| it.env.iter().map(|name| (name, it.url())))
        {
            match standing(container, name) {
                None => missing.push((name, url)),
                Some((at, variable)) => self.keep(name, &url, at, variable, &path, &mut changes),
            }
        }
        self.remove_stale(bindings, &path, undo, missing.is_empty(), &mut changes);
        let entry = |(name, url): &(&String, String)| json!({ "name": name, "value": url });
        match list(container.value, "env").and_then(Found::there) {
            // In front, so that the pod's own variables can refer to them; the last one first keeps the policy's order.
            Some(_) => missing.iter().rev().for_each(|it| {
                changes.add(place(path.into_iter().chain(["0"])), entry(it));
            }),
            None if missing.is_empty() => {}
            None => changes.add(place(path), missing.iter().map(entry).collect()),
        }
        self.names.extend(missing.iter().map(|(name, _)| (*name).clone()));
        if !missing.is_empty() {
            let found = list(container.value, "env").unwrap_or(Found::Absent);
            undo.remember(&env_place(container.name), found);
        }
        if !changes.is_empty() {
            operations.expect(container);
            operations.append(changes);
        }
    }

    fn keep(
        &mut self,
        name: &str,
        url: &str,
        at: usize,
        variable: &Value,
        path: &[&str],
        changes: &mut Operations,
    ) {
        let ours = self.before.is_some_and(|before| before.has_set(self.container, variable));
        let value = variable.get("value").and_then(Value::as_str);
        if ours {
            self.names.insert(name.to_owned());
        }
        if value == Some(url) {
            return;
        }
        if ours {
            let at = at.to_string();
            let path = place(path.iter().copied().chain([at.as_str()]));
            return changes.replace(path, variable, json!({ "name": name, "value": url }));
        }
        let message = format!(
            "{}.env: {name} is set by the pod and stays, so that its requests may pass the sidecar by; leave it out, or write {url}",
            self.container.path()
        );
        self.warnings.push(Notice::new(Reason::EnvKept, message));
    }

    /// Variables of an earlier injection that the policy does not have any more. Where they were all that there is and none
    /// comes, the list that was made for them goes, too: afterwards nobody would know that it was not the pod's.
    fn remove_stale(
        &self,
        bindings: &Bindings,
        path: &[&str],
        undo: &mut Undo,
        none_comes: bool,
        changes: &mut Operations,
    ) {
        let Some(before) = self.before else { return };
        let wanted = |name: &str| bindings.listeners.iter().any(|it| it.env.iter().any(|env| env == name));
        let env = self.container.list("env");
        let is_stale = |variable: &Value| {
            let name = variable.get("name").and_then(Value::as_str).unwrap_or_default();
            before.has_set(self.container, variable) && !wanted(name)
        };
        let stale: Vec<usize> = (0..env.len()).filter(|at| is_stale(&env[*at])).collect();
        let restore = undo.restore(&env_place(self.container.name));
        if none_comes && !stale.is_empty() && stale.len() == env.len() && restore != Restore::Empty {
            undo.forget(&env_place(self.container.name));
            return changes.put_back(path, &Value::from(env), restore);
        }
        for at in stale.into_iter().rev() {
            let item = at.to_string();
            changes.remove(place(path.iter().copied().chain([item.as_str()])), &env[at]);
        }
    }
}

/// The variable of that name. Of several, the last counts in Kubernetes.
fn standing<'a>(container: &Container<'a>, name: &str) -> Option<(usize, &'a Value)> {
    let named = |variable: &Value| variable.get("name").and_then(Value::as_str) == Some(name);
    container.list("env").iter().enumerate().rfind(|(_, variable)| named(variable))
}

/// `env` wins over `envFrom`, whose content nobody knows here.
fn shadowing(container: &Container<'_>, names: &BTreeSet<String>) -> Option<Notice> {
    container.list("envFrom").first()?;
    let names = names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let message = format!(
        "{}.envFrom: should it give {names}, the sidecar's address wins over it; leave it out there",
        container.path()
    );
    Some(Notice::new(Reason::EnvFromReplaced, message))
}
