//! What an answer carries of the 53 fields, as facts that `blockWhen` may state conditions on.

use riskgate_core::{FactValue, Facts};
use serde_json::Value as Json;

use super::fields::{FIELDS, MATCHED_RULES};
use crate::json::{Object, Value};

/// How many matched rules are taken from one answer, and how long a name may be, in bytes: the answer is the provider's, and
/// still bounded.
const MOST_RULES: usize = 32;
const LONGEST_RULE: usize = 96;

/// Every field that `answer` carries. `eventID` is spelled `eventId` in some answers (other-systems.md section C.4).
pub(super) fn of(answer: &Object<'_>) -> Facts {
    let mut facts = Facts::default();
    for field in FIELDS {
        let spelled =
            if field.name == "eventID" && answer.raw(field.name).is_none() { "eventId" } else { field.name };
        if let Some(value) = value(answer, spelled) {
            facts.insert(field.name, value);
        }
    }
    facts
}

fn value(answer: &Object<'_>, name: &str) -> Option<FactValue> {
    if name == MATCHED_RULES {
        let rules = matched_rules(answer);
        return (!rules.is_empty()).then_some(FactValue::Texts(rules));
    }
    match answer.get(name) {
        Value::Absent | Value::Null => None,
        Value::Bool(flag) => Some(FactValue::Flag(flag)),
        Value::Text(text) => Some(FactValue::Text(text.into_owned())),
        Value::Object(_) => Some(FactValue::Present),
        Value::Other => {
            let text = answer.raw(name)?;
            let value = FactValue::Text(text.to_owned());
            Some(if text.starts_with('[') { FactValue::Present } else { value })
        }
    }
}

/// The names of the rules that matched. The document says "JSON object with a list of the names"; its members are not
/// documented, so names are found in lists of texts, in lists of objects with a `name` or `ruleName`, and as the names of
/// members that are true. A text may hold that object, too.
pub(super) fn matched_rules(answer: &Object<'_>) -> Vec<String> {
    let parsed = answer.raw(MATCHED_RULES).and_then(|text| serde_json::from_str(text).ok());
    let mut names = Vec::new();
    if let Some(value) = parsed {
        collect(&unwrapped(value), &mut names);
    }
    names
}

/// The object that a text holds.
fn unwrapped(value: Json) -> Json {
    match &value {
        Json::String(text) if text.trim_start().starts_with(['{', '[']) => {
            serde_json::from_str(text).unwrap_or(value)
        }
        _ => value,
    }
}

fn collect(value: &Json, names: &mut Vec<String>) {
    match value {
        Json::String(name) => add(name, names),
        Json::Array(items) => items.iter().for_each(|item| collect(item, names)),
        Json::Object(members) => match ["name", "ruleName"].iter().find_map(|name| members.get(*name)) {
            Some(name) => collect(name, names),
            None => {
                for (name, member) in members {
                    match member {
                        Json::Bool(true) => add(name, names),
                        other => collect(other, names),
                    }
                }
            }
        },
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

fn add(name: &str, names: &mut Vec<String>) {
    let usable = (1..=LONGEST_RULE).contains(&name.len()) && !name.chars().any(char::is_control);
    if usable && names.len() < MOST_RULES && !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(value: &str) -> Vec<String> {
        matched_rules(&Object::read(format!(r#"{{"matchedRules":{value}}}"#).as_bytes()).unwrap())
    }

    #[test]
    fn every_shape_of_matched_rules_gives_their_names() {
        for shape in [
            r#"{"rules":["Velocity","New device"]}"#,
            r#"["Velocity","New device"]"#,
            r#"{"rules":[{"id":7,"name":"Velocity"},{"ruleName":"New device"}]}"#,
            r#"{"Velocity":true,"New device":true,"Quiet":false}"#,
            r#""{\"rules\":[\"Velocity\",\"New device\"]}""#,
        ] {
            let mut found = rules(shape);
            found.sort_by_key(|name| std::cmp::Reverse(name.clone()));
            assert_eq!(found, ["Velocity", "New device"], "{shape}");
        }
        for none in ["null", "{}", "[]", "7", "true", r#""""#] {
            assert!(rules(none).is_empty(), "{none}");
        }
    }

    #[test]
    fn hostile_rules_are_bounded() {
        let many = format!("[{}]", (0..1000).map(|n| format!("\"r{n}\"")).collect::<Vec<_>>().join(","));
        assert_eq!(rules(&many).len(), MOST_RULES);
        assert!(rules(&format!("[\"{}\",\"a\\nb\"]", "x".repeat(LONGEST_RULE + 1))).is_empty());
    }

    #[test]
    fn every_field_is_readable_by_its_name() {
        let members: Vec<String> = FIELDS
            .iter()
            .map(|field| match field.name {
                MATCHED_RULES => format!(r#""{MATCHED_RULES}":["R"]"#),
                "fingerprintRaw" => r#""fingerprintRaw":{"browser":"x"}"#.to_owned(),
                "executionCompleted" => r#""executionCompleted":true"#.to_owned(),
                "amount" => r#""amount":12.50"#.to_owned(),
                name => format!(r#""{name}":"v""#),
            })
            .collect();
        let text = format!("{{{}}}", members.join(","));
        let facts = of(&Object::read(text.as_bytes()).unwrap());
        assert_eq!(facts.len(), 53);
        let held = facts.held([
            "amount >= 12.5",
            "executionCompleted",
            "fingerprintRaw",
            "matchedRules = R",
            "clientIPCountry = v",
            "userRef != v",
        ]);
        assert_eq!(held.len(), 5, "{held:?}");
        for field in FIELDS {
            assert!(facts.get(field.name).is_some(), "{}", field.name);
        }
    }

    #[test]
    fn the_other_spelling_of_the_event_is_the_event() {
        let facts = of(&Object::read(br#"{"eventId":"7f"}"#).unwrap());
        assert_eq!(facts.held(["eventID = 7f"]).len(), 1);
    }
}
