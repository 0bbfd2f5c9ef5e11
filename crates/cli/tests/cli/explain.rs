//! `riskgate policy explain`.

use riskgate_core::{DecisionRecord, SidecarConfig};

use crate::golden::compare;
use crate::run::{Ran, riskgate, riskgate_fed, root};

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

/// The example with every provider and source.
fn everything(arguments: &[&str]) -> Ran {
    let file = root().join("examples/everything.yaml").display().to_string();
    riskgate(&[&["policy", "explain", &file], arguments].concat())
}

#[test]
fn every_provider_and_every_source_can_be_asked_about() {
    let questions: [(&str, &[&str]); 9] = [
        (
            "payment",
            &[
                "--operation",
                "Payment",
                "--risk",
                "low",
                "--signal",
                "onespan-risk=moderate",
                "--signal",
                "fraud=Low",
            ],
        ),
        (
            "screened",
            &[
                "--operation",
                "Auth",
                "--provider",
                "bankid",
                "--risk",
                "low",
                "--signal",
                "ip=Low",
                "--signal",
                "ip@Screen=High",
                "--indicator",
                "ip@Screen=isTor",
            ],
        ),
        ("norway", &["--operation", "Login", "--provider", "norway", "--signal", "security-data=Moderate"]),
        (
            "norway-signature",
            &[
                "--operation",
                "Sign",
                "--provider",
                "norway",
                "--risk",
                "high",
                "--signal",
                "security-data=Unknown",
                "--signal",
                "ip=Low",
            ],
        ),
        (
            "tic",
            &[
                "--operation",
                "Sign",
                "--provider",
                "tic",
                "--risk",
                "low",
                "--score",
                "provider=12",
                "--signal",
                "enrichment=NotApplicable",
                "--indicator",
                "enrichment=noLongerInOffice",
                "--signal",
                "fraud=Low",
            ],
        ),
        (
            "tic-without-webhook",
            &[
                "--operation",
                "Auth",
                "--provider",
                "tic",
                "--signal",
                "provider=Unavailable",
                "--signal",
                "fraud=High",
            ],
        ),
        ("one-span", &["--operation", "Login", "--provider", "onespan", "--risk", "5"]),
        ("one-span-raised", &["--operation", "Login", "--provider", "onespan", "--risk", "absent"]),
        (
            "unknown-session",
            &[
                "--order-unknown",
                "--provider",
                "tic",
                "--risk",
                "low",
                "--signal",
                "enrichment=Low",
                "--signal",
                "fraud=Low",
            ],
        ),
    ];
    for (name, question) in questions {
        let told = everything(question).transcript();
        compare(&format!("explain-everything-{name}.txt"), &told);
    }
}

#[test]
fn what_is_asked_of_sources_must_fit_the_policy() {
    let bankid = ["--operation", "Payment", "--risk", "low"];
    for (question, message) in [
        (
            &["--signal", "fraud=Low"][..],
            "the flow payment asks onespan-risk; write what it says: --signal onespan-risk=",
        ),
        (
            &["--signal", "frod=Low"],
            "the policy has no source \"frod\"; write one of: enrichment, fraud, ip, onespan-risk, security-data, or provider",
        ),
        (&["--signal", "fraud=Severe"], "\"Severe\" is no assessment; write Low, Moderate, High"),
        (&["--signal", "fraud"], "write the source's name and what it says: ip=High"),
        (&["--score", "fraud=95"], "write --signal fraud=… as well"),
        (
            &["--signal", "provider=Low"],
            "--risk and --signal provider=… both say what the provider indicates; write one",
        ),
    ] {
        let ran = everything(&[&bankid, question].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{question:?}");
        assert!(ran.stderr.contains(message), "{question:?}: {}", ran.stderr);
    }
    for (question, message) in [
        (&["--operation", "Auth", "--risk", "low"][..], "write --provider with one of: bankid, tic"),
        (
            &["--operation", "Event", "--provider", "norway"],
            "norway has no operation Event; write --operation with one of: Login, Sign",
        ),
        (
            &["--operation", "Login", "--provider", "onespan"],
            "what does onespan say? Write --risk low, moderate, high or absent",
        ),
        (
            &["--operation", "Login", "--provider", "onespan", "--risk", "0", "--carried", "PinCode"],
            "--carried is of Swedish BankID's orders",
        ),
        (&["--order-unknown", "--provider", "norway"], "no order of it can be unknown"),
    ] {
        let ran = everything(question);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{question:?}");
        assert!(ran.stderr.contains(message), "{question:?}: {}", ran.stderr);
    }
}

#[test]
fn an_empty_input_and_a_folder_are_told_for_what_they_are() {
    let empty = riskgate_fed(&["policy", "explain", "-", "--operation", "Auth", "--risk", "low"], "");
    assert_eq!(empty.code, 78);
    assert!(empty.stderr.starts_with("error: stdin: no RiskPolicy in it; one begins with"), "{empty:?}");
    let folder = explain(&[".", "--operation", "Auth", "--risk", "low"]);
    assert_eq!(folder.code, 78);
    assert!(folder.stderr.contains(".: is a folder; write the files in it"), "{folder:?}");
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
