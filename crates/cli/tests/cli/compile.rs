//! `riskgate policy compile`.

use riskgate_core::SidecarConfig;

use crate::golden::compare;
use crate::run::riskgate;

#[test]
fn a_policy_becomes_the_configuration_that_the_sidecar_reads() {
    let ran = riskgate(&["policy", "compile", "sound.yaml"]);
    compare("compile.txt", &ran.transcript());
    let config = SidecarConfig::from_yaml(&ran.stdout).unwrap();
    assert_eq!(config.policy.to_string(), "shop/sound");

    let json = riskgate(&["policy", "compile", "--output", "json", "sound.yaml"]);
    assert_eq!(SidecarConfig::from_yaml(&json.stdout).unwrap(), config, "JSON is YAML, too");
}

#[test]
fn warnings_do_not_get_into_the_configuration() {
    let ran = riskgate(&["policy", "compile", "unwise.yaml"]);
    assert_eq!(ran.code, 0);
    SidecarConfig::from_yaml(&ran.stdout).unwrap();
    assert!(ran.stderr.starts_with("unwise.yaml:") && ran.stderr.contains(": warning: "), "{}", ran.stderr);
}

#[test]
fn a_policy_with_problems_becomes_nothing() {
    let ran = riskgate(&["policy", "compile", "wrong.yaml"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    compare("compile-wrong.txt", &ran.transcript());
}

#[test]
fn one_of_several_policies_is_chosen_by_name() {
    let ran = riskgate(&["policy", "compile", "two.yaml"]);
    assert_eq!(ran.code, 1);
    assert_eq!(
        ran.stderr,
        "error: two.yaml: holds several policies; write --name with one of: first, second\n"
    );
    let ran = riskgate(&["policy", "compile", "two.yaml", "--name", "second"]);
    assert_eq!(SidecarConfig::from_yaml(&ran.stdout).unwrap().policy.name, "second");
    let ran = riskgate(&["policy", "compile", "two.yaml", "--name", "third"]);
    assert_eq!(
        ran.stderr,
        "error: two.yaml: no policy is named \"third\"; write --name with one of: first, second\n"
    );
}

#[test]
fn a_file_without_a_policy_is_told_so() {
    let ran = riskgate(&["policy", "compile", "other.yaml"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.starts_with("error: other.yaml: no RiskPolicy in it; "), "{}", ran.stderr);
}
