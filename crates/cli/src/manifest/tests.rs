use json_patch::jsonptr::PointerBuf;
use serde_json::{Value, json};

use super::*;

fn manifests(text: &str) -> Manifests {
    Manifests::parse("test".to_owned(), text.to_owned()).unwrap_or_else(|error| panic!("{error}"))
}

/// The text with one operation applied to the whole of its only document, and whether it was written anew.
fn changed(text: &str, operation: &Value) -> (String, bool) {
    let operations = serde_json::from_value(json!([operation])).unwrap();
    let change = Change { document: 0, pointer: PointerBuf::new(), operations };
    let changed = manifests(text).change(&[change]).unwrap();
    (changed.text, !changed.rewritten.is_empty())
}

fn add(path: &str, value: &Value) -> Value {
    json!({ "op": "add", "path": path, "value": value })
}

#[test]
fn what_is_added_stands_beside_the_others_and_nothing_moves() {
    for (before, operation, after) in [
        ("a: 1 # one\nb:\n  c: 0755\n", add("/b/d", &json!("x")), "a: 1 # one\nb:\n  c: 0755\n  d: x\n"),
        ("b:\n  c: 1\na: 1", add("/z", &json!(2)), "b:\n  c: 1\na: 1\nz: 2"),
        ("b:\r\n  c: 1\r\na: 1\r\n", add("/b/d", &json!(2)), "b:\r\n  c: 1\r\n  d: 2\r\na: 1\r\n"),
        ("b: { c: å } # one\n", add("/b/d", &json!("x")), "b: { c: å, \"d\": \"x\" } # one\n"),
        ("b: {}\n", add("/b/d", &json!([1])), "b: {\"d\": [1]}\n"),
        ("b: # none\na: 1\n", add("/b", &json!({ "c": 1 })), "b: # none\n  c: 1\na: 1\n"),
        ("b: ~ # none\na: 1\n", add("/b", &json!("x")), "b: x # none\na: 1\n"),
        ("l:\n- a\n- b\n", add("/l/0", &json!({ "n": 1, "m": 2 })), "l:\n- n: 1\n  m: 2\n- a\n- b\n"),
        ("l:\n  # the a\n  - a\n", add("/l/0", &json!("z")), "l:\n  - z\n  # the a\n  - a\n"),
        ("l:\n  - a # c\n\nm: 1\n", add("/l/-", &json!("z")), "l:\n  - a # c\n  - z\n\nm: 1\n"),
        ("l: [ a ]\n", add("/l/0", &json!("z")), "l: [ \"z\", a ]\n"),
        ("t: |\n  x\n\n  y\n\nm: 1\n", add("/n", &json!(1)), "t: |\n  x\n\n  y\n\nm: 1\nn: 1\n"),
        ("m: 1\nt: |\n  x\n\n", add("/n", &json!(1)), "m: 1\nt: |\n  x\nn: 1\n\n"),
        (
            "{\n  \"a\": 1.50\n}\n",
            add("/b", &json!({ "c": [] })),
            "{\n  \"a\": 1.50,\n  \"b\": {\n    \"c\": []\n  }\n}\n",
        ),
        ("- x: 1\n  y: 2\n", add("/0/z", &json!(3)), "- x: 1\n  y: 2\n  z: 3\n"),
    ] {
        assert_eq!(changed(before, &operation), (after.to_owned(), false), "{before}");
    }
}

#[test]
fn what_is_removed_takes_its_lines_along_and_no_others() {
    for (before, path, after) in [
        ("a: 1 # one\nb: 2 # two\nc: 3\n", "/b", "a: 1 # one\nc: 3\n"),
        ("a: 1\nb:\n- x\n- y", "/b", "a: 1"),
        ("l:\n# the x\n- x\n- y: 1\n  z: 2\n", "/l/1", "l:\n# the x\n- x\n"),
        ("b: { c: 1, d: 2 } # one\n", "/b/d", "b: { c: 1 } # one\n"),
        ("b: { c: 1, d: 2 }\n", "/b/c", "b: { d: 2 }\n"),
        ("b: {\"d\": 2}\n", "/b/d", "b: {}\n"),
        ("{\n  \"a\": 1,\n  \"b\": {\n    \"c\": []\n  }\n}\n", "/b", "{\n  \"a\": 1\n}\n"),
    ] {
        let operation = json!({ "op": "remove", "path": path });
        assert_eq!(changed(before, &operation), (after.to_owned(), false), "{before}");
    }
}

#[test]
fn what_is_replaced_keeps_its_place() {
    for (before, path, value, after) in [
        ("a: 'x' # c\nb: 1\n", "/a", json!("z"), "a: z # c\nb: 1\n"),
        ("a: \"\\\"å\" # it's\nb: 1\n", "/a", json!("z"), "a: z # it's\nb: 1\n"),
        ("a: 'it''s' # it's\nb: 1\n", "/a", json!("z"), "a: z # it's\nb: 1\n"),
        ("a:\n  b: 1\nc: 2\n", "/a", json!(null), "a:\nc: 2\n"),
        ("l:\n- n: a\n  m: 1\n- n: b\n", "/l/0", json!({ "n": "z" }), "l:\n- n: z\n- n: b\n"),
        ("l: [{n: a}, {n: b}]\n", "/l/1", json!({ "n": "z" }), "l: [{n: a}, {\"n\":\"z\"}]\n"),
        ("a:\n  b: 1\nc: 2\n", "/a", json!([1]), "a:\n- 1\nc: 2\n"),
    ] {
        let operation = json!({ "op": "replace", "path": path, "value": value });
        assert_eq!(changed(before, &operation), (after.to_owned(), false), "{before}");
    }
}

#[test]
fn what_cannot_be_changed_in_place_is_written_anew_and_means_the_same() {
    for (before, operation, after) in [
        ("a: &x { y: 1 }\nb: *x # c\n", add("/b/z", &json!(2)), "a:\n  y: 1\nb:\n  y: 1\n  z: 2\n"),
        ("a: &x { y: 1 }\nb: *x # c\n", add("/a/z", &json!(2)), "a:\n  y: 1\n  z: 2\nb:\n  y: 1\n"),
        ("a: &x { m: {} }\nb:\n  <<: *x\n", add("/b/m/z", &json!(10)), "a:\n  m: {}\nb:\n  m:\n    z: 10\n"),
        ("- - x\n", add("/0/0", &json!("z")), "- - z\n  - x\n"),
        ("a: { b: }\n", add("/a/c", &json!(1)), "a:\n  b: null\n  c: 1\n"),
    ] {
        assert_eq!(changed(before, &operation), (after.to_owned(), true), "{before}");
    }
}

#[test]
fn other_documents_are_not_touched() {
    let text = "# head\n---\na: 1\n--- # two\nb: {x: 010}\n...\n---\n\n# three\nc: 1 # end\n# tail\n";
    let read = manifests(text);
    assert_eq!(read.documents.len(), 3);
    assert_eq!(read.change(&[]).unwrap().text, text);
    let operations = serde_json::from_value(json!([add("/b/y", &json!(2))])).unwrap();
    let change = Change { document: 1, pointer: PointerBuf::new(), operations };
    let after = text.replace("{x: 010}", "{x: 010, \"y\": 2}");
    assert_eq!(read.change(&[change]).unwrap().text, after);
}

#[test]
fn json_objects_may_follow_each_other() {
    let text = "{\"a\": 1}\n\n{\n  \"b\": {}\n} {\"c\": 1.50}\n";
    let read = manifests(text);
    let places: Vec<_> =
        read.documents.iter().map(|it| (it.position(&it.root).line, it.value.to_string())).collect();
    assert_eq!(places[..2], [(1, "{\"a\":1}".to_owned()), (3, "{\"b\":{}}".to_owned())]);
    let operations = serde_json::from_value(json!([add("/b/x", &json!(2))])).unwrap();
    let change = Change { document: 1, pointer: PointerBuf::new(), operations };
    assert_eq!(read.change(&[change]).unwrap().text, text.replace("{}", "{\"x\": 2}"));
}

#[test]
fn what_kubernetes_would_take_for_something_else_is_quoted() {
    for text in
        ["yes", "0644", "1_000", "0x1F", "~", "on", "1e3", "null", "0o17", "12:30", "- a", "#a", "a: b"]
    {
        let value = json!({ "a": text });
        let written = as_yaml(&value);
        assert!(says(&written, &value), "{written}");
    }
}
