//! Sizes: always set, within the pod's class, and as the pod's annotations say.

use riskgate_inject::Reason;
use serde_json::{Value, json};

use crate::support::{container, injected, plan};

fn pod(annotations: &Value, spec: &Value) -> Value {
    let mut pod = json!({ "metadata": { "annotations": annotations }, "spec": spec });
    if pod["spec"]["containers"].is_null() {
        pod["spec"]["containers"] = json!([{ "name": "app" }]);
    }
    pod
}

fn resources(annotations: &Value, spec: &Value) -> Value {
    container(&injected(&pod(annotations, spec)), "riskgate-sidecar")["resources"].clone()
}

fn guaranteed() -> Value {
    json!({ "containers": [
        { "name": "app", "resources": { "limits": { "cpu": "1", "memory": "1Gi" } } },
        { "name": "b", "resources": { "limits": { "cpu": 0.5, "memory": "1Gi" }, "requests": { "cpu": "500m", "memory": "1024Mi" } } },
    ] })
}

/// The class of a pod by Kubernetes' own rule, written down here a second time.
fn class(pod: &Value) -> &'static str {
    let list = |name: &str| pod["spec"][name].as_array().cloned().unwrap_or_default();
    let all = [list("initContainers"), list("containers")].concat();
    let amounts = |section: &str, name: &str| -> Vec<Value> {
        all.iter().map(|it| it["resources"][section][name].clone()).collect()
    };
    let nothing =
        |section: &str| ["cpu", "memory"].iter().all(|it| amounts(section, it).iter().all(Value::is_null));
    let same = |name: &str| {
        let quantity = |it: &Value| {
            it.as_str().map_or_else(|| it.to_string(), str::to_owned).parse::<riskgate_inject::Quantity>()
        };
        amounts("limits", name).iter().zip(amounts("requests", name)).all(|(limit, request)| {
            !limit.is_null() && (request.is_null() || quantity(limit).unwrap() == quantity(&request).unwrap())
        })
    };
    match (nothing("limits") && nothing("requests"), same("cpu") && same("memory")) {
        (true, _) => "BestEffort",
        (_, true) => "Guaranteed",
        _ => "Burstable",
    }
}

#[test]
fn sizes_are_always_set() {
    let set = json!({ "limits": { "memory": "128Mi" }, "requests": { "cpu": "20m", "memory": "32Mi" } });
    assert_eq!(resources(&json!({}), &json!({})), set);
    assert_eq!(class(&injected(&pod(&json!({}), &json!({})))), "Burstable");
}

#[test]
fn resources_of_the_pod_that_say_no_amount_are_as_good_as_none() {
    let set = resources(&json!({}), &json!({}));
    for empty in [
        json!({}),
        json!({ "limits": {} }),
        json!({ "limits": null, "requests": { "cpu": null } }),
        json!({ "claims": [{ "name": "gpu" }] }),
    ] {
        assert_eq!(resources(&json!({}), &json!({ "resources": empty })), set, "{empty}");
    }
    for amount in [json!({ "requests": { "memory": "1Gi" } }), json!({ "limits": { "cpu": "1" } })] {
        assert_eq!(resources(&json!({}), &json!({ "resources": amount })), json!({}), "{amount}");
    }
}

#[test]
fn a_guaranteed_pod_stays_guaranteed() {
    let memory = |size: &str| json!({ "cpu": "200m", "memory": size });
    for (annotations, amount) in [
        (json!({}), memory("128Mi")),
        (json!({ "riskgate.dev/memory-request": "48Mi" }), memory("48Mi")),
        (
            json!({ "riskgate.dev/cpu-limit": "1", "riskgate.dev/memory-limit": "64Mi" }),
            json!({ "cpu": "1", "memory": "64Mi" }),
        ),
        (
            json!({ "riskgate.dev/cpu-limit": "1", "riskgate.dev/cpu-request": "1000m" }),
            json!({ "cpu": "1", "memory": "128Mi" }),
        ),
    ] {
        let pod = pod(&annotations, &guaranteed());
        assert_eq!((class(&pod), class(&injected(&pod))), ("Guaranteed", "Guaranteed"));
        assert_eq!(resources(&annotations, &guaranteed()), json!({ "limits": amount, "requests": amount }));
    }
}

#[test]
fn a_pod_that_is_not_guaranteed_is_not_taken_for_one() {
    let almost: [fn(&mut Value); 5] = [
        |spec| spec["containers"][0]["resources"]["requests"] = json!({ "cpu": "900m" }),
        |spec| spec["containers"][0]["resources"]["limits"]["memory"] = Value::Null,
        |spec| spec["containers"][1]["resources"] = json!({ "limits": { "cpu": 0, "memory": "1Gi" } }),
        |spec| spec["initContainers"] = json!([{ "name": "init" }]),
        |spec| spec["containers"].as_array_mut().unwrap().push(json!({ "name": "c" })),
    ];
    for change in almost {
        let mut spec = guaranteed();
        change(&mut spec);
        assert_eq!(resources(&json!({}), &spec)["requests"]["cpu"], "20m", "{spec}");
    }
}

#[test]
fn a_pod_with_resources_of_its_own_keeps_to_them() {
    let spec = json!({ "resources": { "limits": { "cpu": "1", "memory": "1Gi" } } });
    assert_eq!(resources(&json!({}), &spec), json!({}));
    let annotations = json!({ "riskgate.dev/memory-request": "32Mi", "riskgate.dev/memory-limit": "64Mi" });
    assert_eq!(
        resources(&annotations, &spec),
        json!({ "limits": { "memory": "64Mi" }, "requests": { "memory": "32Mi" } })
    );
}

#[test]
fn what_a_pod_says_of_one_bound_moves_the_other() {
    for (annotations, set) in [
        (
            json!({ "riskgate.dev/memory-limit": "24Mi" }),
            json!({ "limits": { "memory": "24Mi" }, "requests": { "cpu": "20m", "memory": "24Mi" } }),
        ),
        (
            json!({ "riskgate.dev/memory-request": "256Mi", "riskgate.dev/cpu-request": "1" }),
            json!({ "limits": { "memory": "256Mi" }, "requests": { "cpu": "1", "memory": "256Mi" } }),
        ),
        (
            json!({ "riskgate.dev/cpu-limit": "10m" }),
            json!({ "limits": { "cpu": "10m", "memory": "128Mi" }, "requests": { "cpu": "10m", "memory": "32Mi" } }),
        ),
    ] {
        assert_eq!(resources(&annotations, &json!({})), set);
    }
}

#[test]
fn probes_are_as_slow_as_the_pod_says() {
    let annotations = json!({
        "riskgate.dev/startup-period-seconds": "3",
        "riskgate.dev/readiness-timeout-seconds": "4",
        "riskgate.dev/liveness-failure-threshold": "5",
    });
    let after = injected(&pod(&annotations, &json!({})));
    let sidecar = container(&after, "riskgate-sidecar");
    let timing = |probe: &str| {
        ["periodSeconds", "timeoutSeconds", "failureThreshold"].map(|it| sidecar[probe][it].as_u64().unwrap())
    };
    assert_eq!(timing("startupProbe"), [3, 2, 120]);
    assert_eq!(timing("readinessProbe"), [5, 4, 3]);
    assert_eq!(timing("livenessProbe"), [10, 5, 5]);
}

#[test]
fn annotations_that_contradict_are_refused() {
    for (annotations, spec, told) in [
        (
            json!({ "riskgate.dev/cpu-request": "2", "riskgate.dev/cpu-limit": "1" }),
            json!({}),
            "metadata.annotations.riskgate.dev/cpu-request, -limit: a request of 2 is above the limit of 1; write a request not above it",
        ),
        (
            json!({ "riskgate.dev/memory-request": "32Mi", "riskgate.dev/memory-limit": "64Mi" }),
            guaranteed(),
            "metadata.annotations.riskgate.dev/memory-request, -limit: the pod is of class Guaranteed, where request and limit are one; write one of the two",
        ),
    ] {
        let refusal = plan(&pod(&annotations, &spec)).unwrap_err();
        assert_eq!((refusal.reason(), refusal.to_string().as_str()), (Reason::OverrideInvalid, told));
    }
}
