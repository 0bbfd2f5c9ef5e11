//! What the data mean (other-systems.md section A.7).

use std::net::IpAddr;

use riskgate_core::config::{ClaimRule, ClientAuthentication};
use riskgate_core::{Assessment, Level, Phase, Threshold};
use serde_json::{Value, json};

use super::stage::{Service, Stage, data, question};
use crate::source::{Question, Report, Source};

async fn judged(derived: &Value, rules: Vec<ClaimRule>, client_ip: Option<&str>) -> Report {
    let service = Service::new([data(derived)]);
    let stage = Stage::with(&service, ClientAuthentication::ClientSecretBasic, b"s", rules);
    let client_ip = client_ip.map(|text| text.parse::<IpAddr>().unwrap());
    stage.source.assess(Phase::Assess, &Question { client_ip, ..question() }).await.unwrap()
}

fn level(level: Level) -> Assessment {
    Assessment::Level(level)
}

#[tokio::test(start_paused = true)]
async fn lights_and_alarms_become_levels() {
    let cases: [(Value, Assessment, Option<u8>, &[&str]); 12] = [
        // Nothing was assessed, whatever the numbers say.
        (json!({}), Assessment::Unknown, None, &[]),
        (json!({ "BankID_fpf": "0.93" }), Assessment::Unknown, None, &[]),
        (json!({ "BankID_fpf_classification": "Green" }), level(Level::Low), Some(0), &[]),
        (
            json!({ "BankID_fpf": "0.5", "BankID_fpf_classification": "Yellow" }),
            level(Level::Moderate),
            Some(50),
            &["fpfYellow"],
        ),
        (
            json!({ "BankID_fpf": "0.995", "BankID_fpf_classification": "Red" }),
            level(Level::High),
            Some(100),
            &["fpfRed"],
        ),
        // A word that is not known is no green light.
        (
            json!({ "BankID_fpf": "0.1", "BankID_fpf_classification": "green" }),
            Assessment::Unknown,
            None,
            &[],
        ),
        // Without the composite one the worst of the single ones counts.
        (
            json!({
                "BankID_env": "0.2", "BankID_env_classification": "Green",
                "BankID_irs": "0.8", "BankID_irs_classification": "Red",
            }),
            level(Level::High),
            Some(80),
            &["irsRed"],
        ),
        // With it, they are told and do not count.
        (
            json!({
                "BankID_fpf": "0.1", "BankID_fpf_classification": "Green",
                "BankID_new": "0.9", "BankID_new_classification": "Red",
            }),
            level(Level::Low),
            Some(10),
            &["newRed"],
        ),
        (json!({ "BankID_Alarm_IDx": "ID2" }), level(Level::Moderate), None, &["Alarm", "AlarmID2"]),
        (
            json!({ "BankID_fpf_classification": "Red", "BankID_Alarm_IDx": "ID2; ID8,ID3" }),
            level(Level::High),
            Some(0),
            &["Alarm", "AlarmID2", "AlarmID3", "AlarmID8", "fpfRed"],
        ),
        (json!({ "BankID_Alarm_IDx": "???" }), level(Level::Moderate), None, &["Alarm", "AlarmOther"]),
        (
            json!({ "BankID_fpf": "7", "BankID_fpf_classification": "Yellow" }),
            level(Level::Moderate),
            None,
            &["fpfYellow"],
        ),
    ];
    for (derived, assessment, score, indicators) in cases {
        let report = judged(&derived, Vec::new(), None).await;
        assert_eq!((report.assessment, report.score), (assessment, score), "{derived}");
        assert_eq!(report.indicators, indicators, "{derived}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_address_that_differs_is_told_and_scores_nothing() {
    let green = json!({ "BankID_fpf_classification": "Green" });
    for (ours, theirs, differs) in [
        (Some("195.18.161.2"), "195.18.161.2", false),
        (Some("::ffff:195.18.161.2"), "195.18.161.2", false),
        (Some("203.0.113.9"), "195.18.161.2", true),
        (Some("2001:db8:1:2::1"), "2001:db8:1:2:ffff::9", false),
        (Some("2001:db8:1:2::1"), "2001:db8:1:3::1", true),
        (Some("2001:db8::1"), "195.18.161.2", false),
        (Some("203.0.113.9"), "Unknown", false),
        (None, "195.18.161.2", false),
    ] {
        let mut derived = green.clone();
        derived["BankID_User_IP"] = json!(theirs);
        let report = judged(&derived, Vec::new(), ours).await;
        assert_eq!(report.assessment, level(Level::Low));
        assert_eq!(report.indicators == ["ClientIpDiffers"], differs, "{ours:?} {theirs}");
    }
}

fn rule(claim: &str) -> ClaimRule {
    ClaimRule {
        claim: claim.to_owned(),
        at_least: None,
        one_of: Vec::new(),
        none_of: Vec::new(),
        indicator: "Met".to_owned(),
        level: None,
    }
}

#[tokio::test(start_paused = true)]
async fn rules_name_claims_of_both_halves() {
    let list = |values: &[&str]| values.iter().map(ToString::to_string).collect::<Vec<_>>();
    let assessed = json!({
        "BankID_fpf_classification": "Green",
        "BankID_env": "0.6", "BankID_env_classification": "Yellow", "BankID_irs": "0.9", "BankID_odd": 0.7,
    });
    let cases = [
        (ClaimRule { at_least: Some(60), ..rule("BankID_env") }, true),
        (ClaimRule { at_least: Some(61), ..rule("BankID_env") }, false),
        // Its classification is Unknown: it is no score.
        (ClaimRule { at_least: Some(1), ..rule("BankID_irs") }, false),
        (ClaimRule { at_least: Some(70), ..rule("BankID_odd") }, true),
        (ClaimRule { at_least: Some(1), ..rule("BankID_osName") }, false),
        (ClaimRule { one_of: list(&["Linux", "FreeBSD"]), ..rule("BankID_osName") }, true),
        (ClaimRule { one_of: list(&["linux"]), ..rule("BankID_osName") }, false),
        (ClaimRule { one_of: list(&["en-US"]), ..rule("BankID_language") }, true),
        (ClaimRule { none_of: list(&["Europe/Oslo"]), ..rule("BankID_timeZone") }, false),
        (ClaimRule { none_of: list(&["Europe/Stockholm"]), ..rule("BankID_timeZone") }, true),
        (ClaimRule { none_of: list(&["x"]), ..rule("BankID_missing") }, false),
        (rule("BankID_osName"), false),
    ];
    for (rule, met) in cases {
        for raised in [None, Some(Threshold::Moderate), Some(Threshold::High)] {
            let rule = ClaimRule { level: raised, ..rule.clone() };
            let report = judged(&assessed, vec![rule.clone()], None).await;
            assert_eq!(report.indicators.contains(&"Met".to_owned()), met, "{rule:?}");
            let expected = raised.filter(|_| met).map_or(Level::Low, Threshold::level);
            assert_eq!(report.assessment, level(expected), "{rule:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_rule_never_lowers() {
    let red = json!({ "BankID_fpf_classification": "Red" });
    let rule = ClaimRule {
        one_of: vec!["Linux".to_owned()],
        level: Some(Threshold::Moderate),
        ..rule("BankID_osName")
    };
    assert_eq!(judged(&red, vec![rule.clone()], None).await.assessment, level(Level::High));
    assert_eq!(judged(&json!({}), vec![rule], None).await.assessment, level(Level::Moderate));
}
