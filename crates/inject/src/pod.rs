//! A pod as it came: raw JSON that is looked at and never deserialised, so that fields which this version does not know
//! cannot get lost (operator-practice.md section 2.2).

use serde_json::{Map, Value};

use crate::names::{PREFIX, SIDECAR};
use crate::reason::{Notice, Reason, cut};

/// A pod, or the template of one.
#[derive(Debug, Clone, Copy)]
pub struct Pod<'a> {
    root: &'a Map<String, Value>,
    spec: &'a Map<String, Value>,
}

/// A list of a pod's containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Section {
    InitContainers,
    Containers,
}

impl Section {
    /// The field of the pod's spec.
    pub(crate) fn field(self) -> &'static str {
        match self {
            Self::InitContainers => "initContainers",
            Self::Containers => "containers",
        }
    }
}

/// A container of a pod.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Container<'a> {
    pub(crate) section: Section,
    /// Its place in the list.
    pub(crate) index: usize,
    pub(crate) name: &'a str,
    pub(crate) value: &'a Map<String, Value>,
}

impl<'a> Container<'a> {
    /// The container as Kubernetes' own Events name it. Its index would change by the injection itself.
    pub(crate) fn path(&self) -> String {
        format!("spec.{}{{{}}}", self.section.field(), cut(self.name))
    }

    pub(crate) fn is_sidecar(&self) -> bool {
        self.name == SIDECAR
    }

    /// What stands in a list of the container.
    pub(crate) fn list(&self, field: &str) -> &'a [Value] {
        self.value.get(field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }
}

/// What is to be found under a member's name. An explicit `null` is not absence: to undo a change exactly, it must be
/// known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found<T> {
    Absent,
    Null,
    There(T),
}

impl<T> Found<T> {
    pub(crate) fn map<U>(self, of: impl FnOnce(T) -> U) -> Found<U> {
        match self {
            Self::Absent => Found::Absent,
            Self::Null => Found::Null,
            Self::There(value) => Found::There(of(value)),
        }
    }

    pub(crate) fn there(self) -> Option<T> {
        match self {
            Self::There(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }
}

/// The object under a name, `None` where something else stands there.
pub(crate) fn object<'a>(of: &'a Map<String, Value>, name: &str) -> Option<Found<&'a Map<String, Value>>> {
    match of.get(name) {
        None => Some(Found::Absent),
        Some(Value::Null) => Some(Found::Null),
        Some(Value::Object(map)) => Some(Found::There(map)),
        Some(_) => None,
    }
}

/// The list under a name, `None` where something else stands there.
pub(crate) fn list<'a>(of: &'a Map<String, Value>, name: &str) -> Option<Found<&'a Vec<Value>>> {
    match of.get(name) {
        None => Some(Found::Absent),
        Some(Value::Null) => Some(Found::Null),
        Some(Value::Array(items)) => Some(Found::There(items)),
        Some(_) => None,
    }
}

impl<'a> Pod<'a> {
    /// Looks at a pod, or at a pod template.
    ///
    /// # Errors
    ///
    /// [`Reason::Malformed`] with the field that is not written as Kubernetes has it, where injection looks at it.
    pub fn new(pod: &'a Value) -> Result<Self, Notice> {
        let root = pod.as_object().ok_or_else(|| malformed("", "an object"))?;
        let spec =
            root.get("spec").and_then(Value::as_object).ok_or_else(|| malformed("spec", "an object"))?;
        let pod = Self { root, spec };
        pod.check_metadata()?;
        for section in [Section::InitContainers, Section::Containers] {
            pod.check_containers(section)?;
        }
        pod.check_named("spec", spec, "volumes")?;
        Ok(pod)
    }

    fn check_metadata(&self) -> Result<(), Notice> {
        let metadata = object(self.root, "metadata").ok_or_else(|| malformed("metadata", "an object"))?;
        let Some(metadata) = metadata.there() else { return Ok(()) };
        for section in ["labels", "annotations"] {
            let path = format!("metadata.{section}");
            let texts = object(metadata, section).ok_or_else(|| malformed(&path, "an object"))?;
            let ours = texts.there().into_iter().flatten().filter(|(name, _)| name.starts_with(PREFIX));
            for (name, value) in ours {
                if !value.is_string() {
                    return Err(malformed(&format!("{path}.{}", cut(name)), "text, in quotes"));
                }
            }
        }
        Ok(())
    }

    fn check_containers(&self, section: Section) -> Result<(), Notice> {
        self.check_named("spec", self.spec, section.field())?;
        for container in self.section(section) {
            let path = format!("spec.{}[{}]", section.field(), container.index);
            for field in ["env", "ports", "volumeMounts"] {
                match list(container.value, field) {
                    Some(Found::There(items)) if !items.iter().all(Value::is_object) => {
                        return Err(malformed(&format!("{path}.{field}"), "a list of objects"));
                    }
                    Some(_) => {}
                    None => return Err(malformed(&format!("{path}.{field}"), "a list")),
                }
            }
        }
        Ok(())
    }

    /// Whether a field is a list of objects that have names.
    fn check_named(&self, path: &str, of: &Map<String, Value>, field: &str) -> Result<(), Notice> {
        let path = format!("{path}.{field}");
        let items = list(of, field).ok_or_else(|| malformed(&path, "a list"))?;
        for (index, item) in items.there().into_iter().flatten().enumerate() {
            if item.get("name").and_then(Value::as_str).is_none() {
                return Err(malformed(&format!("{path}[{index}]"), "an object with a name"));
            }
        }
        Ok(())
    }

    /// The pod's metadata; a template may have none.
    pub(crate) fn metadata(&self) -> Found<&'a Map<String, Value>> {
        object(self.root, "metadata").unwrap_or(Found::Absent)
    }

    /// `labels` or `annotations`.
    pub(crate) fn texts(&self, section: &str) -> Found<&'a Map<String, Value>> {
        let metadata = self.metadata().there();
        metadata.and_then(|metadata| object(metadata, section)).unwrap_or(Found::Absent)
    }

    /// An annotation.
    pub(crate) fn annotation(&self, name: &str) -> Option<&'a str> {
        self.texts("annotations").there()?.get(name)?.as_str()
    }

    /// The pod's specification.
    pub(crate) fn spec(&self) -> &'a Map<String, Value> {
        self.spec
    }

    /// A list of the specification.
    pub(crate) fn list(&self, field: &str) -> Found<&'a Vec<Value>> {
        list(self.spec, field).unwrap_or(Found::Absent)
    }

    /// Whether a switch of the specification is on.
    pub(crate) fn is_on(&self, field: &str) -> bool {
        self.spec.get(field).and_then(Value::as_bool).unwrap_or_default()
    }

    /// The containers of one list.
    pub(crate) fn section(&self, section: Section) -> Vec<Container<'a>> {
        let items = self.list(section.field()).there().map_or(&[][..], Vec::as_slice);
        let container = |(index, item): (usize, &'a Value)| {
            let value = item.as_object()?;
            Some(Container { section, index, name: value.get("name")?.as_str()?, value })
        };
        items.iter().enumerate().filter_map(container).collect()
    }

    /// All containers, in the order in which they start.
    pub(crate) fn containers(&self) -> Vec<Container<'a>> {
        [Section::InitContainers, Section::Containers].into_iter().flat_map(|it| self.section(it)).collect()
    }

    /// The sidecar's container, where the pod has one in its place already.
    pub(crate) fn sidecar(&self) -> Option<Container<'a>> {
        self.section(Section::InitContainers).into_iter().find(Container::is_sidecar)
    }
}

fn malformed(path: &str, expected: &str) -> Notice {
    let path = if path.is_empty() { "the pod" } else { path };
    Notice::new(Reason::Malformed, format!("{path} must be {expected}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_no_pod_is_told_with_its_field() {
        for (pod, told) in [
            (json!([]), "the pod must be an object"),
            (json!({ "metadata": {} }), "spec must be an object"),
            (json!({ "metadata": 1, "spec": {} }), "metadata must be an object"),
            (json!({ "metadata": { "labels": [] }, "spec": {} }), "metadata.labels must be an object"),
            (
                json!({ "metadata": { "annotations": { "riskgate.dev/policy": 5 } }, "spec": {} }),
                "metadata.annotations.riskgate.dev/policy must be text, in quotes",
            ),
            (json!({ "spec": { "containers": {} } }), "spec.containers must be a list"),
            (json!({ "spec": { "containers": [{}] } }), "spec.containers[0] must be an object with a name"),
            (json!({ "spec": { "volumes": ["x"] } }), "spec.volumes[0] must be an object with a name"),
            (
                json!({ "spec": { "initContainers": [{ "name": "a", "env": {} }] } }),
                "spec.initContainers[0].env must be a list",
            ),
            (
                json!({ "spec": { "containers": [{ "name": "a", "ports": [80] }] } }),
                "spec.containers[0].ports must be a list of objects",
            ),
        ] {
            let notice = Pod::new(&pod).unwrap_err();
            assert_eq!((notice.reason, notice.message.as_str()), (Reason::Malformed, told));
        }
    }

    #[test]
    fn a_template_may_lack_what_a_pod_has() {
        for pod in [json!({ "spec": {} }), json!({ "metadata": null, "spec": { "volumes": null } })] {
            let pod = Pod::new(&pod).unwrap();
            assert_eq!(pod.annotation("riskgate.dev/policy"), None);
            assert!(pod.containers().is_empty());
        }
    }
}
