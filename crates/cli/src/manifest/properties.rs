//! Whatever is changed, the text says afterwards what the value is.

use json_patch::jsonptr::PointerBuf;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{Change, Manifests, as_json, as_yaml, render};

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[ -~åö\n'\"#:]{0,10}".prop_map(Value::from),
        prop::sample::select(vec!["yes", "0644", "~", "1_0", "- x", "a: b", "|"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[a-z~/]{1,3}", inner), 0..4).prop_map(object),
        ]
    })
}

fn object(members: Vec<(String, Value)>) -> Value {
    Value::Object(members.into_iter().collect::<Map<_, _>>())
}

fn document() -> impl Strategy<Value = Value> {
    prop::collection::vec(("[a-c]", value()), 1..4).prop_map(object)
}

/// Every place in a value but its root.
fn places(value: &Value, at: &PointerBuf, found: &mut Vec<PointerBuf>) {
    let mut below = |token: String, value: &Value| {
        let mut place = at.clone();
        place.push_back(token);
        places(value, &place, found);
        found.push(place);
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| below(name.clone(), value)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| below(index.to_string(), value));
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_text_says_what_the_value_is(
        before in document(),
        new in value(),
        style in 0..3,
        operation in prop::sample::select(vec!["add", "replace", "remove"]),
        choice in any::<prop::sample::Index>(),
    ) {
        let text = match style {
            0 => as_yaml(&before),
            1 => as_json(&before),
            _ => render::pretty(&before),
        };
        let mut found = Vec::new();
        places(&before, &PointerBuf::new(), &mut found);
        let operation = json!({ "op": operation, "path": choice.get(&found), "value": new });
        let operations: json_patch::Patch = serde_json::from_value(json!([operation])).unwrap();
        let mut after = before.clone();
        json_patch::patch(&mut after, &operations).unwrap();

        let around = format!("# head\n---\nother: 1 # c\n---\n{text}---\nlast: 0644\n");
        let manifests = Manifests::parse("test".to_owned(), around).unwrap_or_else(|it| panic!("{it}"));
        prop_assert_eq!(&manifests.documents[1].value, &before);
        let change = Change { document: 1, pointer: PointerBuf::new(), operations };
        let changed = manifests.change(&[change]).unwrap();
        prop_assert_eq!(&changed.values[1], &after);
        let text = changed.text;
        prop_assert!(text.starts_with("# head\n---\nother: 1 # c\n---\n") && text.ends_with("---\nlast: 0644\n"));
        let again = Manifests::parse("test".to_owned(), text).unwrap_or_else(|it| panic!("{it}"));
        // A document that became null is none any more.
        prop_assert!(after.is_null() || again.documents[1].value == after);
    }
}
