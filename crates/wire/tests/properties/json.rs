//! JSON texts with every freedom that JSON has: blanks, escapes, odd numbers; and an independent look into them.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::string::string_regex;
use serde_json::value::RawValue;

/// Blanks between tokens.
fn blank() -> impl Strategy<Value = &'static str> {
    select(&["", "", "", "", "", " ", "\n", "\t ", "\r\n"][..])
}

/// Texts that match `regex`. A plain text as strategy would be parsed anew for every value.
pub(crate) fn matching(regex: &str) -> impl Strategy<Value = String> + use<> {
    string_regex(regex).unwrap()
}

/// The text of a string, with and without escapes.
pub(crate) fn string() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => matching("[a-zA-Z0-9 ./:-]{0,12}").prop_map(|text| format!("\"{text}\"")),
        1 => matching("\\PC{0,8}").prop_map(|text| serde_json::to_string(&text).unwrap()),
        1 => prop_oneof![Just(r#""\u00e5\/\n""#), Just(r#""\uD83D\uDE00""#), Just(r#""\u0000\b""#)].prop_map(str::to_owned),
    ]
}

/// The text of a value that is neither object nor array.
fn scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        prop_oneof![
            Just("null"),
            Just("true"),
            Just("false"),
            Just("-0"),
            Just("1.50"),
            Just("1E+2"),
            Just("0e-9")
        ]
        .prop_map(str::to_owned),
        matching("-?[1-9][0-9]{0,30}"),
        string(),
    ]
}

/// The text of any value.
pub(crate) fn value() -> BoxedStrategy<String> {
    scalar()
        .prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                vec((blank(), inner.clone()), 0..4).prop_map(|items| {
                    let items: Vec<String> =
                        items.into_iter().map(|(blank, item)| format!("{blank}{item}")).collect();
                    format!("[{}]", items.join(","))
                }),
                vec(inner, 0..4).prop_flat_map(|values| {
                    let named = values.into_iter().enumerate().map(|(n, value)| (format!("\"n{n}\""), value));
                    object(named.collect())
                }),
            ]
        })
        .boxed()
}

/// The text of an object with these members, whose names are JSON strings; blanks anywhere.
pub(crate) fn object(members: Vec<(String, String)>) -> BoxedStrategy<String> {
    let blanks = vec((blank(), blank(), blank(), blank()), members.len());
    (blanks, blank(), blank())
        .prop_map(move |(blanks, first, last)| {
            let members: Vec<String> = members
                .iter()
                .zip(blanks)
                .map(|((name, value), (a, b, c, d))| format!("{a}{name}{b}:{c}{value}{d}"))
                .collect();
            format!("{first}{{{}}}{last}", members.join(","))
        })
        .boxed()
}

/// The members of an object, each with the text of its value.
pub(crate) fn members(text: &[u8]) -> BTreeMap<String, Box<RawValue>> {
    serde_json::from_slice(text).unwrap()
}

/// The names of an object's members, in order.
pub(crate) fn names(text: &[u8]) -> Vec<String> {
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(text).unwrap();
    object.keys().cloned().collect()
}
