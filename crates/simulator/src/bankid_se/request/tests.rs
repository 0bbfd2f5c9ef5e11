use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::*;
use crate::bankid_se::settings::RequirementRisk;

const STRICT: fn() -> Settings = Settings::default;

fn parse(operation: Operation, body: &Value, settings: &Settings) -> Result<OrderRequest, String> {
    OrderRequest::parse(operation, body.to_string().as_bytes(), settings)
        .map_err(|error| error.details.into_owned())
}

fn base(operation: Operation) -> Value {
    match operation {
        Operation::Auth => json!({"endUserIp": "192.0.2.1"}),
        Operation::Sign => json!({"endUserIp": "2001:db8::1", "userVisibleData": "VGV4dA=="}),
        Operation::Payment => json!({"endUserIp": "192.0.2.1", "userVisibleTransaction": card("100,00")}),
        Operation::OtherPayment => {
            json!({"personalNumber": "200001010101", "userVisibleTransaction": card("100")})
        }
        Operation::PhoneAuth => json!({"personalNumber": "200001012384", "callInitiator": "user"}),
        Operation::PhoneSign => json!({"callInitiator": "RP", "userVisibleData": "VGV4dA=="}),
    }
}

fn card(amount: &str) -> Value {
    json!({
        "transactionType": "card",
        "recipient": {"name": "A shop"},
        "money": {"amount": amount, "currency": "SEK"},
    })
}

/// `base` with `members` set; null removes one.
fn with(operation: Operation, members: &Value) -> Value {
    let mut body = base(operation);
    for (name, value) in members.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

const ALL: [Operation; 6] = [
    Operation::Auth,
    Operation::Sign,
    Operation::Payment,
    Operation::OtherPayment,
    Operation::PhoneAuth,
    Operation::PhoneSign,
];

#[test]
fn the_least_that_each_endpoint_takes() {
    for operation in ALL {
        parse(operation, &base(operation), &STRICT()).unwrap();
    }
}

#[test]
fn the_most_that_each_endpoint_takes() {
    let data = |length: usize| "QUJD".repeat(length / 4);
    let device = json!({"referringDomain": "shop.example", "userAgent": "u".repeat(256), "deviceIdentifier": "d".repeat(64)});
    for (operation, visible, non_visible) in [
        (Operation::Auth, 1_500, 1_500),
        (Operation::Sign, 40_000, 200_000),
        (Operation::Payment, 1_000, 1_000),
        (Operation::OtherPayment, 1_000, 1_000),
    ] {
        let full = json!({
            "userVisibleData": data(visible), "userNonVisibleData": data(non_visible),
            "userVisibleDataFormat": "simpleMarkdownV1", "returnUrl": "u".repeat(512), "returnRisk": true, "web": device,
            "requirement": {"pinCode": true, "mrtd": true, "cardReader": "class2", "certificatePolicies": ["1.2.752.78.*", "1.2.3.4.25"]},
        });
        let request = parse(operation, &with(operation, &full), &STRICT()).unwrap();
        assert!(request.return_risk && request.mrtd);
        for (name, limit) in [("userVisibleData", visible), ("userNonVisibleData", non_visible)] {
            let over = with(operation, &json!({"userVisibleData": data(4), name: data(limit + 4)}));
            assert_eq!(
                parse(operation, &over, &STRICT()).unwrap_err(),
                format!("Invalid {name}"),
                "{operation:?}"
            );
        }
    }
}

#[test]
fn known_details_of_refusals() {
    use Operation::{Auth, OtherPayment, Payment, PhoneAuth, PhoneSign, Sign};
    let markdown = |text: &str| json!({"userVisibleDataFormat": "simpleMarkdownV1", "userVisibleData": BASE64_STANDARD.encode(text)});
    let fifth =
        "At (5, 1): Initial token for unordered list items must be '+' and it must be followed by space.";
    let first =
        "At (1, 1): Initial token for unordered list items must be '+' and it must be followed by space.";
    let transaction = |member: &str, value: Value| {
        let mut transaction = card("1");
        transaction[member] = value;
        json!({"userVisibleTransaction": transaction})
    };
    let money =
        |amount: &str, currency: &str| transaction("money", json!({"amount": amount, "currency": currency}));
    let cases: Vec<(Operation, Value, &str)> = vec![
        (Auth, json!({"endUserIp": null}), "Invalid endUserIp"),
        (Auth, json!({"endUserIp": ""}), "Invalid endUserIp"),
        (Auth, json!({"endUserIp": "192.0.2.1:80"}), "Invalid endUserIp"),
        (Auth, json!({"endUserIp": 1}), "Invalid endUserIp"),
        (Sign, json!({"userVisibleData": null}), "Invalid userVisibleData"),
        (PhoneSign, json!({"userVisibleData": null}), "Invalid userVisibleData"),
        (Auth, json!({"userVisibleData": "not base64"}), "Invalid userVisibleData"),
        (Auth, json!({"userVisibleData": ""}), "Invalid userVisibleData"),
        (Auth, json!({"userVisibleData": BASE64_STANDARD.encode([0xff])}), "Invalid userVisibleData"),
        (Auth, json!({"userVisibleDataFormat": "markdown"}), "Invalid userVisibleDataFormat"),
        (Payment, json!({"userNonVisibleData": "QUJD"}), "userNonVisible data requires userVisibleData"),
        (Auth, markdown("# Title\r\ntext\r\n\r\ntext\r\n- item"), fifth),
        (Auth, markdown("+item"), first),
        (Auth, json!({"requirement": {"personalNumber": "20000101238"}}), "Incorrect personalNumber"),
        (OtherPayment, json!({"personalNumber": null}), "Incorrect personalNumber"),
        (PhoneAuth, json!({"personalNumber": "20000101-2384"}), "Incorrect personalNumber"),
        (PhoneAuth, json!({"callInitiator": "rp"}), "Incorrect callInitiator"),
        (PhoneAuth, json!({"callInitiator": null}), "Incorrect callInitiator"),
        (Auth, json!({"requirement": {"cardReader": "class3"}}), "Invalid requirement"),
        (Auth, json!({"requirement": {"pinCode": "true"}}), "Invalid requirement"),
        (Auth, json!({"requirement": {"certificatePolicies": ["1.2.*"]}}), "Invalid requirement"),
        (Auth, json!({"requirement": {"future": 1}}), "Invalid requirement"),
        (Auth, json!({"requirement": []}), "Invalid requirement"),
        (OtherPayment, json!({"requirement": {"personalNumber": "200001012384"}}), "Invalid requirement"),
        (PhoneAuth, json!({"requirement": {"mrtd": true}}), "Invalid requirement"),
        (
            Payment,
            transaction("transactionType", json!("loan")),
            "transactionType is not a valid transaction type",
        ),
        (Payment, transaction("recipient", json!({"name": "n".repeat(41)})), "Recipient name is invalid"),
        (Payment, transaction("recipient", Value::Null), "Recipient name is invalid"),
        (Payment, transaction("transactionType", json!("npa")), "money has invalid amount or currency"),
        (Payment, transaction("money", Value::Null), "money has invalid amount or currency"),
        (Payment, money("100.00", "SEK"), "money has invalid amount or currency"),
        (Payment, money("1,0,0", "SEK"), "money has invalid amount or currency"),
        (Payment, money("100", "sek"), "money has invalid amount or currency"),
        (Payment, money(&"1".repeat(49), "SEK"), "money has invalid amount or currency"),
        (Payment, json!({"userVisibleTransaction": null}), "Invalid userVisibleTransaction"),
        (Payment, json!({"riskFlags": ["newCard", "suspicious"]}), "Invalid riskFlags"),
        (Auth, json!({"returnUrl": ""}), "Invalid returnUrl"),
        (Auth, json!({"returnRisk": "true"}), "Invalid returnRisk"),
        (Auth, json!({"web": {}}), "Invalid web"),
        (Auth, json!({"app": {"deviceIdentifier": "d".repeat(65)}}), "Invalid app.deviceIdentifier"),
        (Auth, json!({"web": {"userAgent": "u".repeat(257)}}), "Invalid web.userAgent"),
        (Auth, json!({"web": {"referringDomain": "Shop.example"}}), "Invalid web.referringDomain"),
        (Auth, json!({"web": {"referringDomain": "se"}}), "Invalid web.referringDomain"),
        (
            Auth,
            json!({"web": {"userAgent": "a"}, "app": {"deviceOS": "b"}}),
            "app and web are mutually exclusive",
        ),
        (PhoneAuth, json!({"returnRisk": false}), "returnRisk is not allowed"),
        (PhoneSign, json!({"web": {"userAgent": "a"}}), "web is not allowed"),
        (PhoneAuth, json!({"app": {"deviceOS": "b"}}), "app is not allowed"),
        (OtherPayment, json!({"endUserIp": "192.0.2.1"}), "Invalid request"),
        (Auth, json!({"riskFlags": []}), "Invalid request"),
        (Auth, json!({"future": true}), "Invalid request"),
    ];
    for (operation, members, details) in cases {
        let body = with(operation, &members);
        assert_eq!(parse(operation, &body, &STRICT()).unwrap_err(), details, "{operation:?} {members}");
    }
}

#[test]
fn what_is_no_object_is_an_invalid_request() {
    for body in ["", "[]", "null", "{", "{}{}", "{\"endUserIp\":\"192.0.2.1\"} x", "\u{feff}{}"] {
        let error = OrderRequest::parse(Operation::Auth, body.as_bytes(), &STRICT()).unwrap_err();
        assert_eq!(error, ApiError::INVALID_REQUEST, "{body}");
    }
}

#[test]
fn lenient_ignores_what_it_does_not_know() {
    let lenient = Settings { unknown_members: UnknownMembers::Lenient, ..Settings::default() };
    let members =
        json!({"future": true, "requirement": {"future": 1}, "web": {"userAgent": "a", "future": 1}});
    parse(Operation::Auth, &with(Operation::Auth, &members), &lenient).unwrap();
    let alone = json!({"web": {"future": 1}});
    assert_eq!(parse(Operation::Auth, &with(Operation::Auth, &alone), &lenient).unwrap_err(), "Invalid web");
}

#[test]
fn a_user_agent_is_counted_in_utf_16_units() {
    let body = |length| with(Operation::Auth, &json!({"web": {"userAgent": "\u{1f600}".repeat(length)}}));
    parse(Operation::Auth, &body(128), &STRICT()).unwrap();
    parse(Operation::Auth, &body(129), &STRICT()).unwrap_err();
}

#[test]
fn a_required_risk_in_its_three_modes() {
    let body = |operation, risk: &str| with(operation, &json!({"requirement": {"risk": risk}}));
    let limit = |mode, operation, risk| {
        let settings = Settings { requirement_risk: mode, ..Settings::default() };
        parse(operation, &body(operation, risk), &settings).map(|request| request.risk_limit)
    };
    let refused = || Err("Invalid requirement".to_owned());
    for operation in [Operation::Auth, Operation::Sign, Operation::OtherPayment] {
        assert_eq!(limit(RequirementRisk::Legacy, operation, "LOW"), Ok(Some(RiskLimit::Low)));
        assert_eq!(limit(RequirementRisk::Legacy, operation, "moderate"), Ok(Some(RiskLimit::Moderate)));
        assert_eq!(limit(RequirementRisk::Legacy, operation, "norisklevel"), refused());
        assert_eq!(limit(RequirementRisk::Ignore, operation, "norisklevel"), Ok(None));
        assert_eq!(limit(RequirementRisk::Reject, operation, "low"), refused());
    }
    assert_eq!(limit(RequirementRisk::Legacy, Operation::PhoneAuth, "low"), refused());
}

#[test]
fn an_order_ref_is_all_that_a_collect_takes() {
    let strict = UnknownMembers::Strict;
    let known = "131daac9-16c6-4618-beb0-365768f37288";
    assert_eq!(
        order_ref(json!({"orderRef": known}).to_string().as_bytes(), strict).unwrap().to_string(),
        known
    );
    for (body, expected) in [
        (json!({"orderRef": "x"}), ApiError::NO_SUCH_ORDER),
        (json!({}), ApiError::invalid("Invalid orderRef")),
        (json!({"order_ref": known}), ApiError::invalid("Invalid orderRef")),
        (json!({"orderRef": known, "returnRisk": true}), ApiError::INVALID_REQUEST),
    ] {
        assert_eq!(order_ref(body.to_string().as_bytes(), strict).unwrap_err(), expected, "{body}");
    }
}
