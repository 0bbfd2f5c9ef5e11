//! Beside other injectors, called before and after riskgate's, once and again, as the API server does it.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{URL, container, env, injected, plan, told, uninjected};

/// An injector as others write them, with no thought of riskgate: a container in front and one behind, a volume that it mounts
/// into everything, a variable everywhere, marks on the pod. It leaves alone what it finds done.
fn other(pod: &Value) -> Value {
    let mut pod = pod.clone();
    let agent = json!({ "name": "agent", "image": "agent:3", "restartPolicy": "Always" });
    let helper = json!({ "name": "agent-helper", "image": "agent:3" });
    push(&mut pod["spec"]["initContainers"], 0, agent);
    push(&mut pod["spec"]["containers"], usize::MAX, helper);
    push(&mut pod["spec"]["volumes"], 0, json!({ "name": "agent", "emptyDir": {} }));
    for section in ["initContainers", "containers"] {
        for container in pod["spec"][section].as_array_mut().into_iter().flatten() {
            push(&mut container["env"], usize::MAX, json!({ "name": "AGENT", "value": "on" }));
            push(&mut container["volumeMounts"], 0, json!({ "name": "agent", "mountPath": "/agent" }));
        }
    }
    pod["metadata"]["labels"]["agent.example/injected"] = json!("true");
    pod["metadata"]["annotations"]["agent.example/status"] = json!("done");
    pod
}

fn push(list: &mut Value, at: usize, item: Value) {
    if list.is_null() {
        *list = json!([]);
    }
    let list = list.as_array_mut().unwrap();
    if list.iter().all(|it| it["name"] != item["name"]) {
        list.insert(at.min(list.len()), item);
    }
}

fn pod() -> Value {
    json!({
        "metadata": { "labels": { "app": "web" } },
        "spec": {
            "initContainers": [{ "name": "migrate", "image": "web:1" }],
            "containers": [{ "name": "app", "image": "web:1", "env": [{ "name": "MODE", "value": "x" }] }],
        },
    })
}

/// What must hold in whatever order injectors were called.
fn is_sound(pod: &Value) {
    let sidecar = container(pod, "riskgate-sidecar");
    let alone = injected(&json!({ "spec": { "containers": [{ "name": "app" }] } }));
    assert_eq!(sidecar, container(&alone, "riskgate-sidecar"), "nobody changes the sidecar");
    for name in ["app", "agent-helper"] {
        assert_eq!(env(container(pod, name))["BANKID_API_URL"], URL, "{name}");
    }
    assert_eq!(container(pod, "agent")["restartPolicy"], "Always");
    assert_eq!(container(pod, "agent")["image"], "agent:3");
    let mounts = |name: &str| container(pod, name)["volumeMounts"].as_array().unwrap().clone();
    assert!(
        ["app", "agent", "agent-helper"]
            .into_iter()
            .all(|it| mounts(it).iter().all(|m| m["name"] == "agent"))
    );
    assert_eq!(
        pod["metadata"]["labels"],
        json!({
            "app": "web", "agent.example/injected": "true", "riskgate.dev/policy": "retail",
        })
    );
    assert!(plan(pod).unwrap().operations.is_empty(), "another call changes nothing");
}

#[test]
fn the_other_one_first() {
    let after = injected(&other(&pod()));
    is_sound(&after);
    assert_eq!(after["spec"]["initContainers"][0]["name"], "riskgate-sidecar");
    assert_eq!(uninjected(&after), other(&pod()), "what the other one did stays");
}

#[test]
fn the_other_one_afterwards_and_riskgate_again() {
    let between = other(&injected(&pod()));
    let after = injected(&between);
    is_sound(&after);
    assert_eq!(after["spec"]["initContainers"][1]["name"], "riskgate-sidecar", "it keeps its place");
    let names: Vec<&str> = after["spec"]["initContainers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["agent", "riskgate-sidecar", "migrate"]);
    assert!(!env(container(&after, "agent")).contains_key("BANKID_API_URL"), "it starts before the sidecar");
    assert_eq!(uninjected(&after), other(&pod()));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_calls_ends_in_the_same_pod(calls in prop::collection::vec(any::<bool>(), 0..6)) {
        let called = calls.iter().fold(pod(), |pod, ours| if *ours { injected(&pod) } else { other(&pod) });
        // However it began, both are called once more, as `reinvocationPolicy: IfNeeded` has it.
        is_sound(&injected(&other(&called)));
    }
}

#[test]
fn a_mesh_keeps_its_containers_to_itself() {
    for mesh in ["istio-proxy", "istio-init", "linkerd-proxy", "linkerd-init"] {
        let mut pod = pod();
        push(&mut pod["spec"]["initContainers"], 0, json!({ "name": mesh, "restartPolicy": "Always" }));
        let after = injected(&pod);
        assert_eq!(*container(&after, mesh), json!({ "name": mesh, "restartPolicy": "Always" }));
    }
}

/// What Istio does to a pod when it is called after riskgate: probes are asked by its agent.
fn istio(pod: &Value) -> Value {
    let mut pod = pod.clone();
    push(&mut pod["spec"]["initContainers"], 0, json!({ "name": "istio-proxy", "restartPolicy": "Always" }));
    for (probe, path) in
        [("startupProbe", "startupz"), ("readinessProbe", "readyz"), ("livenessProbe", "livez")]
    {
        let path = format!("/app-health/riskgate-sidecar/{path}");
        let sidecar = pod["spec"]["initContainers"].as_array_mut().unwrap();
        let sidecar = sidecar.iter_mut().find(|it| it["name"] == "riskgate-sidecar").unwrap();
        sidecar[probe]["httpGet"] = json!({ "path": path, "port": 15020, "scheme": "HTTP" });
    }
    pod
}

#[test]
fn probes_that_istio_took_over_stay_with_it() {
    let between = istio(&injected(&pod()));
    let after = plan(&between).unwrap();
    assert_eq!(told(&after.warnings), [""; 0]);
    assert!(after.operations.is_empty(), "{:?}", after.operations);
}

#[test]
fn probes_of_nobodys_are_set_again() {
    for (member, value) in [("host", json!("db.shop.svc")), ("path", json!("/app-health/app/readyz"))] {
        let mut between = istio(&injected(&pod()));
        between["spec"]["initContainers"][1]["readinessProbe"]["httpGet"][member] = value;
        let after = injected(&between);
        let target = &container(&after, "riskgate-sidecar")["readinessProbe"]["httpGet"];
        assert_eq!(*target, json!({ "path": "/readyz", "port": 15320, "scheme": "HTTP" }), "{member}");
    }
}

#[test]
fn istio_that_came_first_is_warned_of_until_the_port_is_left_out() {
    let mut pod = pod();
    push(&mut pod["spec"]["containers"], 9, json!({ "name": "istio-proxy" }));
    assert_eq!(
        told(&plan(&pod).unwrap().warnings),
        [
            "ProbesInMesh: istio-proxy keeps the kubelet's probes from port 15320 where the mesh is STRICT; write the annotation traffic.sidecar.istio.io/excludeInboundPorts: \"15320\" on the pod"
        ]
    );
    for ports in ["15320", "9090, 15320", "*"] {
        pod["metadata"]["annotations"]["traffic.sidecar.istio.io/excludeInboundPorts"] = json!(ports);
        assert_eq!(told(&plan(&pod).unwrap().warnings), [""; 0], "{ports}");
    }
}
