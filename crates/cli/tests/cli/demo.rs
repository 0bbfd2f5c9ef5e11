//! `riskgate demo`.

use std::path::Path;

use riskgate_core::{DecisionRecord, Operation, Provider};
use serde_json::{Value, json};

use crate::run::{Ran, riskgate, root, run};

/// What the policy of the demo demands, written down by hand: operation, the simulated BankID's risk, flow, indication,
/// verdict, what the application saw of it, first reason, and what it received.
const DEMANDED: [[&str; 8]; 16] = [
    ["Auth", "low", "login", "Low", "Allow", "Allow", "BelowThresholds", "complete"],
    ["Auth", "moderate", "login", "Moderate", "Allow", "Allow", "BelowThresholds", "complete"],
    ["Auth", "high", "login", "High", "Block", "Block", "BlockAt", "failed"],
    ["Auth", "absent", "login", "Unknown", "Allow", "Allow", "WhenUnknown", "complete"],
    ["Sign", "low", "transfer", "Low", "Allow", "Allow", "BelowThresholds", "complete"],
    ["Sign", "moderate", "transfer", "Moderate", "Challenge", "Allow", "ChallengeAt", "complete"],
    ["Sign", "high", "transfer", "High", "Block", "Block", "BlockAt", "failed"],
    ["Sign", "absent", "transfer", "Unknown", "Challenge", "Allow", "WhenUnknown", "complete"],
    ["Payment", "low", "payments", "Low", "Allow", "Allow", "BelowThresholds", "complete"],
    ["Payment", "moderate", "payments", "Moderate", "Block", "Block", "BlockAt", "failed"],
    ["Payment", "high", "payments", "High", "Block", "Block", "BlockAt", "failed"],
    ["Payment", "absent", "payments", "Unknown", "Block", "Block", "WhenUnknown", "failed"],
    ["PhoneAuth", "low", "phone", "NotApplicable", "Allow", "Allow", "WhenNotApplicable", "complete"],
    ["PhoneAuth", "moderate", "phone", "NotApplicable", "Allow", "Allow", "WhenNotApplicable", "complete"],
    ["PhoneAuth", "high", "phone", "NotApplicable", "Allow", "Allow", "WhenNotApplicable", "complete"],
    ["PhoneAuth", "absent", "phone", "NotApplicable", "Allow", "Allow", "WhenNotApplicable", "complete"],
];

fn rows(ran: &Ran) -> Vec<Value> {
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.json()["rows"].as_array().unwrap().clone()
}

fn record(row: &Value) -> DecisionRecord<'static> {
    serde_json::from_value(row["decision"].clone()).unwrap()
}

/// Every policy in the folder of examples.
fn examples(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(examples(&path));
        } else if std::fs::read_to_string(&path).unwrap().contains("kind: RiskPolicy") {
            found.push(path.display().to_string());
        }
    }
    assert!(!found.is_empty());
    found
}

/// What `policy explain` says of a row's transaction under `policy`, where it is told what the sources said.
fn explained(policy: &str, row: &Value, output: &str) -> Ran {
    let text = |member: &str| row[member].as_str().unwrap();
    let mut arguments = vec!["policy", "explain", policy, "--output", output];
    arguments.extend([
        "--provider",
        text("provider"),
        "--operation",
        text("operation"),
        "--risk",
        text("risk"),
    ]);
    let said = said(&record(row));
    arguments.extend(said.iter().map(String::as_str));
    riskgate(&arguments)
}

/// What sources said, as options. The provider's own score and indicators are not in its risk alone.
fn said(happened: &DecisionRecord<'_>) -> Vec<String> {
    let mut options = Vec::new();
    for signal in &*happened.signals {
        let place = format!("{}@{:?}", signal.source, signal.phase);
        if signal.source != "provider" {
            options.extend(["--signal".to_owned(), format!("{place}={}", signal.assessment)]);
        }
        options.extend(
            signal.score.into_iter().flat_map(|score| ["--score".to_owned(), format!("{place}={score}")]),
        );
        for indicator in &signal.indicators {
            options.extend(["--indicator".to_owned(), format!("{place}={indicator}")]);
        }
    }
    options
}

#[test]
fn every_transaction_ends_as_the_policy_demands() {
    let ran = riskgate(&["demo", "--output", "json"]);
    for number in ["200001012384", "200001022383", "200001032382", "200001042381"] {
        assert!(!ran.stdout.contains(number), "{ran:?}");
    }
    let rows = rows(&ran);
    assert_eq!(rows.len(), DEMANDED.len());
    for (row, demanded) in rows.iter().zip(DEMANDED) {
        let record = record(row);
        let first = record.reasons[0].code.to_string();
        let seen = [
            row["operation"].as_str().unwrap(),
            row["risk"].as_str().unwrap(),
            record.flow.as_deref().unwrap(),
            record.signals[0].assessment.name(),
            &record.verdict.to_string(),
            &record.enforced.to_string(),
            &first,
            row["received"]["status"].as_str().unwrap(),
        ];
        assert_eq!(seen, demanded);
        let refused = demanded[7] == "failed";
        let hint = if refused { json!("transactionRiskBlocked") } else { Value::Null };
        assert_eq!(row["received"]["hintCode"], hint, "{demanded:?}");
        assert_eq!(row["received"]["headers"]["riskgate-decision-id"], *record.id, "{demanded:?}");
        let verdict = if refused { "block" } else { "allow" };
        assert_eq!(row["received"]["headers"]["riskgate-verdict"], verdict, "{demanded:?}");
        let attached: &[&str] = match demanded[0] {
            "Sign" => &["web.referringDomain", "returnRisk", "requirement.pinCode"],
            "PhoneAuth" => &[],
            _ => &["web.referringDomain", "returnRisk"],
        };
        assert_eq!(record.attached, attached, "{demanded:?}");
    }
}

#[test]
fn what_is_explained_is_what_happens() {
    let mut policies = examples(&root().join("examples"));
    policies.extend(["sound.yaml".to_owned(), "watching.yaml".to_owned()]);
    assert!(policies.len() >= 12, "{policies:?}");
    for policy in &policies {
        for row in rows(&riskgate(&["demo", "--policy", policy, "--output", "json"])) {
            let ran = explained(policy, &row, "json");
            assert_ne!(ran.code, 2, "{policy}: {ran:?}");
            let told: DecisionRecord<'_> = serde_json::from_value(ran.json()).unwrap();
            let happened = record(&row);
            // The one address that is for documentation; phone orders, and BankID Norway's requests, carry none.
            let phone = happened.operation.is_some_and(Operation::is_phone);
            let sent = !phone && happened.provider != Provider::BankIdNo && happened.flow.is_some();
            let private = happened.lint.contains(&"PrivateEndUserIp".to_owned());
            assert_eq!(private, sent && row["risk"] == "absent", "{policy}: {row}");
            assert_eq!(told.transaction.is_some(), happened.transaction.is_some(), "{policy}");
            let mut signals = happened.signals.to_vec();
            for signal in &mut signals {
                (signal.age_ms, signal.latency_ms) = (0, 0);
            }
            // The order, and whose it is, are made up in the one; ports and Secrets are the demo's in the other, and where TIC's
            // webhooks go is what its simulated tenant has.
            let attached = told.attached.iter().filter(|member| *member != "webhookUrl").cloned().collect();
            let told = DecisionRecord { attached, ..told };
            let happened = DecisionRecord {
                id: told.id.clone(),
                time: told.time.clone(),
                pod: told.pod.clone(),
                revision: told.revision.clone(),
                transaction: told.transaction.clone(),
                subject: told.subject.clone(),
                lint: told.lint.clone(),
                signals: signals.into(),
                ..happened
            };
            assert_eq!(told, happened, "{policy}: {ran:?}");
        }
    }
}

#[test]
fn what_is_explained_is_what_the_application_receives() {
    for policy in ["sound.yaml", "watching.yaml"] {
        for row in rows(&riskgate(&["demo", "--policy", policy, "--output", "json"])) {
            let text = explained(policy, &row, "text").stdout;
            for (name, value) in row["received"]["headers"].as_object().unwrap() {
                if name != "riskgate-decision-id" {
                    let line = format!("{name}: {}", value.as_str().unwrap());
                    assert!(text.to_lowercase().contains(&line.to_lowercase()), "{line}\n{text}");
                }
            }
            if let Some(details) = row["received"]["details"].as_str() {
                assert!(text.contains(details), "{details}\n{text}");
            }
            let passes = row["received"]["status"] == "complete";
            assert_eq!(text.contains("the provider's answer, byte for byte"), passes, "{text}");
        }
    }
}

#[test]
fn the_table_tells_every_row_and_no_personal_number() {
    // As the first command in a fresh clone: from its root, without a file of its own.
    let ran = run(&root(), &["demo"], "");
    assert_eq!(ran.code, 0, "{ran:?}");
    for risk in ["low", "moderate", "high", "absent"] {
        let rows = ran.stdout.lines().filter(|line| line.trim_start().starts_with(&format!("{risk} ")));
        assert_eq!(rows.count(), 4, "{}", ran.stdout);
    }
    for flow in ["login (Auth)", "transfer (Sign)", "payments (Payment)", "phone (PhoneAuth)"] {
        assert!(ran.stdout.contains(flow), "{}", ran.stdout);
    }
    for text in [&ran.stdout, &ran.stderr] {
        let longest = text.split(|character: char| !character.is_ascii_digit()).map(str::len).max();
        assert!(longest < Some(10), "there is a number as long as a personal one:\n{text}");
    }
}

#[test]
fn two_sidecars_on_one_store_end_as_one_does() {
    let one = rows(&riskgate(&["demo", "--output", "json"]));
    let two = rows(&riskgate(&["demo", "--replicas", "2", "--output", "json"]));
    let mut crossed = 0;
    for (one, two) in one.iter().zip(&two) {
        for same in ["operation", "risk"] {
            assert_eq!(one[same], two[same]);
        }
        assert_eq!(one["received"]["status"], two["received"]["status"], "{two}");
        let (one, decision) = (record(one), record(two));
        assert_eq!((one.flow, one.verdict, one.reasons), (decision.flow, decision.verdict, decision.reasons));
        let route = &two["route"];
        crossed += usize::from(route["ordered"] != route["collected"]);
        assert_eq!(decision.pod, format!("riskgate-demo-{}", route["collected"]), "who collected it decided");
    }
    assert!(crossed > 0, "no transaction went through both");
    assert_eq!(one.len(), two.len());
}

#[test]
fn the_table_of_two_sidecars_says_which() {
    let ran = riskgate(&["demo", "--replicas", "2"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("PODS") && ran.stdout.contains("1 > 2"), "{}", ran.stdout);
}

#[test]
fn a_policy_that_cannot_be_used_is_told_at_its_place() {
    let ran = riskgate(&["demo", "--policy", "wrong.yaml"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (78, ""));
    assert!(ran.stderr.contains("wrong.yaml:5:9: error: spec.mode: "), "{}", ran.stderr);
}

#[test]
fn standard_input_cannot_be_followed() {
    for arguments in [&["demo", "--policy", "-"][..], &["sidecar", "--policy", "-", "--credentials", "."]] {
        let ran = riskgate(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (78, ""), "{ran:?}");
        assert!(
            ran.stderr.contains("standard input cannot be followed; write the policy to a file"),
            "{ran:?}"
        );
    }
}
