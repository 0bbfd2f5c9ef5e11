//! An order, completed and tightened. Input: one byte that chooses operation, mode and start, the text that headers give up to
//! the end of the line, then the order.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use riskgate_core::config::Mode;
use riskgate_core::{Provider, Requirement, Start};
use riskgate_wire::{Given, Protocol};
use riskgate_wire_fuzz::{bankid, leniently, tells_nothing};
use serde_json::Value;

const TOUCHED: [&str; 5] = ["endUserIp", "returnRisk", "web", "app", "requirement"];

fn given(choice: u8, text: &str) -> Given {
    let text = Some(text.to_owned());
    Given {
        start: [None, Some(Start::Web), Some(Start::App)][usize::from(choice % 3)],
        client_ip: text.as_deref().and_then(|text| text.parse().ok()),
        user_agent: text.clone(),
        referring_domain: text.clone(),
        app_identifier: text.clone(),
        device_os: text.clone(),
        device_model: text.clone(),
        device_identifier: text,
        hash_device_identifier: choice % 2 == 0,
        ..Given::default()
    }
}

fn both(order: &Value) -> bool {
    !order["web"].is_null() && !order["app"].is_null()
}

fuzz_target!(|data: &[u8]| {
    let Some((choice, rest)) = data.split_first() else { return };
    let Some(line) = rest.iter().position(|byte| *byte == b'\n') else { return };
    let (head, body) = (String::from_utf8_lossy(&rest[..line]), &rest[line + 1..]);
    let (bankid, given, order) = (bankid(), given(choice / 12, &head), Bytes::copy_from_slice(body));
    let mode = if choice % 12 < 6 { Mode::Enforce } else { Mode::Monitor };
    let operation = Provider::BankIdSe.operations()[usize::from(choice % 6)];
    let first = match bankid.prepare(operation, &order, &given, mode) {
        Ok(first) => first,
        Err(error) => return tells_nothing(&error, body),
    };
    if operation.is_phone() {
        assert_eq!(first.body, order);
    } else {
        let (before, after) = (leniently(body), leniently(&first.body));
        assert_eq!(after["returnRisk"], Value::Bool(true));
        assert!(both(&before) || !both(&after), "both web and app");
        let untouched = |order: &Value| {
            let members = order.as_object().expect("an object").iter();
            members
                .filter(|(name, _)| !TOUCHED.contains(&name.as_str()))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect::<Vec<_>>()
        };
        assert_eq!(untouched(&before), untouched(&after));
        assert!(mode == Mode::Enforce || before["requirement"] == after["requirement"]);
    }
    let second = bankid.prepare(operation, &first.body, &given, mode).expect("what was prepared reads");
    assert_eq!((&second.body, second.attached.len()), (&first.body, 0));

    let require = [Requirement::PinCode, Requirement::Mrtd];
    match bankid.tighten(operation, &first.body, &require) {
        Ok(tightened) => {
            assert!(tightened.carried.pin_code && (tightened.carried.mrtd || operation.is_phone()));
            let again =
                bankid.tighten(operation, &tightened.body, &require).expect("what was tightened reads");
            assert_eq!(again.body, tightened.body);
        }
        Err(error) => tells_nothing(&error, body),
    }
});
