//! Pods that carry something of riskgate's already: injected under an earlier policy, copied, or forged.

use serde_json::{Value, json};

use riskgate_inject::{Bindings, Pod, inject, uninject};

use crate::support::{
    NAMESPACE, URL, applied, bindings, container, env, injected, options, plan, spec, status, told,
    uninjected, wanted,
};

fn pod() -> Value {
    json!({ "spec": { "containers": [{ "name": "app", "image": "web:1" }] } })
}

/// The bindings of the policy when it was another one.
fn earlier() -> Bindings {
    let mut spec = spec();
    spec.providers[0].listen.port = 15391;
    spec.providers[0].listen.env = vec!["OLD_URL".to_owned(), "BANKID_API_URL".to_owned()];
    spec.pseudonym_key_ref = None;
    Bindings::of(NAMESPACE, "retail", &spec).unwrap()
}

#[test]
fn a_pod_of_an_earlier_policy_becomes_one_of_todays() {
    let patch = inject(&Pod::new(&pod()).unwrap(), &wanted(), &earlier(), &options()).unwrap();
    let before = applied(&pod(), &patch.operations);
    assert_eq!(env(container(&before, "app"))["OLD_URL"], "http://127.0.0.1:15391");
    assert!(status(&before).is_outdated(&bindings()) && !status(&before).is_outdated(&earlier()));

    let after = injected(&before);
    let variables = env(container(&after, "app"));
    assert_eq!(variables.get("OLD_URL"), None);
    assert_eq!((variables["BANKID_API_URL"].as_str(), variables["BANKID_URL"].as_str()), (URL, URL));
    assert!(!status(&after).is_outdated(&bindings()));
    assert_eq!(after["spec"]["volumes"], injected(&pod())["spec"]["volumes"]);
    assert_eq!(uninjected(&after), pod());
}

#[test]
fn a_pod_that_changes_its_policy_does_not_come_back_to_the_first() {
    let other = Bindings::of(NAMESPACE, "staff", &spec()).unwrap();
    let before = injected(&pod());
    let patch = inject(&Pod::new(&before).unwrap(), &wanted(), &other, &options()).unwrap();
    let after = applied(&before, &patch.operations);
    assert_eq!(after["metadata"]["labels"]["riskgate.dev/policy"], "staff");
    assert_eq!(status(&after).policy, "staff");
    assert_eq!(uninjected(&after), pod());
}

#[test]
fn a_forged_sidecar_is_replaced_wherever_it_stands() {
    let genuine = injected(&pod());
    let forged = json!({ "name": "riskgate-sidecar", "image": "mine", "command": ["sh"], "future": 1 });
    let told_of = |section: &str| {
        vec![format!(
            "ContainerReplaced: spec.{section}{{riskgate-sidecar}}: the name is riskgate's, and the container was replaced; write another name"
        )]
    };
    let mut pods = Vec::new();
    for section in ["containers", "initContainers"] {
        let mut with = pod();
        let mut list = with["spec"][section].as_array().cloned().unwrap_or_default();
        list.extend([forged.clone(), forged.clone()]);
        with["spec"][section] = list.into();
        assert_eq!(told(&plan(&with).unwrap().warnings), told_of(section));
        pods.push(injected(&with));
    }
    for after in pods {
        assert_eq!(after["spec"]["containers"], genuine["spec"]["containers"]);
        assert_eq!(after["spec"]["initContainers"], genuine["spec"]["initContainers"]);
        assert_eq!(status(&after).warnings, []);
    }
}

#[test]
fn a_forged_sidecar_keeps_no_place_behind_other_containers() {
    let migrate = json!({ "name": "migrate", "image": "web:1" });
    // As like ours as anybody can write it, but for the status.
    let genuine = injected(&pod())["spec"]["initContainers"][0].clone();
    let image = json!({ "name": "riskgate-sidecar", "image": "mine", "restartPolicy": "Always" });
    let mut clean = pod();
    clean["spec"]["initContainers"] = json!([migrate]);
    let wanted = injected(&clean);
    assert_eq!(env(container(&wanted, "migrate"))["BANKID_API_URL"], URL);
    for forged in [genuine, image] {
        for list in [json!([migrate, forged]), json!([forged, migrate]), json!([forged, migrate, forged])] {
            let mut with = pod();
            with["spec"]["initContainers"] = list;
            with["metadata"] = json!({ "annotations": { "riskgate.dev/status": "{}" } });
            assert_eq!(plan(&with).unwrap().warnings.len(), 1);
            let after = injected(&with);
            assert_eq!(after["spec"], wanted["spec"]);
            assert!(plan(&after).unwrap().operations.is_empty());
            assert_eq!(uninjected(&after)["spec"], clean["spec"]);
        }
    }
}

#[test]
fn a_genuine_sidecar_keeps_its_place_behind_what_came_in_front_of_it() {
    let mut after = injected(&pod());
    let mesh = json!({ "name": "mesh-init", "image": "mesh:1" });
    after["spec"]["initContainers"].as_array_mut().unwrap().insert(0, mesh);
    assert!(plan(&after).unwrap().operations.is_empty());
}

#[test]
fn forged_volumes_label_and_status_are_replaced() {
    let mut forged = pod();
    forged["metadata"] = json!({
        "labels": { "riskgate.dev/policy": "lenient" },
        "annotations": { "riskgate.dev/status": "{\"policy\":\"lenient\"}" },
    });
    forged["spec"]["volumes"] = json!([
        { "name": "riskgate", "hostPath": { "path": "/" } },
        { "name": "riskgate-no-token", "emptyDir": {} },
    ]);
    let after = injected(&forged);
    let genuine = injected(&pod());
    assert_eq!(after["spec"]["volumes"], genuine["spec"]["volumes"]);
    assert_eq!(after["metadata"]["labels"], genuine["metadata"]["labels"]);
    assert_eq!((status(&after).policy, status(&after).bindings), ("retail".to_owned(), bindings().hash()));
    assert!(plan(&after).unwrap().operations.is_empty());
    assert_eq!(
        uninjected(&after)["metadata"]["labels"],
        forged["metadata"]["labels"],
        "the label comes back"
    );
}

#[test]
fn a_forged_status_takes_nothing_from_the_pods_own_variables() {
    let mut forged = injected(&pod());
    let text = forged["metadata"]["annotations"]["riskgate.dev/status"].as_str().unwrap().to_owned();
    let mut status: Value = serde_json::from_str(&text).unwrap();
    status["env"]["app"] = json!(["PATH", "BANKID_API_URL"]);
    forged["metadata"]["annotations"]["riskgate.dev/status"] = json!(status.to_string());
    let path = json!({ "name": "PATH", "value": "/bin" });
    forged["spec"]["containers"][0]["env"].as_array_mut().unwrap().push(path.clone());
    for after in [injected(&forged), uninjected(&forged)] {
        assert!(container(&after, "app")["env"].as_array().unwrap().contains(&path), "{after:#}");
    }
}

#[test]
fn without_a_status_what_has_riskgates_name_goes_and_nothing_else() {
    let mut pod = injected(&pod());
    pod["metadata"]["annotations"] = json!({ "other": "x" });
    let after = uninjected(&pod);
    assert_eq!(after["spec"]["initContainers"], json!([]));
    assert_eq!(after["spec"]["volumes"], json!([]));
    assert_eq!(after["metadata"], json!({ "labels": {}, "annotations": { "other": "x" } }));
    assert_eq!(env(container(&after, "app"))["BANKID_API_URL"], URL, "nobody says whose it is");
}

#[test]
fn a_pod_that_only_opted_in_has_nothing_to_undo() {
    let pod = json!({
        "metadata": { "labels": { "riskgate.dev/policy": "a" }, "annotations": { "riskgate.dev/policy": "a" } },
        "spec": { "containers": [] },
    });
    assert!(uninject(&Pod::new(&pod).unwrap()).is_empty());
}

#[test]
fn what_the_api_server_spells_otherwise_is_not_changed_back() {
    let mut options = options();
    options.resources.memory_limit = "1024Mi".parse().unwrap();
    let plan = |pod: &Value| inject(&Pod::new(pod).unwrap(), &wanted(), &bindings(), &options).unwrap();
    let mut after = applied(&pod(), &plan(&pod()).operations);
    after["spec"]["initContainers"][0]["resources"] = json!({
        "limits": { "cpu": "2", "memory": "1Gi", "ephemeral-storage": "2Gi" },
        "requests": { "cpu": "20m", "memory": "32Mi", "ephemeral-storage": "1Gi" },
    });
    assert!(plan(&after).operations.is_empty(), "what a LimitRange gave, and other spelling, stay");
    after["spec"]["initContainers"][0]["resources"]["limits"]["memory"] = json!("2Gi");
    assert!(!plan(&after).operations.is_empty(), "what was set is set again");
}

#[test]
fn an_annotation_that_is_taken_away_leaves_nothing_behind() {
    let mut pod = pod();
    let plain = injected(&pod);
    pod["metadata"] = json!({ "annotations": { "riskgate.dev/cpu-limit": "1" } });
    let mut after = injected(&pod);
    assert_eq!(container(&after, "riskgate-sidecar")["resources"]["limits"]["cpu"], "1");
    after["metadata"]["annotations"].as_object_mut().unwrap().remove("riskgate.dev/cpu-limit");
    let again = injected(&after);
    assert_eq!(container(&again, "riskgate-sidecar"), container(&plain, "riskgate-sidecar"));
}
