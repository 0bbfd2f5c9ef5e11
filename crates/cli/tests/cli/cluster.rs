//! What asks a cluster, where there is none to ask. The real thing is asked in tests/cluster.

use crate::run::riskgate;

/// Nobody listens there.
const NOWHERE: &str = "unreachable.kubeconfig.yaml";

#[test]
fn a_cluster_that_is_not_there_is_told() {
    let ran = riskgate(&["check", "--kubeconfig", NOWHERE, "--output", "json"]);
    let answer = ran.json();
    assert_eq!((ran.code, &answer["usable"]), (1, &false.into()));
    // What depends on it is not asked.
    assert_eq!(answer["checks"].as_array().unwrap().len(), 1, "{answer}");
    assert_eq!(answer["checks"][0]["check"], "api-server");
    for command in [["status"].as_slice(), &["explain", "pod", "web"]] {
        let ran = riskgate(&[command, &["--kubeconfig", NOWHERE]].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{ran:?}");
        assert!(ran.stderr.contains("cannot be asked for"), "{ran:?}");
    }
}

#[test]
fn a_kubeconfig_that_cannot_be_used_is_named() {
    let ran = riskgate(&["status", "--kubeconfig", "none.yaml"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("--kubeconfig none.yaml cannot be used"), "{ran:?}");
    let ran = riskgate(&["check", "--kubeconfig", NOWHERE, "--context", "other"]);
    assert!(ran.code == 1 && ran.stderr.contains("other"), "{ran:?}");
}

#[test]
fn flags_of_the_cluster_and_of_a_store_do_not_mix() {
    let ran = riskgate(&["check", "--strict", "store", "--policy", "p.yaml", "--credentials", "."]);
    assert_eq!(ran.code, 2, "{ran:?}");
}
