//! Complete answers, and when they tell a risk.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use riskgate_simulator::bankid_se::RequirementRisk;
use serde_json::{Value, json};

use crate::bench::Bench;

async fn complete(bench: &Bench, path: &str, body: &Value, script: Value) -> Value {
    let mut script = script;
    script["hints"] = json!([]);
    bench.next(script).await;
    let order = bench.order(path, body).await;
    let answer = bench.collect(&order).await.ok();
    assert_eq!(answer["status"], "complete", "{answer}");
    assert!(answer.get("hintCode").is_none());
    answer["completionData"].clone()
}

fn auth(return_risk: bool) -> Value {
    json!({"endUserIp": "192.0.2.1", "returnRisk": return_risk})
}

#[tokio::test]
async fn members_in_the_order_of_the_wire() {
    let bench = Bench::start().await;
    let data = complete(&bench, "/rp/v6.0/auth", &auth(true), json!({"stepUp": {"mrtd": true}})).await;
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(names(&data), "user device bankIdIssueDate stepUp signature ocspResponse risk");
    assert_eq!(names(&data["user"]), "personalNumber name givenName surname");
    assert_eq!(names(&data["device"]), "ipAddress uhi");
    assert_eq!(data["device"]["ipAddress"], "192.0.2.1");
    assert_eq!(BASE64_STANDARD.decode(data["device"]["uhi"].as_str().unwrap()).unwrap().len(), 20);
    assert_eq!(data["bankIdIssueDate"], "2023-04-01Z");
}

#[tokio::test]
async fn the_signature_holds_what_was_signed_and_the_display_name() {
    let bench = Bench::start().await;
    let text = BASE64_STANDARD.encode("I pay 100 kronor");
    let body = json!({"endUserIp": "192.0.2.1", "userVisibleData": text});
    let data = complete(&bench, "/rp/v6.0/sign", &body, json!({})).await;
    let document = BASE64_STANDARD.decode(data["signature"].as_str().unwrap()).unwrap();
    let document = String::from_utf8(document).unwrap();
    assert!(document.contains(&format!(">{text}</usrVisibleData>")));
    let name = BASE64_STANDARD.encode("Riskgate simulator RP");
    assert!(document.contains(&format!("<displayName>{name}</displayName>")));
}

#[tokio::test]
async fn a_risk_is_told_when_asked_for_and_known() {
    let bench = Bench::start().await;
    for (script, return_risk, told) in [
        (json!({}), true, json!("low")),
        (json!({}), false, Value::Null),
        (json!({"risk": "high"}), false, Value::Null),
        (json!({"risk": "moderate"}), true, json!("moderate")),
        (json!({"risk": "high"}), true, json!("high")),
        (json!({"risk": "HIGH"}), true, json!("HIGH")),
        (json!({"risk": ""}), true, json!("")),
        (json!({"risk": "absent"}), true, Value::Null),
        (json!({"start": "qr"}), true, Value::Null),
        (json!({"start": "qr", "risk": "low"}), true, json!("low")),
    ] {
        let data = complete(&bench, "/rp/v6.0/auth", &auth(return_risk), script.clone()).await;
        assert_eq!(data.get("risk").cloned().unwrap_or_default(), told, "{script} {return_risk}");
    }
}

#[tokio::test]
async fn never_in_calls_and_never_before_the_end() {
    let bench = Bench::start().await;
    let phone = json!({"callInitiator": "RP", "personalNumber": "199001010017"});
    let person = "/v1/bankid-se/scripts/persons/199001010017";
    bench.control(http::Method::PUT, person, &json!({"risk": "high", "hints": []})).await.ok();
    let order = bench.order("/rp/v6.0/phone/auth", &phone).await;
    let answer = bench.collect(&order).await.ok();
    assert_eq!((&answer["status"], answer["completionData"].get("risk")), (&json!("complete"), None));

    bench.next(json!({"risk": "high", "outcome": "userCancel"})).await;
    let order = bench.auth().await;
    for _ in 0..4 {
        assert!(!bench.collect(&order).await.text().contains("risk"));
    }
}

#[tokio::test]
async fn a_legacy_requirement_blocks_and_else_tells_the_risk_unasked() {
    let bench = Bench::with(|options| options.settings.requirement_risk = RequirementRisk::Legacy).await;
    let body = json!({"endUserIp": "192.0.2.1", "requirement": {"risk": "LOW"}});
    let data = complete(&bench, "/rp/v6.0/auth", &body, json!({})).await;
    assert_eq!(data["risk"], "low");
    bench.next(json!({"risk": "moderate", "hints": []})).await;
    let order = bench.order("/rp/v6.0/auth", &body).await;
    let blocked = bench.collect(&order).await;
    assert_eq!(
        blocked.text(),
        format!(r#"{{"orderRef":"{order}","status":"failed","hintCode":"transactionRiskBlocked"}}"#)
    );
}

#[tokio::test]
async fn the_script_and_the_request_decide_who_and_where() {
    let bench = Bench::start().await;
    let script = json!({
        "user": {"personalNumber": "190000000000", "name": "Karl Karlsson", "givenName": "Karl", "surname": "Karlsson"},
        "device": {"ipAddress": "192.168.0.1", "uhi": "absent"},
        "bankIdIssueDate": "2020-02-01",
        "signature": "c2hvcnQ=",
        "ocspResponse": "absent",
    });
    let data = complete(&bench, "/rp/v6.0/auth", &auth(false), script).await;
    assert_eq!(data["user"]["name"], "Karl Karlsson");
    assert_eq!(data["device"], json!({"ipAddress": "192.168.0.1"}));
    assert_eq!(data["bankIdIssueDate"], "2020-02-01");
    assert_eq!((&data["signature"], data.get("ocspResponse")), (&json!("c2hvcnQ="), None));
    assert!(data.get("stepUp").is_none(), "no such check took part");

    let body =
        json!({"endUserIp": "192.0.2.1", "requirement": {"personalNumber": "199001010017", "mrtd": true}});
    let data = complete(&bench, "/rp/v6.0/auth", &body, json!({"start": "qr"})).await;
    assert_eq!(data["user"]["personalNumber"], "199001010017");
    assert_eq!(data["stepUp"], json!({"mrtd": true}));
    assert_eq!(data["device"]["ipAddress"], "198.51.100.7", "another device is elsewhere");
}
