//! Whether a document has the shape of the schema: every deviation at its place, all at once.
//!
//! The schema is the one that the API server gets, so that both refuse the same. A value that deviates is left out of what
//! is handed on; a list drops such items, and says which ones it kept.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use serde_json::{Map, Value};

use super::node::{Content, Entry, Mistake, Node, child};
use super::{fault, wording};

/// Walks a document along a schema.
#[derive(Default)]
pub(super) struct Shape {
    /// What deviates.
    pub(super) mistakes: Vec<Mistake>,
}

impl Shape {
    /// The value of `node`, when it has the shape of `schema`.
    pub(super) fn value(&mut self, node: &Node, schema: &JSONSchemaProps, path: &str) -> Option<Value> {
        match (&node.content, schema.type_.as_deref()) {
            (Content::Map(entries), Some("object")) => self.object(node, entries, schema, path),
            (Content::List(items), Some("array")) => {
                let kept = self.list(node, items, schema, path)?;
                let whole = kept.len() == items.len();
                whole.then(|| kept.into_iter().map(|(_, value)| value).collect())
            }
            (Content::Scalar { text, value }, Some(kind)) if fits(value, kind) => {
                self.scalar(node, text, value, schema, path)
            }
            (_, None) => Some(free(node)),
            _ => {
                let message = fault::of_another_type(node, schema);
                self.say(node, path, message);
                None
            }
        }
    }

    /// The items of a list that have the shape of its schema, each with its index; none where the list itself does not.
    pub(super) fn list(
        &mut self,
        node: &Node,
        items: &[Node],
        schema: &JSONSchemaProps,
        path: &str,
    ) -> Option<Vec<(usize, Value)>> {
        let count = i64::try_from(items.len()).unwrap_or(i64::MAX);
        if schema.min_items.is_some_and(|least| count < least) {
            self.say(node, path, "the list is empty; write at least one entry".to_owned());
            return None;
        }
        if let Some(most) = schema.max_items.filter(|most| count > *most) {
            self.say(node, path, format!("the list has {count} entries; write at most {most}"));
            return None;
        }
        let JSONSchemaPropsOrArray::Schema(of_item) = schema.items.as_ref()? else { return None };
        let set = schema.x_kubernetes_list_type.as_deref() == Some("set");
        let mut kept: Vec<(usize, Value)> = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let here = format!("{path}[{index}]");
            let Some(value) = self.value(item, of_item, &here) else { continue };
            if set && kept.iter().any(|(_, known)| *known == value) {
                self.say(item, &here, format!("{} stands here twice; write it once", plain(&value)));
            } else {
                kept.push((index, value));
            }
        }
        Some(kept)
    }

    fn object(
        &mut self,
        node: &Node,
        entries: &[Entry],
        schema: &JSONSchemaProps,
        path: &str,
    ) -> Option<Value> {
        let Some(properties) = &schema.properties else {
            let Some(JSONSchemaPropsOrBool::Schema(of_member)) = &schema.additional_properties else {
                return Some(free(node));
            };
            let members = entries.iter().map(|entry| {
                let value = self.value(&entry.value, of_member, &child(path, &entry.key));
                value.map(|value| (entry.key.clone(), value))
            });
            let members: Vec<Option<_>> = members.collect();
            return members.into_iter().collect::<Option<Map<_, _>>>().map(Value::Object);
        };
        let mut whole = true;
        let mut members = Map::new();
        for entry in entries {
            match properties.get(&entry.key) {
                // Tools write `creationTimestamp: null`; in a spec, somebody forgot the value.
                Some(_) if entry.value.is_null() && path.starts_with("metadata") => {}
                Some(_) if entry.value.is_null() && !is_required(schema, &entry.key) => {
                    self.say(&entry.value, &child(path, &entry.key), wording::EMPTY.to_owned());
                    whole = false;
                }
                Some(of_member) => match self.value(&entry.value, of_member, &child(path, &entry.key)) {
                    Some(value) => drop(members.insert(entry.key.clone(), value)),
                    None => whole = false,
                },
                None => self.unknown(entry, schema, path),
            }
        }
        whole &= self.required(node, schema, path);
        whole.then_some(Value::Object(members))
    }

    /// Reports a field that the schema does not know; its object can be read without it.
    pub(super) fn unknown(&mut self, entry: &Entry, schema: &JSONSchemaProps, path: &str) {
        let known: Vec<&str> = schema.properties.iter().flatten().map(|(name, _)| name.as_str()).collect();
        self.mistakes.push(Mistake {
            at: entry.at,
            path: child(path, &entry.key),
            message: wording::unknown_field(&entry.key, &known),
        });
    }

    /// Reports the fields that an object lacks; true when it has all.
    pub(super) fn required(&mut self, node: &Node, schema: &JSONSchemaProps, path: &str) -> bool {
        let mut whole = true;
        for field in schema.required.iter().flatten().filter(|field| node.get(field).is_none()) {
            let of_field = schema.properties.as_ref().and_then(|properties| properties.get(field));
            let message = wording::missing(field, of_field.unwrap_or(&JSONSchemaProps::default()));
            self.mistakes.push(Mistake { at: node.at, path: child(path, field), message });
            whole = false;
        }
        whole
    }

    fn scalar(
        &mut self,
        node: &Node,
        text: &str,
        value: &Value,
        schema: &JSONSchemaProps,
        path: &str,
    ) -> Option<Value> {
        match fault::of_scalar(text, value, schema) {
            None => Some(value.clone()),
            Some(message) => {
                self.say(node, path, message);
                None
            }
        }
    }

    fn say(&mut self, node: &Node, path: &str, message: String) {
        self.mistakes.push(Mistake { at: node.at, path: path.to_owned(), message });
    }
}

fn is_required(schema: &JSONSchemaProps, key: &str) -> bool {
    schema.required.iter().flatten().any(|required| required == key)
}

/// Whether a scalar is of a schema's type.
fn fits(value: &Value, kind: &str) -> bool {
    match kind {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        _ => false,
    }
}

/// A value as it stands, where the schema leaves it open.
fn free(node: &Node) -> Value {
    match &node.content {
        Content::Scalar { value, .. } => value.clone(),
        Content::List(items) => items.iter().map(free).collect(),
        Content::Map(entries) => {
            entries.iter().map(|entry| (entry.key.clone(), free(&entry.value))).collect()
        }
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
