//! OneSpan: a request completed, and every answer read. Input: one byte that chooses the status, the text that headers give up
//! to the end of the line, then the body.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use riskgate_core::config::Mode;
use riskgate_core::{Level, Operation, Verdict, own};
use riskgate_wire::one_span::{OneSpan, looked_up};
use riskgate_wire::{Exchanged, Given, Protocol, Reading, Road};
use riskgate_wire_fuzz::{answer, leniently, tells_nothing};
use serde_json::Value;

fn prepared(head: &str, body: &[u8]) {
    let text = Some(head.to_owned());
    let given = Given {
        client_ip: head.parse().ok(),
        app_identifier: text.clone(),
        device_identifier: text.clone(),
        session: text.clone(),
        user: text,
        ..Given::default()
    };
    let request = Bytes::copy_from_slice(body);
    match OneSpan::default().prepare(Operation::Login, &request, &given, Mode::Enforce) {
        Ok(first) => {
            let (before, after) = (leniently(body), leniently(&first.body));
            for (name, value) in before.as_object().expect("an object") {
                assert!(
                    ["clientIP", "cddc", "sessionID", "relationshipRef"].contains(&name.as_str())
                        || after[name] == *value
                        || value.is_null()
                );
            }
            let again = OneSpan::default()
                .prepare(Operation::Login, &first.body, &given, Mode::Enforce)
                .expect("what was prepared reads");
            assert_eq!((&again.body, again.attached.len()), (&first.body, 0));
        }
        Err(error) => tells_nothing(&error, body),
    }
}

fn read(status: u16, body: &[u8]) {
    let one_span = OneSpan::new(Some(5));
    match one_span.read_exchanged(Operation::Event, status, body) {
        Ok(Exchanged::Answered { completed, .. }) => {
            let seen = leniently(body);
            let code = seen["riskResponseCode"].as_u64();
            if completed.indication == Some(Level::Low.into()) {
                assert!(code == Some(0) || seen["sessionStatus"] == "accepted" && code != Some(1));
            }
            let declined = completed.indicators.iter().any(|indicator| indicator == own::DECLINED);
            assert_eq!(declined, code == Some(1));
        }
        Ok(_) => {}
        Err(error) => tells_nothing(&error, body),
    }
    if let Ok(Reading::Complete(_)) = one_span.read_result("r-1", Road("session"), status, body) {
        assert_eq!(leniently(body)["sessionStatus"], "accepted");
    }
    let declined: Value = leniently(&one_span.refuse_exchanged(Operation::Event, Verdict::Block, body).body);
    assert!(declined["riskResponseCode"] == 1 && declined["sessionStatus"] == "refused");
    let on_file = one_span.read_inquired(status, body);
    assert_eq!(looked_up(status, body).is_ok(), matches!(on_file, Ok(Some(_))));
    if let Ok(Some(inquired)) = on_file {
        assert!(inquired.indicators.iter().all(|indicator| indicator.starts_with("matchedRules=")));
    }
    let refused: Value = leniently(&one_span.refuse_inquired(body).body);
    assert!(refused["riskResponseCode"] == 1 && refused["sessionStatus"] != "accepted");
}

fuzz_target!(|data: &[u8]| {
    let Some((status, rest)) = answer(data) else { return };
    let Some(line) = rest.iter().position(|byte| *byte == b'\n') else { return };
    let (head, body) = (String::from_utf8_lossy(&rest[..line]), &rest[line + 1..]);
    prepared(&head, body);
    read(status, body);
    if let Some(user) = OneSpan::default().subject(&head) {
        assert!(user.contains('@') && !user.contains('/'));
    }
});
