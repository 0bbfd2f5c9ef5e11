//! Orders after they were completed.

use std::collections::BTreeMap;

use bytes::Bytes;
use proptest::prelude::*;
use riskgate_core::config::Mode;
use riskgate_core::{Operation, Start};
use riskgate_wire::{Given, Malformed, Prepared, Protocol};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::json::{members, names};
use crate::{bankid, request};

/// The members that riskgate may change.
const TOUCHED: [&str; 5] = ["endUserIp", "returnRisk", "web", "app", "requirement"];

/// The order completed; none for the one thing that is refused in an order that reads.
fn prepared(operation: Operation, order: &Bytes, given: &Given, mode: Mode) -> Option<Prepared> {
    match bankid().prepare(operation, order, given, mode) {
        Ok(prepared) => Some(prepared),
        Err(Malformed::Member { member: "requirement.risk", .. }) if mode == Mode::Enforce => None,
        Err(other) => panic!("{other}"),
    }
}

fn get<'a>(members: &'a BTreeMap<String, Box<RawValue>>, name: &str) -> Option<&'a str> {
    members.get(name).map(|value| value.get())
}

fn is_missing(value: Option<&str>) -> bool {
    value.is_none_or(|value| value == "null")
}

/// The members of a member; none when it is no object.
fn inner(members: &BTreeMap<String, Box<RawValue>>, name: &str) -> BTreeMap<String, Box<RawValue>> {
    get(members, name).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn members_that_nobody_asks_for_survive_byte_for_byte_and_in_order(
        operation in request::operation(), order in request::order(), given in request::given(), mode in request::mode()
    ) {
        let Some(prepared) = prepared(operation, &order, &given, mode) else { return Ok(()) };
        let (before, after) = (members(&order), members(&prepared.body));
        for (name, value) in before.iter().filter(|(name, _)| !TOUCHED.contains(&name.as_str())) {
            prop_assert_eq!(Some(value.get()), get(&after, name));
        }
        let kept: Vec<String> = names(&order).into_iter().filter(|name| after.contains_key(name)).collect();
        prop_assert_eq!(&names(&prepared.body)[..kept.len()], &kept[..], "what is added stands at the end");
    }

    #[test]
    fn completing_twice_changes_nothing(
        operation in request::operation(), order in request::order(), given in request::given(), mode in request::mode()
    ) {
        let Some(first) = prepared(operation, &order, &given, mode) else { return Ok(()) };
        let second = prepared(operation, &first.body, &given, mode).unwrap();
        prop_assert_eq!(&second.body, &first.body);
        prop_assert_eq!(second.body.as_ptr(), first.body.as_ptr(), "the same bytes, not a copy");
        prop_assert_eq!(&second.attached, &Vec::<String>::new());
        prop_assert_eq!((second.client_ip, &second.user_agent), (first.client_ip, &first.user_agent));
    }

    #[test]
    fn the_indication_is_always_asked_for_and_phone_orders_never_touched(
        operation in request::operation(), order in request::order(), given in request::given(), mode in request::mode()
    ) {
        let Some(prepared) = prepared(operation, &order, &given, mode) else { return Ok(()) };
        if operation.is_phone() {
            prop_assert_eq!(prepared.body.as_ptr(), order.as_ptr());
            prop_assert!(prepared.attached.is_empty() && prepared.lint.is_empty());
        } else {
            let after = members(&prepared.body);
            prop_assert_eq!(get(&after, "returnRisk"), Some("true"));
        }
    }

    #[test]
    fn web_and_app_are_never_both_there_unless_both_were_sent(
        operation in request::operation(), order in request::order(), given in request::given(), mode in request::mode()
    ) {
        let Some(prepared) = prepared(operation, &order, &given, mode) else { return Ok(()) };
        let sent = |body: &Bytes, name| !is_missing(get(&members(body), name));
        let both = |body: &Bytes| sent(body, "web") && sent(body, "app");
        prop_assert_eq!(both(&prepared.body), both(&order));
        for (name, start) in [("web", Start::Web), ("app", Start::App)] {
            let added = !sent(&order, name) && sent(&prepared.body, name);
            prop_assert!(!added || given.start == Some(start));
            prop_assert!(!added || !inner(&members(&prepared.body), name).is_empty(), "an empty object is invalid");
        }
    }

    #[test]
    fn what_is_attached_was_missing_and_is_named(
        operation in request::operation(), order in request::order(), given in request::given(), mode in request::mode()
    ) {
        let Some(prepared) = prepared(operation, &order, &given, mode) else { return Ok(()) };
        let (before, after) = (members(&order), members(&prepared.body));
        for name in ["endUserIp", "returnRisk"] {
            let named = prepared.attached.iter().any(|attached| attached == name);
            prop_assert_eq!(named, get(&before, name) != get(&after, name));
        }
        for object in ["web", "app"] {
            let (before, after) = (inner(&before, object), inner(&after, object));
            for (name, value) in &after {
                let named = prepared.attached.contains(&format!("{object}.{name}"));
                prop_assert_eq!(named, is_missing(get(&before, name)) && value.get() != "null");
            }
        }
    }

    #[test]
    fn monitor_removes_and_repairs_nothing(
        operation in request::operation(), order in request::order(), given in request::given()
    ) {
        let prepared = prepared(operation, &order, &given, Mode::Monitor).unwrap();
        let (before, after) = (members(&order), members(&prepared.body));
        for name in ["endUserIp", "requirement"] {
            prop_assert_eq!(get(&before, name), get(&after, name));
        }
        for object in ["web", "app"] {
            let after = inner(&after, object);
            for (name, value) in inner(&before, object).iter().filter(|(_, value)| value.get() != "null") {
                prop_assert_eq!(Some(value.get()), get(&after, name));
            }
        }
    }

    #[test]
    fn what_enforce_sends_is_within_bankids_limits_or_as_sent(
        order in request::order(), given in request::given()
    ) {
        let Some(prepared) = prepared(Operation::Auth, &order, &given, Mode::Enforce) else { return Ok(()) };
        let (before, after) = (members(&order), members(&prepared.body));
        if !is_missing(get(&before, "web")) && !is_missing(get(&before, "app")) {
            return Ok(()); // left alone
        }
        for object in ["web", "app"] {
            let before = inner(&before, object);
            for (name, value) in inner(&after, object) {
                let Ok(Value::String(text)) = serde_json::from_str(value.get()) else { continue };
                let fits = match name.as_str() {
                    "userAgent" => (1..=256).contains(&text.encode_utf16().count()),
                    "deviceIdentifier" => (1..=64).contains(&text.encode_utf16().count()),
                    "referringDomain" => {
                        let taken = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '-';
                        (3..=253).contains(&text.len()) && text.chars().all(taken)
                    }
                    _ => !text.is_empty(),
                };
                prop_assert!(fits || get(&before, &name) == Some(value.get()), "{object}.{name}: {text}");
            }
        }
        prop_assert!(!inner(&after, "requirement").contains_key("risk"));
        prop_assert_ne!(get(&after, "requirement"), Some("{}"));
    }
}
