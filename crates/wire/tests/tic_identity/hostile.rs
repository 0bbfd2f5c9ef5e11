//! Bytes from anywhere: every parser answers, and no result passes a gate that took it for something else.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use riskgate_core::Operation;
use riskgate_core::config::Mode;
use riskgate_wire::tic_identity::{POLL, TicIdentity, hub, webhook};
use riskgate_wire::{Protocol, Reading};
use serde_json::{Value, json};

const REFERENCE: &str = "a1b2c3d4-e5f6-7890-abcd-ef1234567890";
const NUMBER: &str = "199001011234";

fn tic() -> TicIdentity {
    TicIdentity::new("cancelled".to_owned(), None)
}

fn read_by_all(body: &[u8], status: u16) {
    let tic = tic();
    let shared = Bytes::copy_from_slice(body);
    for mode in [Mode::Enforce, Mode::Monitor] {
        let _ = tic.prepare(Operation::Auth, &shared, &Default::default(), mode);
    }
    let _ = tic.reference("/api/v1/enrichment", body);
    let _ = tic.read_started(status, body);
    let result = tic.read_result(REFERENCE, POLL, status, body);
    assert!(
        status == 200 || !matches!(result, Ok(Reading::Complete(_) | Reading::Pending | Reading::Failed))
    );
    let _ = tic.read_cancelled(status, body);
    let _ = webhook::read(body);
    let _ = webhook::refused(body, "cancelled");
    if let Ok(text) = std::str::from_utf8(body) {
        let _ = hub::gate(text);
        let _ = hub::refused(text, "cancelled");
        let _ = hub::handshake(text);
        let _ = hub::subscribed(text);
        let _ = hub::Records::default().push(text);
    }
}

/// A user's data, put somewhere into a record or a webhook of any shape.
fn around(depth: u32) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!({ "user": { "personalNumber": NUMBER } })),
        Just(json!({ "User": { "PersonalNumber": NUMBER } })),
        Just(json!({ "personalNumber": NUMBER })),
        Just(json!({ "signature": { "value": NUMBER } })),
        Just(json!({ "token": NUMBER })),
        Just(json!({ "status": "Complete", "x": NUMBER })),
    ];
    leaf.prop_recursive(depth, 8, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|value| json!([1, value])),
            inner.clone().prop_map(|value| json!({ "a": value, "status": "pending" })),
            inner.prop_map(|value| json!({ "result": value })),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes(body in vec(any::<u8>(), 0..64), status in any::<u16>()) {
        read_by_all(&body, status);
    }

    #[test]
    fn any_text_of_json_tokens(body in "[\\[\\]{}:,\"0-9a-z\\\\ .+-]{0,48}", status in any::<u16>()) {
        read_by_all(body.as_bytes(), status);
    }

    #[test]
    fn a_record_with_a_users_data_never_passes_and_its_refusal_has_none(
        held in around(4), kind in 0_u64..9, target in "(OnCompleted|OnStatusChanged|OnSomethingNew)"
    ) {
        for record in [
            json!({ "type": kind, "target": target, "arguments": [held] }),
            json!({ "type": kind, "invocationId": "1", "result": held }),
            json!({ "type": kind, "invocationId": "1", "item": held }),
            json!({ "type": kind, "other": held }),
        ] {
            let record = record.to_string();
            prop_assert_ne!(hub::gate(&record), hub::Gated::Passes, "{}", record);
            if let Some(refused) = hub::refused(&record, "cancelled") {
                prop_assert!(!refused.contains(NUMBER), "{}", refused);
                prop_assert_eq!(hub::gate(&refused), hub::Gated::Passes, "{}", refused);
            }
        }
    }

    #[test]
    fn a_webhook_with_a_users_data_is_no_notice_and_its_refusal_has_none(
        held in around(4), event in "(auth.completed|session.completed|news.brought|enrichment.completed)"
    ) {
        for body in [
            json!({ "event": event, "sessionId": REFERENCE, "held": held }),
            json!({ "event": event, "data": { "sessionId": REFERENCE, "held": held } }),
        ] {
            let body = body.to_string();
            let read = webhook::read(body.as_bytes()).unwrap();
            prop_assert_ne!(read.kind, webhook::Kind::Notice, "{}", body);
            let refused = webhook::refused(body.as_bytes(), "cancelled").unwrap();
            let text = std::str::from_utf8(&refused).unwrap();
            prop_assert!(!text.contains(NUMBER) && text.contains(REFERENCE), "{}", text);
            prop_assert_eq!(webhook::read(&refused).unwrap().kind, webhook::Kind::Notice, "{}", text);
        }
    }

    #[test]
    fn records_are_the_same_however_they_are_cut(
        records in vec("[ -~]{0,20}", 0..6), cuts in vec(any::<prop::sample::Index>(), 0..6)
    ) {
        let whole: String = records.iter().map(|record| format!("{record}\u{1e}")).collect();
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(whole.len() + 1)).filter(|at| whole.is_char_boundary(*at)).collect();
        at.extend([0, whole.len()]);
        at.sort_unstable();
        let mut split = hub::Records::default();
        let mut seen = Vec::new();
        for pair in at.windows(2) {
            seen.extend(split.push(&whole[pair[0]..pair[1]]).unwrap());
        }
        prop_assert_eq!(seen, records);
        prop_assert!(!split.is_within());
    }
}

#[test]
fn a_record_that_never_ends_is_given_up() {
    let mut records = hub::Records::default();
    let mebibyte = "x".repeat(1 << 20);
    assert!(records.push(&mebibyte).is_ok());
    assert!(records.push("x").is_err());
}
