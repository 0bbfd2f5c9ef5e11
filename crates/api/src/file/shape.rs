//! Whether a document has the shape of the schema: every deviation at its place, all at once.
//!
//! The schema is the one that the API server gets, so that both refuse the same. A value that deviates is left out of what
//! is handed on; a list drops such items, and says which ones it kept.

use std::collections::HashMap;
use std::sync::LazyLock;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use regex::Regex;
use serde_json::{Map, Value};

use super::yaml::{Content, Entry, Mistake, Node, child};
use super::{later, wording};

/// The patterns of the schema, with what they ask for. One that were not among them would hold a policy back, not let it
/// pass (tested).
static PATTERNS: LazyLock<HashMap<&str, (Regex, &str)>> = LazyLock::new(|| {
    let compiled =
        |(pattern, words): (&'static str, &'static str)| Some((pattern, (Regex::new(pattern).ok()?, words)));
    wording::PATTERNS.into_iter().filter_map(compiled).collect()
});

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
                let message = of_another_type(node, schema);
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
                Some(_) if entry.value.is_null() && !is_required(schema, &entry.key) => {
                    self.say(&entry.value, &child(path, &entry.key), wording::EMPTY.to_owned());
                    whole = false;
                }
                Some(of_member) => match self.value(&entry.value, of_member, &child(path, &entry.key)) {
                    Some(value) => drop(members.insert(entry.key.clone(), value)),
                    None => whole = false,
                },
                None => whole &= self.unknown(entry, schema, path),
            }
        }
        whole &= self.required(node, schema, path);
        whole.then_some(Value::Object(members))
    }

    /// Reports a field that the schema does not know; true when its object can be read without it.
    pub(super) fn unknown(&mut self, entry: &Entry, schema: &JSONSchemaProps, path: &str) -> bool {
        let later = later::field(path, entry);
        if !later.is_empty() {
            self.mistakes.extend(later);
            return false;
        }
        let known: Vec<&str> = schema.properties.iter().flatten().map(|(name, _)| name.as_str()).collect();
        self.mistakes.push(Mistake {
            at: entry.at,
            path: child(path, &entry.key),
            message: wording::unknown_field(&entry.key, &known),
        });
        true
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
        match fault_of(text, value, schema) {
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

/// What is wrong with a value of another type. Where it would be wrong as text, too, that is the better hint.
fn of_another_type(node: &Node, schema: &JSONSchemaProps) -> String {
    let fault = match (&node.content, schema.type_.as_deref()) {
        (Content::Scalar { text, value }, Some("string")) if !value.is_null() => {
            fault_of(text, &Value::String(text.clone()), schema)
        }
        _ => None,
    };
    fault.unwrap_or_else(|| wording::wrong_type(node, schema))
}

/// What is wrong with a scalar of the right type.
fn fault_of(text: &str, value: &Value, schema: &JSONSchemaProps) -> Option<String> {
    let allowed = wording::enum_texts(schema);
    if !allowed.is_empty() && !allowed.contains(&text) {
        return Some(wording::not_among(text, &allowed));
    }
    if let Some(number) = value.as_f64().filter(|_| value.is_number()) {
        let outside = schema.minimum.is_some_and(|least| number < least)
            || schema.maximum.is_some_and(|most| number > most);
        return outside.then(|| format!("{text} is out of range; write {}", wording::bounds(schema)));
    }
    if !value.is_string() {
        return None;
    }
    let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    if length == 0 && schema.min_length.is_some_and(|least| least > 0) {
        return Some("this is empty; write a value".to_owned());
    }
    if let Some(least) = schema.min_length.filter(|least| length < *least) {
        return Some(format!("this has {length} characters; write at least {least}"));
    }
    if let Some(most) = schema.max_length.filter(|most| length > *most) {
        return Some(format!("this has {length} characters; write at most {most}"));
    }
    let pattern = schema.pattern.as_deref()?;
    match PATTERNS.get(pattern) {
        Some((compiled, _)) if compiled.is_match(text) => None,
        Some((_, words)) => Some(format!("{text:?} does not fit here; {words}")),
        None => Some(format!("{text:?} does not fit here; write what matches {pattern}")),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;

    fn patterns<'a>(schema: &'a JSONSchemaProps, found: &mut Vec<&'a str>) {
        found.extend(schema.pattern.as_deref());
        schema.properties.iter().flatten().for_each(|(_, property)| patterns(property, found));
        if let Some(JSONSchemaPropsOrArray::Schema(item)) = &schema.items {
            patterns(item, found);
        }
    }

    #[test]
    fn every_pattern_of_the_schema_is_told_in_words_and_no_other() {
        let mut found = Vec::new();
        patterns(&schema::RESOURCE, &mut found);
        patterns(&schema::METADATA, &mut found);
        found.sort_unstable();
        found.dedup();
        let mut told: Vec<&str> = PATTERNS.keys().copied().collect();
        told.sort_unstable();
        assert_eq!(told, found);
    }
}
