//! What is wrong with a single value.

use std::collections::HashMap;
use std::sync::LazyLock;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::JSONSchemaProps;
use regex::Regex;
use serde_json::Value;

use super::node::{Content, Node};
use super::wording;

/// The patterns of the schema, with what they ask for. One that were not among them would hold a policy back, not let it
/// pass (tested).
static PATTERNS: LazyLock<HashMap<&str, (Regex, &str)>> = LazyLock::new(|| {
    let compiled =
        |(pattern, words): (&'static str, &'static str)| Some((pattern, (Regex::new(pattern).ok()?, words)));
    wording::PATTERNS.into_iter().filter_map(compiled).collect()
});

/// What is wrong with a value of another type. Where it would be wrong as text, too, that is the better hint.
pub(super) fn of_another_type(node: &Node, schema: &JSONSchemaProps) -> String {
    let fault = match (&node.content, schema.type_.as_deref()) {
        (Content::Scalar { text, value }, Some("string")) if !value.is_null() => {
            of_scalar(text, &Value::String(text.clone()), schema)
        }
        _ => None,
    };
    fault.unwrap_or_else(|| wording::wrong_type(node, schema))
}

/// What is wrong with a scalar of the right type.
pub(super) fn of_scalar(text: &str, value: &Value, schema: &JSONSchemaProps) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::JSONSchemaPropsOrArray;

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
