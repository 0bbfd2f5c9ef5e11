//! What the strict reader takes and refuses.

use proptest::prelude::*;

use super::error::JsonError;
use super::scan::scan;
use super::strict::accepts;
use super::{Edits, Object, Value, quoted};

/// What JSON is made of, what it is not made of, and what only looks like it.
const TOKENS: [&str; 34] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\"a\"",
    "\"b\"",
    "\"\\u0061\"",
    "\"\\ud83d\\ude00\"",
    "\"\\ud800\"",
    "\"\\\"",
    "\"å\"",
    "\"\u{1}\"",
    "\"\u{7f}\"",
    "{}",
    "[]",
    "{\"a\":1}",
    "\"a\":",
    ",\"b\":",
    "true",
    "false",
    "null",
    "nul",
    "0",
    "-1",
    "01",
    "1.5e3",
    "1e999",
    "-",
    " ",
    "\n\t\r ",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    /// The scanner takes what the library takes, and nothing else.
    #[test]
    fn the_scanner_and_the_library_agree_on_any_tokens(tokens in prop::collection::vec(prop::sample::select(&TOKENS[..]), 0..24)) {
        let text = tokens.concat();
        prop_assert_eq!(scan(&text).is_some(), accepts(&text), "{}", text);
        let wrapped = format!("{{\"x\":{text}}}");
        prop_assert_eq!(scan(&wrapped).is_some(), accepts(&wrapped), "{}", wrapped);
    }

    #[test]
    fn the_scanner_and_the_library_agree_on_a_damaged_answer(at in 0..ANSWER.len(), length in 0..4_usize, token in prop::sample::select(&TOKENS[..])) {
        let mut text = ANSWER.to_owned();
        text.replace_range(at..(at + length).min(ANSWER.len()), token);
        prop_assert_eq!(scan(&text).is_some(), accepts(&text), "{}", text);
    }
}

/// Every kind of value, at several depths.
const ANSWER: &str = r#"{"orderRef":"131daac9","status":"complete","completionData":{"user":{"name":"A\u00e5\\B","n":[1,-2.5e-3,{"x":null}]},"ok":true,"no":false,"risk":"low"}} "#;

fn refused(body: &[u8]) -> JsonError {
    Object::read(body).unwrap_err()
}

#[test]
fn members_that_stand_twice_are_refused_at_any_depth() {
    for body in [
        r#"{"a":1,"a":1}"#,
        r#"{"a":1,"\u0061":2}"#,
        r#"{"x":{"y":[{"a":1,"b":2,"a":3}]}}"#,
        r#"{"x":[[{"":0,"":0}]]}"#,
    ] {
        assert!(matches!(refused(body.as_bytes()), JsonError::Duplicate { line: 1, .. }), "{body}");
    }
}

#[test]
fn members_that_stand_twice_are_found_among_many() {
    let mut body: String = (0..1000).map(|n| format!(r#""m{n}":{n},"#)).collect();
    body = format!("{{{body}");
    assert!(Object::read(format!("{body}\"last\":0}}").as_bytes()).is_ok());
    for twin in ["m0", "m15", "m16", "m17", "m999"] {
        let body = format!("{body}\"{twin}\":0}}");
        assert!(matches!(refused(body.as_bytes()), JsonError::Duplicate { .. }), "{twin}");
    }
}

#[test]
fn equal_names_in_different_objects_are_no_twins() {
    assert!(Object::read(br#"{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]}"#).is_ok());
}

#[test]
fn what_two_readers_could_understand_differently_is_refused() {
    assert_eq!(refused(b"\xef\xbb\xbf{}"), JsonError::ByteOrderMark);
    assert_eq!(refused(b"{\"a\":\"\xff\"}"), JsonError::Encoding(6));
    for body in [&b"[]"[..], b"null", b"1", b"\"{}\"", b" [] "] {
        assert_eq!(refused(body), JsonError::NotAnObject);
    }
    for body in [
        &b""[..],
        b" ",
        b"{",
        b"{}x",
        b"{}{}",
        b"{} \0",
        b"{\"a\":1,}",
        b"{a:1}",
        b"{'a':1}",
        b"{\"a\":01}",
        b"{\"a\":NaN}",
        b"{\"a\":+1}",
        b"{\"a\":\"\x01\"}",
        b"{\"a\":\"\\x\"}",
        b"{\"a\":\"\\ud800\"}",
        b"{\"a\":1}//",
        b"\x0b{}",
    ] {
        assert!(matches!(refused(body), JsonError::Syntax(_)), "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn deep_nesting_is_refused_whatever_it_is_made_of() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let nested = |depth: usize| format!("{{\"x\":{}1{}}}", open.repeat(depth), close.repeat(depth));
        assert!(Object::read(nested(100).as_bytes()).is_ok());
        assert!(matches!(refused(nested(200).as_bytes()), JsonError::Syntax(_)));
        assert!(matches!(refused(nested(200_000).as_bytes()), JsonError::Syntax(_)));
    }
}

#[test]
fn errors_repeat_nothing_of_the_body() {
    for body in [
        r#"{"personalNumber":190000000000 "#,
        r#"{"190000000000":1,"190000000000":2}"#,
        r#"{"a":190000000000x}"#,
        r#""190000000000""#,
        r#"{"a":"190000000000\q"}"#,
    ] {
        let text = refused(body.as_bytes()).to_string();
        assert!(!text.contains("1900"), "{text}");
    }
}

#[test]
fn values_are_told_apart() {
    let body = br#"{"t":true,"f":false,"n":null,"s":"a\u00e5","o":{ "x" : 1 },"1":1.50,"a":[]}"#;
    let object = Object::read(body).unwrap();
    assert_eq!(object.get("t"), Value::Bool(true));
    assert_eq!(object.get("f"), Value::Bool(false));
    assert_eq!(object.get("n"), Value::Null);
    assert_eq!(object.get("s"), Value::Text("aå".into()));
    assert_eq!(object.get("o"), Value::Object(Object::read(br#"{"x":1}"#).unwrap()));
    assert_eq!(object.get("1"), Value::Other);
    assert_eq!(object.get("a"), Value::Other);
    assert_eq!(object.get("none"), Value::Absent);
}

#[test]
fn edits_change_what_they_name_and_nothing_else() {
    let body = br#" { "keep" : 1.50e0 , "\u0073et" : { "x" : 1 } , "gone":null, "last":"\u00e5\/" } "#;
    let object = Object::read(body).unwrap();
    let mut edits = Edits::default();
    edits.set("set", "true".to_owned());
    edits.remove("gone");
    edits.remove("never there");
    edits.set("new", quoted("a\"b"));
    let changed = edits.apply(Some(&object), 0);
    assert_eq!(changed, r#"{"keep":1.50e0,"\u0073et":true,"last":"\u00e5\/","new":"a\"b"}"#);
}

#[test]
fn edits_can_empty_an_object_or_make_one() {
    let object = Object::read(br#"{"a":1}"#).unwrap();
    let mut edits = Edits::default();
    edits.remove("a");
    assert_eq!(edits.apply(Some(&object), 0), "{}");
    edits.set("b", "2".to_owned());
    assert_eq!(edits.apply(None, 0), r#"{"b":2}"#);
}
