//! `riskgate policy explain`.

use riskgate_core::{DecisionRecord, SidecarConfig};

use crate::golden::compare;
use crate::run::{Ran, riskgate};

fn explain(arguments: &[&str]) -> Ran {
    riskgate(&[&["policy", "explain"], arguments].concat())
}

#[test]
fn what_would_happen_is_told_with_its_reasons() {
    let questions: [(&str, &[&str]); 11] = [
        ("allowed", &["sound.yaml", "--operation", "Auth", "--risk", "low"]),
        ("left-to-the-application", &["sound.yaml", "--operation", "Auth", "--risk", "moderate"]),
        ("no-indication", &["sound.yaml", "--operation", "Auth", "--risk", "absent"]),
        ("unheard-of", &["sound.yaml", "--operation", "Sign", "--risk", "severe"]),
        ("refused", &["sound.yaml", "--operation", "Sign", "--risk", "HIGH"]),
        ("named-flow", &["sound.yaml", "--operation", "auth", "--risk", "moderate", "--flow", "kiosk"]),
        ("met", &["sound.yaml", "--operation", "Sign", "--risk", "moderate", "--carried", "PinCode,Mrtd"]),
        (
            "own-threshold",
            &["sound.yaml", "--operation", "Auth", "--risk", "moderate", "--requirement-risk", "low"],
        ),
        ("phone", &["sound.yaml", "--operation", "PhoneAuth", "--risk", "low"]),
        ("uncovered", &["sound.yaml", "--operation", "Payment", "--risk", "low"]),
        ("unknown-order", &["sound.yaml", "--order-unknown", "--risk", "moderate"]),
    ];
    for (name, question) in questions {
        compare(&format!("explain-{name}.txt"), &explain(question).transcript());
    }
}

#[test]
fn a_policy_that_monitors_refuses_nothing() {
    for question in [["Sign", "high"], ["Payment", "low"]] {
        let [operation, risk] = question;
        let ran = explain(&["watching.yaml", "--operation", operation, "--risk", risk]);
        compare(&format!("explain-monitor-{operation}.txt"), &ran.transcript());
    }
}

#[test]
fn the_record_has_the_form_of_the_sidecars_and_can_be_computed_again() {
    let config = SidecarConfig::from_yaml(&riskgate(&["policy", "compile", "sound.yaml"]).stdout).unwrap();
    let questions: [&[&str]; 5] = [
        &["--operation", "Sign", "--risk", "high"],
        &["--operation", "Sign", "--risk", "moderate", "--carried", "PinCode"],
        &["--operation", "Auth", "--risk", "moderate", "--requirement-risk", "low"],
        &["--operation", "Payment", "--risk", "low"],
        &["--order-unknown", "--risk", "absent"],
    ];
    for question in questions {
        let ran = explain(&[&["sound.yaml", "--output", "json"], question].concat());
        let record: DecisionRecord<'_> = serde_json::from_value(ran.json()).unwrap();
        let again = record.recompute(&config);
        assert_eq!((again.verdict, again.enforced()), (record.verdict, record.enforced), "{question:?}");
        assert_eq!(again.reasons, *record.reasons, "{question:?}");
        assert_eq!(record.revision, config.revision());
        assert_eq!(ran.code, i32::from(record.enforced == riskgate_core::Verdict::Block), "{question:?}");
    }
}

#[test]
fn what_the_policy_does_not_have_is_named_with_what_it_has() {
    let refused: [(&[&str], &str); 3] = [
        (
            &["sound.yaml", "--operation", "Auth", "--risk", "low", "--flow", "transfer"],
            "no flow \"transfer\" covers Auth, and the sidecar refuses such a request; write --flow with one of: login, kiosk",
        ),
        (
            &["sound.yaml", "--operation", "Auth", "--risk", "low", "--provider", "norway"],
            "the policy has no provider \"norway\"; write --provider with one of: bankid",
        ),
        (
            &["two.yaml", "--operation", "Auth", "--risk", "low"],
            "two.yaml: holds several policies; write --name with one of: first, second",
        ),
    ];
    let codes = [2, 2, 78];
    for ((question, message), code) in refused.into_iter().zip(codes) {
        let ran = explain(question);
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{question:?}");
        assert!(ran.stderr.contains(message), "{question:?}: {}", ran.stderr);
    }
}

#[test]
fn a_policy_that_cannot_be_used_explains_nothing() {
    let ran = explain(&["wrong.yaml", "--operation", "Auth", "--risk", "low"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (78, ""));
    assert!(ran.stderr.contains("wrong.yaml:5:9: error: spec.mode: "), "{}", ran.stderr);
}

#[test]
fn questions_that_make_no_sense_are_refused() {
    let questions: [&[&str]; 4] = [
        &["sound.yaml", "--risk", "low"],
        &["sound.yaml", "--operation", "Auth"],
        &["sound.yaml", "--operation", "Login", "--risk", "low"],
        &["sound.yaml", "--order-unknown", "--operation", "Auth", "--risk", "low"],
    ];
    for question in questions {
        assert_eq!(explain(question).code, 2, "{question:?}");
    }
}
