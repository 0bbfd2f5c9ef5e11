//! `riskgate demo --all`: every service, and every source.

use std::collections::BTreeSet;

use riskgate_core::{DecisionRecord, SidecarConfig};
use serde_json::Value;

use crate::run::{Ran, riskgate, root, run};

/// What examples/everything.yaml demands, written down by hand: flow, risk, what the sources say (the provider first, in the order
/// in which they are asked; `-` where the provider never heard of it), verdict, what the application saw of it, and what it
/// received.
const DEMANDED: [[&str; 6]; 32] = [
    ["login", "low", "Low, ip Low", "Allow", "Allow", "complete"],
    ["login", "moderate", "Moderate, ip Moderate", "Allow", "Allow", "complete"],
    ["login", "high", "-, ip High", "Block", "Block", "400 transactionRiskBlocked"],
    ["login", "absent", "Unknown, ip Unknown", "Challenge", "Allow", "complete"],
    ["payment", "low", "Low, onespan-risk Low, fraud Low", "Allow", "Allow", "complete"],
    [
        "payment",
        "moderate",
        "Moderate, onespan-risk Moderate, fraud Moderate",
        "Challenge",
        "Allow",
        "complete",
    ],
    ["payment", "high", "-, onespan-risk High", "Block", "Block", "400 transactionRiskBlocked"],
    ["payment", "absent", "Unknown, onespan-risk Unknown, fraud Unknown", "Challenge", "Allow", "complete"],
    ["norwegian-login", "low", "NotApplicable, security-data Low", "Allow", "Allow", "Bearer"],
    [
        "norwegian-login",
        "moderate",
        "NotApplicable, security-data Moderate",
        "Challenge",
        "Block",
        "400 insufficient_user_authentication",
    ],
    ["norwegian-login", "high", "NotApplicable, security-data High", "Block", "Block", "400 access_denied"],
    ["norwegian-login", "absent", "NotApplicable, security-data Unknown", "Allow", "Allow", "Bearer"],
    ["norwegian-signature", "low", "NotApplicable, security-data Low, ip Low", "Allow", "Allow", "Bearer"],
    [
        "norwegian-signature",
        "moderate",
        "NotApplicable, security-data Moderate, ip Moderate",
        "Block",
        "Block",
        "400 access_denied",
    ],
    [
        "norwegian-signature",
        "high",
        "NotApplicable, security-data High, ip High",
        "Block",
        "Block",
        "400 access_denied",
    ],
    [
        "norwegian-signature",
        "absent",
        "NotApplicable, security-data Unknown, ip Unknown",
        "Block",
        "Block",
        "400 access_denied",
    ],
    ["adaptive-login", "low", "Low", "Allow", "Allow", "0 accepted"],
    ["adaptive-login", "moderate", "Moderate", "Challenge", "Allow", "3 pending"],
    ["adaptive-login", "high", "High", "Block", "Block", "1 refused"],
    ["adaptive-login", "absent", "Unknown", "Challenge", "Block", "3 pending"],
    ["adaptive-transfer", "low", "Low, ip Low, fraud Low", "Allow", "Allow", "0 accepted"],
    ["adaptive-transfer", "moderate", "Moderate, ip Moderate, fraud Moderate", "Block", "Block", "1 refused"],
    ["adaptive-transfer", "high", "-, ip High", "Block", "Block", "1 refused"],
    ["adaptive-transfer", "absent", "Unknown, ip Unknown, fraud Unknown", "Allow", "Allow", "pending"],
    ["tic-login", "low", "Low", "Allow", "Allow", "complete auth.completed"],
    ["tic-login", "moderate", "Moderate", "Allow", "Allow", "complete auth.completed"],
    ["tic-login", "high", "High", "Block", "Block", "failed cancelled auth.failed"],
    ["tic-login", "absent", "Unknown", "Allow", "Allow", "complete auth.completed"],
    ["tic-signature", "low", "Low, enrichment Low, fraud Low", "Allow", "Allow", "complete sign.completed"],
    [
        "tic-signature",
        "moderate",
        "Moderate, enrichment Moderate, fraud Moderate",
        "Challenge",
        "Allow",
        "complete sign.completed",
    ],
    [
        "tic-signature",
        "high",
        "High, enrichment High, fraud High",
        "Block",
        "Block",
        "failed cancelled sign.failed",
    ],
    [
        "tic-signature",
        "absent",
        "Unknown, enrichment Unknown, fraud Unknown",
        "Block",
        "Block",
        "failed cancelled sign.failed",
    ],
];

fn all(arguments: &[&str]) -> Ran {
    let ran = run(&root(), &[&["demo", "--all"], arguments].concat(), "");
    assert_eq!(ran.code, 0, "{ran:?}");
    ran
}

fn record(row: &Value) -> DecisionRecord<'static> {
    serde_json::from_value(row["decision"].clone()).unwrap()
}

/// What the sources said, each once.
fn signals(record: &DecisionRecord<'_>) -> String {
    let own = record.signals.iter().find(|signal| signal.source == "provider");
    let mut said = vec![own.map_or("-", |signal| signal.assessment.name()).to_owned()];
    for signal in record.signals.iter().filter(|signal| signal.source != "provider") {
        let text = format!("{} {}", signal.source, signal.assessment);
        if !said.contains(&text) {
            said.push(text);
        }
    }
    said.join(", ")
}

/// The words of an answer that tell how it went.
fn received(row: &Value) -> String {
    let answer = &row["received"];
    let mut words: Vec<String> = Vec::new();
    if answer["httpStatus"] != 200 {
        words.push(answer["httpStatus"].to_string());
    }
    for name in [
        "status",
        "hintCode",
        "errorCode",
        "error",
        "token_type",
        "riskResponseCode",
        "sessionStatus",
        "webhook",
    ] {
        match &answer[name] {
            Value::Null => {}
            Value::String(text) => words.push(text.clone()),
            other => words.push(other.to_string()),
        }
    }
    words.join(" ")
}

#[test]
fn every_transaction_ends_as_the_policy_demands() {
    let ran = all(&["--output", "json"]);
    let report = ran.json();
    let rows = report["rows"].as_array().unwrap();
    assert_eq!(rows.len(), DEMANDED.len());
    for (row, demanded) in rows.iter().zip(DEMANDED) {
        let record = record(row);
        let seen = [
            record.flow.as_deref().unwrap(),
            row["risk"].as_str().unwrap(),
            &signals(&record),
            &record.verdict.to_string(),
            &record.enforced.to_string(),
            &received(row),
        ];
        assert_eq!(seen, demanded);
        assert_eq!(row["received"]["headers"]["riskgate-decision-id"], *record.id, "{demanded:?}");
    }
    for number in ["200001012384", "200001022383", "200001032382", "200001042381"] {
        assert!(!ran.stdout.contains(number), "{ran:?}");
    }
}

#[test]
fn the_table_tells_every_provider_and_every_source() {
    let ran = all(&[]);
    let compiled = run(&root(), &["policy", "compile", "examples/everything.yaml"], "");
    let config = SidecarConfig::from_yaml(&compiled.stdout).unwrap();
    let kinds: BTreeSet<&str> = config.sources.iter().map(|source| source.kind.name()).collect();
    assert_eq!(kinds.len(), 5, "the example has every kind of source: {kinds:?}");
    for source in &config.sources {
        for level in ["Low", "Moderate", "High"] {
            let told = format!("{} {level}", source.name);
            assert!(ran.stdout.contains(&told), "{told}\n{}", ran.stdout);
        }
    }
    for provider in &config.providers {
        let told = format!("({} ", provider.provider());
        assert!(ran.stdout.contains(&told), "{told}\n{}", ran.stdout);
    }
    assert_eq!(config.providers.len(), 4);
    for flow in &config.flows {
        assert!(ran.stdout.contains(&format!("\n{} (", flow.name)), "{}\n{}", flow.name, ran.stdout);
    }
}

#[test]
fn sidecars_that_share_a_store_play_it_too() {
    let ran = all(&["--replicas", "2", "--output", "json"]);
    let report = ran.json();
    for (row, demanded) in report["rows"].as_array().unwrap().iter().zip(DEMANDED) {
        assert_eq!(received(row), demanded[5], "{demanded:?}: {row}");
    }
}

#[test]
fn a_policy_of_ones_own_is_not_all_of_them() {
    let ran = riskgate(&["demo", "--all", "--policy", "sound.yaml"]);
    assert_eq!(ran.code, 2, "{ran:?}");
}

#[test]
fn what_is_not_played_is_told() {
    let policy = root().join("examples/bankid-se/ip-intelligence.yaml").display().to_string();
    let ran = riskgate(&["demo", "--policy", &policy, "--output", "json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.json()["leftOut"], serde_json::json!(["databases of the source ip"]));
}
