//! `riskgate policy validate`.

use crate::golden::compare;
use crate::run::{fixtures, riskgate, riskgate_fed};

#[test]
fn every_problem_is_told_at_once_at_its_place() {
    let ran = riskgate(&["policy", "validate", "wrong.yaml", "unwise.yaml", "other.yaml"]);
    assert_eq!(ran.code, 1);
    compare("validate.txt", &ran.transcript());
}

#[test]
fn the_same_for_programs() {
    let ran =
        riskgate(&["policy", "validate", "--output", "json", "wrong.yaml", "unwise.yaml", "other.yaml"]);
    let mut findings = ran.json();
    for policy in findings["policies"].as_array_mut().unwrap() {
        let revision = policy["revision"].take();
        assert!(revision.as_str().unwrap().starts_with("sha256:"), "{revision}");
    }
    compare("validate.json", &format!("{findings:#}\n"));
}

#[test]
fn warnings_alone_pass_unless_they_must_not() {
    let ran = riskgate(&["policy", "validate", "unwise.yaml"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    assert!(ran.stdout.contains("warning: spec.flows[0].whenUnknown: "), "{}", ran.stdout);
    assert_eq!(riskgate(&["policy", "validate", "--strict", "unwise.yaml"]).code, 1);
    assert_eq!(riskgate(&["policy", "validate", "--strict", "spotless.yaml"]).code, 0);
}

#[test]
fn standard_input_is_a_file_too() {
    let text = std::fs::read_to_string(fixtures().join("wrong.yaml")).unwrap();
    let fed = riskgate_fed(&["policy", "validate", "-"], &text);
    let read = riskgate(&["policy", "validate", "wrong.yaml"]);
    assert_eq!(fed.code, 1);
    assert_eq!(fed.stdout, read.stdout.replace("wrong.yaml:", "stdin:"));
}

#[test]
fn a_file_that_cannot_be_read_hides_nothing_of_the_others() {
    let ran = riskgate(&["policy", "validate", "nowhere.yaml", "unwise.yaml"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.starts_with("nowhere.yaml:1:1: error: No such file"), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("2 files, 1 policy can be used: 1 error, 1 warning\n"), "{}", ran.stdout);
}

#[test]
fn a_misspelt_kind_does_not_pass_for_a_valid_file() {
    let ran = riskgate(&["policy", "validate", "other.yaml"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("error: no RiskPolicy in any file"), "{}", ran.stdout);
}

#[test]
fn without_a_file_the_command_line_is_wrong() {
    let ran = riskgate(&["policy", "validate"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
}
