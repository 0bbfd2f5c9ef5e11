//! Every reason is met by a test, with the words that people read; and the container passes what clusters ask of it.

use std::collections::BTreeSet;
use std::fs;

use riskgate_inject::{Outcome, Reason};
use serde_json::{Value, json};

use crate::support::{container, injected, plan, root, told};

#[test]
fn every_reason_is_told_in_some_test() {
    let folders = [
        "crates/inject/golden",
        "crates/inject/tests/inject",
        "crates/inject/src",
        "crates/inject/src/bindings",
    ];
    let mut text = String::new();
    for entry in folders.iter().flat_map(|folder| fs::read_dir(root().join(folder)).unwrap()) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        // Of the sources only their own tests; of the golden files what came out.
        let tests = if path.to_string_lossy().contains("/src/") && !path.ends_with("tests.rs") {
            source.split_once("#[cfg(test)]").map(|(_, tests)| tests.to_owned()).unwrap_or_default()
        } else if path.to_string_lossy().ends_with(".in.yaml") || path.ends_with("reason.rs") {
            String::new()
        } else {
            source
        };
        text.push_str(&tests);
    }
    let told = |reason: &&Reason| {
        text.contains(&format!("{reason}: ")) || text.contains(&format!("Reason::{reason}"))
    };
    let untold: Vec<&Reason> =
        Reason::ALL.iter().filter(|it| it.outcome() != Outcome::Injected).filter(|it| !told(it)).collect();
    assert_eq!(untold, Vec::<&Reason>::new());
}

#[test]
fn ports_of_every_container_are_looked_at_and_only_tcp_clashes() {
    let pod = |list: &str, port: Value| {
        let mut pod = json!({ "spec": { "containers": [{ "name": "app" }] } });
        pod["spec"][list] = json!([{ "name": "x", "ports": [port] }]);
        pod
    };
    for port in [15300, 15320, 15381, 15382] {
        for list in ["containers", "initContainers"] {
            let refusal = plan(&pod(list, json!({ "containerPort": port }))).unwrap_err();
            assert_eq!(refusal.reason(), Reason::PortClash);
            let place =
                format!("spec.{list}{{x}}.ports[0].containerPort: {port} is the sidecar's own by spec.");
            assert!(refusal.to_string().starts_with(&place), "{refusal}");
        }
        assert!(plan(&pod("containers", json!({ "containerPort": port, "protocol": "UDP" }))).is_ok());
    }
}

#[test]
fn switches_that_are_off_are_none() {
    let pod = json!({ "spec": {
        "hostNetwork": false, "hostPID": false, "shareProcessNamespace": false, "os": { "name": "linux" },
        "containers": [{ "name": "app" }],
    } });
    assert!(plan(&pod).is_ok());
}

#[test]
fn a_variable_that_points_at_the_sidecar_already_is_nobodys_concern() {
    let env = json!([
        { "name": "BANKID_API_URL", "value": "http://127.0.0.1:15381" },
        { "name": "BANKID_URL", "valueFrom": { "configMapKeyRef": { "name": "web", "key": "url" } } },
    ]);
    let pod = json!({ "spec": { "containers": [{ "name": "app", "env": env }] } });
    let patch = plan(&pod).unwrap();
    assert_eq!(
        told(&patch.warnings),
        [
            "EnvKept: spec.containers{app}.env: BANKID_URL is set by the pod and stays, so that its requests may pass the sidecar by; leave it out, or write http://127.0.0.1:15381"
        ]
    );
    let set: Vec<&str> = patch.status.env["app"].iter().map(String::as_str).collect();
    assert_eq!(set, ["STAFF_BANKID_URL"], "what the pod set is not undone");
}

/// The Pod Security Standard `restricted`, as far as one container can keep or break it.
#[test]
fn the_container_is_restricted_whatever_the_pod_is() {
    let pod = json!({ "spec": {
        "securityContext": { "runAsUser": 0, "runAsNonRoot": false, "seccompProfile": { "type": "Unconfined" } },
        "containers": [{ "name": "app", "securityContext": { "privileged": true } }],
    } });
    let after = injected(&pod);
    let context = &container(&after, "riskgate-sidecar")["securityContext"];
    assert_eq!(
        *context,
        json!({
            "allowPrivilegeEscalation": false,
            "capabilities": { "drop": ["ALL"] },
            "privileged": false,
            "readOnlyRootFilesystem": true,
            "runAsGroup": 65532,
            "runAsNonRoot": true,
            "runAsUser": 65532,
            "seccompProfile": { "type": "RuntimeDefault" },
        })
    );
    let kinds: BTreeSet<&str> = after["spec"]["volumes"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|volume| volume.as_object().unwrap().keys().map(String::as_str))
        .collect();
    assert_eq!(kinds, BTreeSet::from(["emptyDir", "name", "projected"]));
    assert_eq!(after["spec"]["securityContext"], pod["spec"]["securityContext"]);
    assert_eq!(after["spec"]["containers"][0]["securityContext"], json!({ "privileged": true }));
}

#[test]
fn credentials_are_mounted_into_the_sidecar_alone_and_it_holds_no_token() {
    let after = injected(&json!({ "spec": { "containers": [{ "name": "app" }, { "name": "b" }] } }));
    for list in ["initContainers", "containers"] {
        for it in after["spec"][list].as_array().unwrap().iter().filter(|it| it["name"] != "riskgate-sidecar")
        {
            assert!(it["volumeMounts"].is_null(), "{it}");
        }
    }
    let mounts = container(&after, "riskgate-sidecar")["volumeMounts"].as_array().unwrap();
    assert!(mounts.iter().all(|it| it["readOnly"] == true && it["subPath"].is_null()));
    assert!(mounts.iter().any(|it| it["mountPath"] == "/var/run/secrets/kubernetes.io/serviceaccount"));
}

#[test]
fn the_platform_may_choose_the_user() {
    let mut options = crate::support::options();
    options.run_as = None;
    let pod = json!({ "spec": { "containers": [{ "name": "app" }] } });
    let looked = riskgate_inject::Pod::new(&pod).unwrap();
    let patch =
        riskgate_inject::inject(&looked, &crate::support::wanted(), &crate::support::bindings(), &options)
            .unwrap();
    let after = crate::support::applied(&pod, &patch.operations);
    let context = &container(&after, "riskgate-sidecar")["securityContext"];
    assert_eq!((&context["runAsUser"], &context["runAsNonRoot"]), (&Value::Null, &json!(true)));
}
