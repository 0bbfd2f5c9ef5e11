//! What is said about a value that does not fit its schema: what is wrong, and what to write instead.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    JSONSchemaProps, JSONSchemaPropsOrArray,
};
use riskgate_core::patterns;
use serde_json::Value;

use super::node::{Content, Node};

/// What each pattern of the schema asks for, in words.
pub(super) const PATTERNS: [(&str, &str); 17] = [
    (patterns::NAME, "write lower-case letters, digits and dashes, with a letter or digit at both ends"),
    (
        patterns::OBJECT_NAME,
        "write lower-case letters, digits, dashes and dots, with a letter or digit at both ends",
    ),
    (
        patterns::DATA_KEY,
        "write the key of a Secret or ConfigMap: letters, digits, dashes, underscores and dots, such as tls.crt",
    ),
    ("^[A-Za-z_][A-Za-z0-9_]*$", "write the name of an environment variable, such as BANKID_API_URL"),
    ("^[A-Z]{2}$", "write a country's two letters of ISO 3166-1, such as SE"),
    (patterns::WORD, "write letters and digits only, such as transactionRiskBlocked"),
    (
        r"^https://([A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$",
        "write https://HOST or https://HOST:PORT, without a path",
    ),
    (patterns::URL, "write https://HOST/PATH, without a login, a query or a fragment"),
    (
        patterns::REDIS_URL,
        "write rediss://HOST or rediss://HOST:PORT; the login stands in the Secret that credentialsRef names",
    ),
    (
        r"^https?://[^/?#\s]+$",
        "write http://HOST or http://HOST:PORT; the login stands in the Secret that credentialsRef names",
    ),
    (
        r"^\.?[A-Za-z0-9:]([-A-Za-z0-9.:]*[A-Za-z0-9])?$",
        "write a name such as fraud.shop.svc, .svc for all below it, or an address",
    ),
    (
        "^[-._A-Za-z0-9]+$",
        "write the name that the Sentinels have for it: letters, digits, dashes, underscores and dots",
    ),
    ("^([0-9]{1,9}(ms|s|m|h) ?)+$", "write a whole number with a unit, such as 300ms, 3s or 2m"),
    ("^[0-9]{1,10}(Ki|Mi|Gi)?$", "write a whole number with a unit, such as 512Ki, 16Mi or 1Gi"),
    (patterns::POINTER, "write a JSON pointer into the request, such as /requirement/personalNumber"),
    ("^[A-Z]{3}$", "write the three letters of a currency, such as SEK"),
    ("^(Stdout|/.+)$", "write Stdout, or the absolute path of a file"),
];

/// An optional field that stands there without a value.
pub(super) const EMPTY: &str = "nothing stands here; write a value, or leave the field out";

/// Several words to choose from.
pub(super) fn one_of<T: AsRef<str>>(words: &[T]) -> String {
    match words {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [first @ .., last] => {
            format!("{} or {}", first.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", "), last.as_ref())
        }
    }
}

/// The word among `known` that was meant by `written`, if one is near enough.
pub(super) fn meant<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    let lower = written.to_lowercase();
    known
        .iter()
        .map(|word| (strsim::jaro_winkler(&lower, &word.to_lowercase()), *word))
        .filter(|(likeness, _)| *likeness > 0.85)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, word)| word)
}

/// An unknown field.
pub(super) fn unknown_field(key: &str, known: &[&str]) -> String {
    match meant(key, known) {
        Some(word) => format!("unknown field; did you mean {word}?"),
        None => format!("unknown field; known here: {}", known.join(", ")),
    }
}

/// A value that is not among those allowed.
pub(super) fn not_among(written: &str, allowed: &[&str]) -> String {
    match meant(written, allowed) {
        Some(word) => {
            format!("{written:?} is not known here; did you mean {word}? Write {}", one_of(allowed))
        }
        None => format!("{written:?} is not known here; write {}", one_of(allowed)),
    }
}

/// A field that must be there.
pub(super) fn missing(field: &str, schema: &JSONSchemaProps) -> String {
    let example = match schema.type_.as_deref() {
        Some("string") if schema.enum_.is_none() => field.to_uppercase(),
        _ => example(schema),
    };
    format!("{field} is missing; write {field}: {example}")
}

/// A value of the wrong type.
pub(super) fn wrong_type(node: &Node, schema: &JSONSchemaProps) -> String {
    let wanted = schema.type_.as_deref().unwrap_or_default();
    match (&node.content, wanted) {
        (Content::Scalar { value: Value::Null, .. }, _) => {
            format!("nothing stands here; write {}", example(schema))
        }
        (Content::Scalar { text, value: Value::Bool(meaning) }, "string") if *text != meaning.to_string() => {
            format!("kubectl reads {text} as the boolean {meaning}; write it in quotes: \"{text}\"")
        }
        (Content::Scalar { text, value: Value::Number(_) | Value::Bool(_) }, "string")
            if schema.enum_.is_none() =>
        {
            format!("{text} is {} here; write it in quotes: \"{text}\"", kind(node))
        }
        (Content::Scalar { text, .. }, "integer") if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("\"{text}\" is text here; write it without quotes: {text}")
        }
        (Content::Scalar { text, .. }, "array") => format!("a list is needed here; write [{text}]"),
        (_, "array") => format!("a list is needed here, this is {}; write {}", kind(node), example(schema)),
        (_, "object") => format!("fields are needed here, this is {}; write {}", kind(node), example(schema)),
        _ => format!("this is {}; write {}", kind(node), example(schema)),
    }
}

fn kind(node: &Node) -> &'static str {
    match &node.content {
        Content::List(_) => "a list",
        Content::Map(_) => "an object",
        Content::Scalar { value, .. } => match value {
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::Null => "nothing",
            _ => "text",
        },
    }
}

/// What may stand in a place of this schema, as one would write it.
fn example(schema: &JSONSchemaProps) -> String {
    let values = enum_texts(schema);
    if !values.is_empty() {
        return one_of(&values);
    }
    match schema.type_.as_deref() {
        Some("array") => match &schema.items {
            Some(JSONSchemaPropsOrArray::Schema(item)) => match enum_texts(item).first() {
                Some(value) => format!("[{value}]"),
                None => format!("[{}]", example(item)),
            },
            _ => "[…]".to_owned(),
        },
        Some("object") => {
            let required: Vec<&String> = schema.required.iter().flatten().collect();
            let known =
                || schema.properties.iter().flat_map(|properties| properties.keys()).take(3).collect();
            let fields: Vec<&String> = if required.is_empty() { known() } else { required };
            let fields: Vec<String> = fields.iter().map(|field| format!("{field}: …")).collect();
            format!("{{ {} }}", fields.join(", "))
        }
        Some("boolean") => "true or false".to_owned(),
        Some("integer") => bounds(schema),
        _ => "text".to_owned(),
    }
}

/// The range of a number.
pub(super) fn bounds(schema: &JSONSchemaProps) -> String {
    match (schema.minimum, schema.maximum) {
        (Some(least), Some(most)) => format!("a whole number from {least} to {most}"),
        _ => "a whole number".to_owned(),
    }
}

/// The words that a schema allows; none where it allows any.
pub(super) fn enum_texts(schema: &JSONSchemaProps) -> Vec<&str> {
    schema.enum_.iter().flatten().filter_map(|value| value.0.as_str()).collect()
}
