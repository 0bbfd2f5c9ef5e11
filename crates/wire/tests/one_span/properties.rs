//! Bytes from anywhere: every parser answers, harmless is only what OneSpan said so, and nothing withheld leaks.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use riskgate_core::config::Mode;
use riskgate_core::{Assessment, Level, Operation, Verdict, own};
use riskgate_wire::one_span::OneSpan;
use riskgate_wire::{Exchanged, Given, Protocol, Reading, Recognised, Road};
use serde_json::{Value, json};

const STATES: [&str; 7] = ["accepted", "pending", "refused", "timeout", "failed", "failure", "unknown"];

const SESSION: Road = Road("session");

fn one_span() -> OneSpan {
    OneSpan::new(Some(5))
}

fn given() -> impl Strategy<Value = Given> {
    let device = option::of("[ -~]{0,80}|[0-9A-Fa-f]{64}");
    let texts = (option::of("[a-z.]{0,12}"), option::of("[ -~]{0,20}"), option::of("[a-z@]{0,9}"));
    (option::of(any::<std::net::IpAddr>()), texts, device, any::<bool>()).prop_map(
        |(client_ip, (app_identifier, session, user), device_identifier, hash_device_identifier)| Given {
            client_ip,
            app_identifier,
            session,
            user,
            device_identifier,
            hash_device_identifier,
            ..Given::default()
        },
    )
}

/// A request: known members right, wrong, null or missing, and one that nobody knows.
fn request() -> impl Strategy<Value = Value> {
    let ip = select(vec![
        json!("81.2.69.142"),
        json!("::ffff:81.2.69.142"),
        json!("2a00::1"),
        json!("x"),
        json!(7),
        Value::Null,
    ]);
    let cddc = select(vec![
        json!({}),
        json!({ "browserCDDC": {} }),
        json!({ "browserCDDC": { "fingerprintHash": "ab", "fingerprintRaw": {} } }),
        json!({ "mobile": 1 }),
        json!([]),
        Value::Null,
    ]);
    let kind = select(vec!["AdaptiveLoginInput", "LoginInput", "AdaptiveTransactionValidationInput"]);
    (option::of(ip), option::of(cddc), option::of(kind), option::of("[0-9a-f-]{0,9}"), any::<i64>()).prop_map(
        |(ip, cddc, kind, session, amount)| {
            let members = [
                ("clientIP", ip),
                ("cddc", cddc),
                ("objectType", kind.map(Value::from)),
                ("sessionID", session.map(Value::from)),
                ("amount", Some(json!(amount))),
            ];
            members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
        },
    )
}

/// An answer of OneSpan's shape.
fn answer() -> impl Strategy<Value = Value> {
    let code = prop_oneof![
        (0..30_i64).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        select(vec![json!("0"), json!(0.0), Value::Null, json!(true)])
    ];
    (option::of(code), option::of(select(&STATES[..])), option::of("[0-9a-f-]{1,36}")).prop_map(
        |(code, state, reference)| {
            let mut answer = json!({ "requestMessage": "secret", "userRef": "secret" });
            let members = [
                ("riskResponseCode", code),
                ("sessionStatus", state.map(Value::from)),
                ("requestID", reference.map(Value::from)),
            ];
            for (name, value) in members {
                if let Some(value) = value {
                    answer[name] = value;
                }
            }
            answer
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_answered(body in vec(any::<u8>(), 0..64), path in "[ -~]{0,60}", status in any::<u16>()) {
        let bytes = Bytes::copy_from_slice(&body);
        let _ = one_span().prepare(Operation::Login, &bytes, &Given::default(), Mode::Enforce);
        let _ = one_span().read_exchanged(Operation::Event, status, &body);
        let _ = one_span().read_result("r", SESSION, status, &body);
        let declined = one_span().refuse_exchanged(Operation::Event, Verdict::Block, &body);
        prop_assert!(serde_json::from_slice::<Value>(&declined.body).is_ok());
        prop_assert_eq!(one_span().recognise("POST", &path, &body), Recognised::UnknownPath);
    }

    #[test]
    fn what_is_attached_is_all_that_changes(request in request(), given in given()) {
        let body = Bytes::from(request.to_string());
        let prepared = one_span().prepare(Operation::Event, &body, &given, Mode::Enforce).unwrap();
        let after: Value = serde_json::from_slice(&prepared.body).unwrap();
        for (name, value) in request.as_object().unwrap() {
            let may_change = ["clientIP", "cddc"].contains(&name.as_str());
            prop_assert!(may_change || after[name] == *value, "{} changed", name);
        }
        if let Some(address) = given.client_ip.filter(|_| prepared.attached.iter().any(|name| name == "clientIP")) {
            prop_assert!(address.to_canonical().is_ipv4());
            prop_assert_eq!(after["clientIP"].as_str().unwrap(), address.to_canonical().to_string());
        }
        let hash = after["cddc"]["browserCDDC"]["fingerprintHash"].as_str().filter(|hash| *hash != "ab");
        prop_assert!(hash.is_none_or(|hash| hash.len() == 64));
        let again = one_span().prepare(Operation::Event, &prepared.body, &given, Mode::Enforce).unwrap();
        prop_assert_eq!((&again.body, again.attached.len()), (&prepared.body, 0));
        let monitor = one_span().prepare(Operation::Event, &body, &given, Mode::Monitor).unwrap();
        prop_assert_eq!(monitor.body, body);
    }

    #[test]
    fn only_an_accepting_code_is_harmless_and_every_other_one_is_a_challenge_at_least(answer in answer()) {
        let state = answer["sessionStatus"].as_str().unwrap_or("pending");
        let read = one_span().read_exchanged(Operation::Login, 200, answer.to_string().as_bytes()).unwrap();
        let Exchanged::Answered { completed, .. } = read else {
            prop_assert!(STATES[2..].contains(&state) && answer["riskResponseCode"] != 1, "{read:?}");
            return Ok(());
        };
        let code = answer["riskResponseCode"].as_u64();
        let harmless = completed.indication == Some(Level::Low.into());
        prop_assert_eq!(harmless, code == Some(0) || state == "accepted" && code.is_some_and(|code| code > 1));
        prop_assert_eq!(completed.indication == Some(Assessment::Unknown), code.is_none());
        let says = |indicator: &str| completed.indicators.iter().any(|known| known == indicator);
        let challenge = code.is_some_and(|code| code > 1) && state == "pending";
        prop_assert_eq!(says(own::CHALLENGED), challenge);
        prop_assert_eq!(says(own::DECLINED), code == Some(1));
    }

    #[test]
    fn what_is_declined_or_challenged_keeps_identifiers_and_nothing_else(answer in answer()) {
        let text = answer.to_string();
        let declined: Value = serde_json::from_slice(&one_span().refuse_exchanged(Operation::Login, Verdict::Block, text.as_bytes()).body).unwrap();
        let challenged: Value = serde_json::from_slice(&one_span().refuse_exchanged(Operation::Login, Verdict::Challenge, text.as_bytes()).body).unwrap();
        for (written, code, state) in [(&declined, 1, "refused"), (&challenged, 5, "pending")] {
            prop_assert_eq!((&written["riskResponseCode"], &written["sessionStatus"]), (&json!(code), &json!(state)));
            prop_assert_eq!(&written["requestID"], &answer["requestID"]);
            prop_assert!(!written.to_string().contains("secret"));
        }
    }

    #[test]
    fn a_session_is_complete_only_when_it_says_so_of_itself(answer in answer(), reference in "[a-f]{1,3}") {
        let state = answer["sessionStatus"].as_str().unwrap_or_default();
        match one_span().read_result(&reference, SESSION, 200, answer.to_string().as_bytes()) {
            Ok(Reading::Complete(_)) => prop_assert_eq!(state, "accepted"),
            Ok(Reading::Pending) => prop_assert_eq!(state, "pending"),
            Ok(Reading::Failed) => prop_assert!(STATES[2..].contains(&state)),
            Ok(other) => prop_assert!(false, "{:?}", other),
            Err(_) => prop_assert!(state.is_empty() || answer["requestID"].as_str() != Some(&reference)),
        }
    }
}
