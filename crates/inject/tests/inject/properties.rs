//! What holds of every pod that is injected at all.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use riskgate_inject::{Bindings, Pod, inject};

use crate::support::{
    NAMESPACE, applied, container, injected, options, plan, spec, status, uninjected, wanted,
};

/// A member that may be missing, null, or there.
fn member(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Option<Value>> {
    prop_oneof![Just(None), Just(Some(Value::Null)), value.prop_map(Some)]
}

fn object(members: Vec<(&'static str, Option<Value>)>) -> Value {
    members
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect::<Map<_, _>>()
        .into()
}

/// What a later Kubernetes may bring: names and values that nobody knows here.
fn future() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("JSON has no others", |it| it.is_finite()).prop_map(Value::from),
        "[ -~åäö\"\\\\]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec(("[a-zA-Z/~.]{1,8}", inner), 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn env() -> impl Strategy<Value = Value> {
    let name = prop_oneof![Just("BANKID_API_URL"), Just("STAFF_BANKID_URL"), Just("PATH"), Just("CALLBACK")];
    let value = prop_oneof![Just("http://127.0.0.1:15381"), Just("https://appapi2.bankid.com"), Just("")];
    let entry = (name, prop::option::of(value)).prop_map(|(name, value)| match value {
        Some(value) => json!({ "name": name, "value": value }),
        None => json!({ "name": name, "valueFrom": { "secretKeyRef": { "name": "s", "key": "k" } } }),
    });
    prop::collection::vec(entry, 0..4).prop_map(Value::from)
}

fn resources() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({ "limits": { "cpu": "1", "memory": "1Gi" } })),
        Just(
            json!({ "limits": { "cpu": 2, "memory": "1024Mi" }, "requests": { "cpu": "2000m", "memory": "1Gi" } })
        ),
        Just(json!({ "requests": { "cpu": "10m" } })),
        Just(json!({})),
    ]
}

fn containers(names: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let one = (member(env()), member(resources()), prop::option::of(future()), any::<bool>());
    prop::collection::vec(one, 0..=names.len()).prop_map(|all| {
        type Parts = (Option<Value>, Option<Value>, Option<Value>, bool);
        let of = |(name, (env, resources, future, from)): (&&str, Parts)| {
            let from = from && env.is_some();
            object(vec![
                ("name", Some(json!(name))),
                ("futureField", future),
                ("env", env),
                ("envFrom", from.then(|| json!([{ "configMapRef": { "name": "web" } }]))),
                ("resources", resources),
            ])
        };
        names.iter().zip(all).map(of).collect::<Vec<_>>().into()
    })
}

fn texts() -> impl Strategy<Value = Value> {
    let name =
        prop_oneof![Just("app"), Just("example.com/a~b"), Just("riskgate.dev/cpu-limits"), Just("zone")];
    prop::collection::vec((name, "[a-z]{0,6}"), 0..3)
        .prop_map(|texts| {
            texts.into_iter().map(|(name, text)| (name.to_owned(), json!(text))).collect::<Map<_, _>>()
        })
        .prop_map(Value::Object)
}

/// Pods, and templates of pods, that use none of riskgate's names.
fn pods() -> impl Strategy<Value = Value> {
    let metadata = (member(texts()), member(texts()), prop::option::of(future())).prop_map(
        |(labels, annotations, future)| {
            object(vec![("future", future), ("labels", labels), ("annotations", annotations)])
        },
    );
    let volumes =
        prop::sample::select(vec![json!([]), json!([{ "name": "data", "futureSource": { "x": 1.50 } }])]);
    let spec =
        (member(containers(&["one", "two"])), containers(&["app", "other"]), member(volumes), future());
    (member(metadata), spec, prop::option::of(future())).prop_map(
        |(metadata, (inits, apps, volumes, future), status)| {
            let spec = object(vec![
                ("futureSpec", Some(future)),
                ("initContainers", inits),
                ("containers", Some(apps)),
                ("volumes", volumes),
            ]);
            object(vec![("metadata", metadata), ("spec", Some(spec)), ("status", status)])
        },
    )
}

/// Whether everything that `before` says is said by `after`, byte for byte and, in lists of named items, beside others.
fn is_kept(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => before.iter().all(|(name, value)| {
            value.is_null() && after.contains_key(name)
                || after.get(name).is_some_and(|it| is_kept(value, it))
        }),
        (Value::Array(before), Value::Array(after)) => {
            let mut after = after.iter();
            before.iter().all(|item| after.any(|it| item.get("name") == it.get("name") && is_kept(item, it)))
        }
        _ => serde_json::to_vec(before).unwrap() == serde_json::to_vec(after).unwrap(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn twice_is_once(pod in pods()) {
        let once = injected(&pod);
        let again = plan(&once).unwrap();
        prop_assert_eq!(again.operations.0, vec![]);
        prop_assert_eq!(again.status, status(&once));
    }

    #[test]
    fn what_was_injected_can_be_undone(pod in pods()) {
        prop_assert_eq!(uninjected(&injected(&pod)), pod.clone());
        prop_assert_eq!(uninjected(&pod), pod);
    }

    #[test]
    fn what_was_injected_under_another_policy_can_be_undone(pod in pods(), kept in 0..=3_usize) {
        let mut spec = spec();
        let mut kept = kept;
        for entry in &mut spec.providers {
            let env = &mut entry.listen.env;
            env.truncate(kept);
            kept -= env.len();
        }
        let fewer = Bindings::of(NAMESPACE, "retail", &spec).unwrap();
        let under = |pod: &Value, bindings: &Bindings| {
            let patch = inject(&Pod::new(pod).unwrap(), &wanted(), bindings, &options()).unwrap();
            applied(pod, &patch.operations)
        };
        let fell = under(&injected(&pod), &fewer);
        prop_assert_eq!(uninjected(&fell), pod.clone());
        prop_assert_eq!(&under(&fell, &fewer), &fell);
        let rose = injected(&fell);
        prop_assert_eq!(uninjected(&rose), pod);
    }

    #[test]
    fn everything_else_survives_byte_for_byte(pod in pods()) {
        let after = injected(&pod);
        prop_assert!(is_kept(&pod, &after), "{after:#}");
    }

    #[test]
    fn variables_that_the_pod_sets_stay(pod in pods()) {
        let after = injected(&pod);
        for section in ["containers", "initContainers"] {
            for before in pod["spec"][section].as_array().into_iter().flatten() {
                let after = container(&after, before["name"].as_str().unwrap());
                let env = |of: &Value| of["env"].as_array().cloned().unwrap_or_default();
                let (before, after) = (env(before), env(after));
                prop_assert_eq!(&after[after.len() - before.len()..], &before[..]);
                let added = &after[..after.len() - before.len()];
                prop_assert!(added.iter().all(|it| before.iter().all(|own| own["name"] != it["name"])));
            }
        }
    }

    #[test]
    fn the_patch_holds_for_the_pod_that_was_seen_and_no_other(pod in pods()) {
        // Another container in front of each list: every index is off by one.
        let operations = plan(&pod).unwrap().operations;
        let mut other = pod.clone();
        let moved = ["initContainers", "containers"].into_iter().any(|section| {
            let Some(list) = other["spec"][section].as_array_mut() else { return false };
            let touched = operations.0.iter().any(|it| it.path().to_string().starts_with(&format!("/spec/{section}/0")));
            list.insert(0, json!({ "name": "late" }));
            touched && list.len() > 1
        });
        if moved {
            let before = other.clone();
            prop_assert!(json_patch::patch(&mut other, &operations).is_err());
            prop_assert_eq!(other, before);
        } else {
            applied(&pod, &operations);
        }
    }
}
