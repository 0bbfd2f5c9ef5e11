//! Values as text.

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{PrettyFormatter, Serializer};

use super::says;

/// A value as a YAML document. Kubernetes reads an older YAML than the one that is written here; what it would take for
/// something else (`1_000` for a number) is written as JSON, which every YAML is.
pub(crate) fn as_yaml(value: &Value) -> String {
    match serde_yaml::to_string(value) {
        Ok(text) if says(&text, value) => text,
        _ => pretty(value),
    }
}

/// A value as one line of JSON.
pub(crate) fn as_json(value: &Value) -> String {
    format!("{value}\n")
}

/// A value as JSON for people.
pub(super) fn pretty(value: &Value) -> String {
    format!("{}\n", indented(value, "  ", ""))
}

/// A value as JSON, its lines after the first indented by `indent`, and each level by `unit` more.
pub(super) fn indented(value: &Value, unit: &str, indent: &str) -> String {
    let mut bytes = Vec::new();
    let formatter = PrettyFormatter::with_indent(unit.as_bytes());
    // Writing to memory cannot fail, and what is written is UTF-8.
    match value.serialize(&mut Serializer::with_formatter(&mut bytes, formatter)) {
        Ok(()) => String::from_utf8_lossy(&bytes).replace('\n', &format!("\n{indent}")),
        Err(_) => value.to_string(),
    }
}
