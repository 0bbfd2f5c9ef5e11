//! From the schema that schemars derives to one that people read with `kubectl explain`, and that Kubernetes takes
//! without a surprise.

use schemars::Schema;
use serde_json::Value;

/// An optional field may be left out, it is not `null`: the API server drops a `null` where the schema does not call for
/// one, and the field's own description stays.
pub(super) fn without_null(schema: &mut Schema) {
    let Some(members) = schema.as_object_mut() else { return };
    if let Some(Value::Array(branches)) = members.get("anyOf")
        && let [Value::Object(some), none] = branches.as_slice()
        && none.get("type").is_some_and(|kind| kind == "null")
    {
        let some = some.clone();
        members.remove("anyOf");
        for (name, value) in some {
            members.entry(name).or_insert(value);
        }
    }
    if let Some(Value::Array(types)) = members.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            members.insert("type".to_owned(), only);
        }
    }
}

/// Kubernetes has no place for descriptions of enum values: they are told in the field's.
pub(super) fn with_values_explained(schema: &mut Schema) {
    let values: Vec<String> = schema
        .get("oneOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|variant| {
            let value = variant.get("const")?.as_str()?;
            let description = variant.get("description")?.as_str()?;
            Some(format!("- `{value}`: {}", flow(description)))
        })
        .collect();
    if values.is_empty() {
        return;
    }
    let description = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    let told = format!("{}\n\n{}", flow(description), values.join("\n"));
    schema.insert("description".to_owned(), told.into());
}

/// Removes what would surprise: formats that Kubernetes does not know (it warns on each), and defaults of whole objects
/// and lists, which would fill every stored policy with what its author left out. Defaults of single values stay:
/// `kubectl explain` shows them.
pub(super) fn tidy(schema: &mut Schema) {
    let Some(members) = schema.as_object_mut() else { return };
    if members
        .get("default")
        .is_some_and(|default| default.is_object() || default.is_array() || default.is_null())
    {
        members.remove("default");
    }
    if members.get("format").and_then(Value::as_str).is_some_and(|format| format.starts_with("uint")) {
        members.remove("format");
    }
    if let Some(Value::String(description)) = members.get_mut("description")
        && !description.contains("\n- ")
    {
        *description = flow(description);
    }
}

/// Text for readers of the resource: without the line ends that the source file has in mid paragraph, and without the
/// references that say to developers where a fact comes from.
fn flow(text: &str) -> String {
    let mut text =
        text.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect::<Vec<_>>().join("\n\n");
    while let Some(start) = text.find(" (bankid-se.md")
        && let Some(length) = text[start..].find(')')
    {
        text.replace_range(start..=start + length, "");
    }
    text
}
