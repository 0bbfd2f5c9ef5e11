//! One document of a file: whether it is a policy, and if so, what it says and what is wrong with it.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::JSONSchemaProps;
use kube::Resource;
use serde_json::{Map, Value, json};

use super::identity::{Identity, identify};
use super::node::{Content, Mistake, Node};
use super::place::Places;
use super::shape::Shape;
use super::wording;
use crate::compile::compile;
use crate::policy::RiskPolicy;
use crate::schema;

/// What a document turned out to be.
pub(super) enum Reading {
    /// Not a policy: why it was not read further.
    Skipped(Mistake),
    /// A policy that cannot be used.
    Refused(Vec<Mistake>),
    /// A policy that can be used, with warnings.
    Policy(Box<(RiskPolicy, riskgate_core::SidecarConfig)>, Vec<Mistake>),
}

/// Reads a document.
pub(super) fn read(root: &Node) -> Reading {
    match identify(root) {
        Identity::Policy => read_policy(root),
        Identity::Other(kind) => Reading::Skipped(Mistake {
            at: root.at,
            path: String::new(),
            message: format!("skipped: this is a {kind}, and only RiskPolicy is read"),
        }),
        Identity::Mistaken(mistake) => Reading::Refused(vec![mistake]),
    }
}

fn read_policy(root: &Node) -> Reading {
    let mut shape = Shape::default();
    let mut places = Places::new(root);
    let metadata = section(&mut shape, root, "metadata", &schema::METADATA);
    let spec = spec(&mut shape, root, &mut places);
    unknown_sections(&mut shape, root);
    let mut mistakes = shape.mistakes;
    let policy = json!({
        // A policy whose name is wrong is compiled all the same, for what else is wrong.
        "metadata": metadata.unwrap_or_else(|| json!({ "name": "unnamed" })),
        "apiVersion": RiskPolicy::api_version(&()),
        "kind": RiskPolicy::kind(&()),
        "spec": spec,
    });
    let policy: RiskPolicy = match serde_json::from_value(policy) {
        Ok(policy) => policy,
        Err(error) => {
            // What has the shape of the schema reads (tested with every example and by properties); without it, the
            // deviations are told already.
            if mistakes.is_empty() {
                mistakes.push(Mistake { at: root.at, path: String::new(), message: error.to_string() });
            }
            return Reading::Refused(mistakes);
        }
    };
    match compile(&policy) {
        Ok((config, warnings)) if mistakes.is_empty() => {
            let warnings = warnings.into_iter().map(|warning| places.mistake(&warning.path, warning.message));
            Reading::Policy(Box::new((policy, config)), warnings.collect())
        }
        Ok(_) => Reading::Refused(mistakes),
        Err(problems) => {
            for problem in problems {
                if let Some(path) = places.original(&problem.path)
                    && mistakes.iter().all(|mistake| mistake.path != path)
                {
                    mistakes.push(places.mistake(&path, problem.message));
                }
            }
            Reading::Refused(mistakes)
        }
    }
}

fn section(shape: &mut Shape, root: &Node, name: &str, schema: &JSONSchemaProps) -> Option<Value> {
    match root.get(name) {
        Some(entry) => shape.value(&entry.value, schema, name),
        None => {
            shape.mistakes.push(Mistake {
                at: root.at,
                path: name.to_owned(),
                message: wording::missing(name, schema),
            });
            None
        }
    }
}

/// The parts of the spec that can be read, so that one bad entry does not hide what is wrong with the others.
fn spec(shape: &mut Shape, root: &Node, places: &mut Places<'_>) -> Value {
    let Some(of_spec) = schema::RESOURCE.properties.as_ref().and_then(|properties| properties.get("spec"))
    else {
        return Value::Null;
    };
    let Some(Content::Map(entries)) = root.get("spec").map(|entry| &entry.value.content) else {
        return section(shape, root, "spec", of_spec).unwrap_or_default();
    };
    let mut read = Map::new();
    for entry in entries {
        let path = format!("spec.{}", entry.key);
        match (
            of_spec.properties.as_ref().and_then(|properties| properties.get(&entry.key)),
            &entry.value.content,
        ) {
            (None, _) => shape.unknown(entry, of_spec, "spec"),
            (Some(schema), Content::List(items)) if schema.type_.as_deref() == Some("array") => {
                let kept = shape.list(&entry.value, items, schema, &path).unwrap_or_default();
                places.kept(&path, items.len(), kept.iter().map(|(index, _)| *index).collect());
                read.insert(entry.key.clone(), kept.into_iter().map(|(_, value)| value).collect());
            }
            (Some(schema), _) => {
                if let Some(value) = shape.value(&entry.value, schema, &path) {
                    read.insert(entry.key.clone(), value);
                }
            }
        }
    }
    if let Some(entry) = root.get("spec") {
        shape.required(&entry.value, of_spec, "spec");
    }
    for list in ["providers", "flows"] {
        if !read.contains_key(list) {
            places.kept(&format!("spec.{list}"), 1, Vec::new());
            read.insert(list.to_owned(), json!([]));
        }
    }
    Value::Object(read)
}

fn unknown_sections(shape: &mut Shape, root: &Node) {
    let known = ["apiVersion", "kind", "metadata", "spec", "status"];
    let Content::Map(entries) = &root.content else { return };
    for entry in entries.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
        let message = wording::unknown_field(&entry.key, &known);
        shape.mistakes.push(Mistake { at: entry.at, path: entry.key.clone(), message });
    }
}
