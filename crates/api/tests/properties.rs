//! What holds for every policy and for every text.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    JSONSchemaProps, JSONSchemaPropsOrArray,
};
use kube::core::cel::Validator;
use proptest::prelude::*;
use proptest::string::string_regex;
use riskgate_api::file::{Content, Node, Report, documents, parse};
use riskgate_api::schema;
use riskgate_core::Provider;
use serde_json::{Map, Value, json};

/// Values that have the shape of a schema. Names come from a handful, so that some refer to each other.
fn shaped(schema: &JSONSchemaProps, field: &str) -> BoxedStrategy<Value> {
    if let Some(values) = &schema.enum_ {
        let values: Vec<Value> = values.iter().map(|value| value.0.clone()).collect();
        return prop::sample::select(values).boxed();
    }
    match schema.type_.as_deref().unwrap_or_default() {
        "object" => object(schema),
        "array" => {
            let Some(JSONSchemaPropsOrArray::Schema(item)) = &schema.items else { panic!("a list of what?") };
            let fewest = usize::try_from(schema.min_items.unwrap_or(0)).unwrap();
            let set = schema.x_kubernetes_list_type.as_deref() == Some("set");
            prop::collection::vec(shaped(item, field), fewest..=3)
                .prop_map(move |mut items| {
                    let mut seen = Vec::new();
                    items.retain(|item| {
                        !set || !seen.contains(item) && {
                            seen.push(item.clone());
                            true
                        }
                    });
                    Value::Array(items)
                })
                .boxed()
        }
        "boolean" => any::<bool>().prop_map(Value::from).boxed(),
        "integer" => {
            let bound = |bound: Option<f64>| bound.expect("numbers of the spec are bounded") as i64;
            (bound(schema.minimum)..=bound(schema.maximum)).prop_map(Value::from).boxed()
        }
        _ => text(schema, field),
    }
}

fn text(schema: &JSONSchemaProps, field: &str) -> BoxedStrategy<Value> {
    if ["name", "provider"].contains(&field) {
        return prop::sample::select(vec!["one", "two", "provider"]).prop_map(Value::from).boxed();
    }
    let pattern = schema.pattern.clone().unwrap_or_else(|| ".{1,40}".to_owned());
    // proptest writes what matches all of a pattern, and knows no anchors.
    let pattern = pattern.replace(['^', '$'], "");
    let (least, most) = (schema.min_length.unwrap_or(0), schema.max_length.unwrap_or(i64::MAX));
    string_regex(&pattern)
        .unwrap()
        .prop_filter("length", move |text| (least..=most).contains(&(text.chars().count() as i64)))
        .prop_map(Value::from)
        .boxed()
}

fn object(schema: &JSONSchemaProps) -> BoxedStrategy<Value> {
    let required = schema.required.clone().unwrap_or_default();
    let members: Vec<BoxedStrategy<Option<(String, Value)>>> = schema
        .properties
        .iter()
        .flatten()
        .map(|(name, property)| {
            let member = shaped(property, name).prop_map({
                let name = name.clone();
                move |value| (name.clone(), value)
            });
            if required.contains(name) {
                member.prop_map(Some).boxed()
            } else {
                // Mostly left out: a policy that says everything contradicts itself somewhere.
                prop::option::weighted(0.3, member).boxed()
            }
        })
        .collect();
    members.prop_map(|members| Value::Object(members.into_iter().flatten().collect::<Map<_, _>>())).boxed()
}

fn policies() -> impl Strategy<Value = Value> {
    let spec = &schema::RESOURCE.properties.as_ref().unwrap()["spec"];
    shaped(spec, "spec").prop_map(|spec| {
        json!({
            "apiVersion": "riskgate.dev/v1alpha1",
            "kind": "RiskPolicy",
            "metadata": { "name": "retail" },
            "spec": spec,
        })
    })
}

const SOURCE_KINDS: [&str; 5] = ["oneSpan", "securityData", "ticEnrichment", "ipIntelligence", "http"];

/// Policies whose entries have names of their own and belong together: many of them compile.
fn mended() -> impl Strategy<Value = Value> {
    policies().prop_map(|mut policy| {
        let spec = policy["spec"].as_object_mut().unwrap();
        // Most lengths of time that can be written are longer than an order lives.
        spec.remove("timeouts");
        if let Some(ports) = spec.get_mut("ports").and_then(Value::as_object_mut) {
            ports.remove("health");
        }
        for (index, entry) in spec["providers"].as_array_mut().unwrap().iter_mut().enumerate() {
            entry["name"] = json!(format!("p{index}"));
            entry["listen"]["port"] = json!(15381 + index);
            for other in ["bankIdNo", "ticIdentity", "oneSpan"] {
                entry.as_object_mut().unwrap().remove(other);
            }
            let bankid = entry.as_object_mut().unwrap().entry("bankIdSe").or_insert_with(|| json!({}));
            let bankid = bankid.as_object_mut().unwrap();
            bankid.insert("clientCertificateRefs".to_owned(), json!([{ "name": "rp" }]));
            let environment = bankid.entry("environment").or_insert_with(|| json!("Test")).clone();
            for (field, value) in [
                ("endpoint", json!("https://localhost:15390")),
                ("trustBundleRef", json!({ "kind": "ConfigMap", "name": "roots", "key": "ca.crt" })),
            ] {
                bankid.remove(field);
                if environment == "Custom" {
                    bankid.insert(field.to_owned(), value);
                }
            }
        }
        for (index, source) in
            spec.get_mut("sources").and_then(Value::as_array_mut).into_iter().flatten().enumerate()
        {
            let source = source.as_object_mut().unwrap();
            // The first kind that is there stays the only one.
            let mut kinds = SOURCE_KINDS.iter().filter(|kind| source.contains_key(**kind));
            let kind = *kinds.next().unwrap_or(&"http");
            source.retain(|field, _| field == kind || !SOURCE_KINDS.contains(&field.as_str()));
            source.entry(kind).or_insert_with(|| json!({ "url": "https://fraud.example/assess" }));
            source.insert("name".to_owned(), json!(format!("s{index}")));
        }
        for (index, flow) in spec["flows"].as_array_mut().unwrap().iter_mut().enumerate() {
            flow["name"] = json!(format!("f{index}"));
            flow["provider"] = json!("p0");
            flow["selectableByHeader"] = json!(index > 0);
            let operations = flow["operations"].as_array_mut().unwrap();
            operations
                .retain(|operation| Provider::BankIdSe.operations().iter().any(|it| operation == it.name()));
            if operations.is_empty() {
                operations.push(json!("Auth"));
            }
            if flow["operations"]
                .as_array()
                .unwrap()
                .iter()
                .any(|operation| operation.as_str().unwrap().starts_with("Phone"))
            {
                flow.as_object_mut().unwrap().remove("challenge"); // Mrtd
            }
            if let Some(sources) = flow.get_mut("sources").and_then(Value::as_array_mut) {
                sources.truncate(1);
                for source in sources {
                    source["name"] = json!("provider");
                    source.as_object_mut().unwrap().remove("challengeAtScore");
                }
            }
        }
        policy
    })
}

fn read(policy: &Value) -> Report {
    parse("policy.json", &serde_json::to_string_pretty(policy).unwrap())
}

const EXAMPLE: &str = include_str!("../../../examples/bankid-se/production.yaml");

/// A policy with pieces cut out, put in and doubled.
fn mangled() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "- ",
        ": ",
        "\n",
        "  ",
        "{",
        "}",
        "[",
        "]",
        "\"",
        "'",
        "&a ",
        "*a",
        "<<: *a",
        "|",
        ">",
        "---\n",
        "...\n",
        "!!str ",
        "!x",
        "\t",
        "#",
        "?",
        "\u{0}",
        "\u{feff}",
        "é",
        "%YAML 1.2\n",
        "null",
        "~",
        "0x",
        "flows",
        "spec",
        "kind: List\nitems:\n",
    ]);
    let edit = (any::<prop::sample::Index>(), 0_usize..40, pieces);
    prop::collection::vec(edit, 0..12).prop_map(|edits| {
        let mut text: Vec<char> = EXAMPLE.chars().collect();
        for (at, cut, piece) in edits {
            let start = at.index(text.len() + 1);
            let end = (start + cut).min(text.len());
            text.splice(start..end, piece.chars());
        }
        text.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// What has the shape of the schema reads: whatever is then said about it is a contradiction with a field.
    #[test]
    fn the_schema_and_the_types_agree(policy in policies()) {
        for problem in read(&policy).problems {
            prop_assert!(problem.path.starts_with("spec."), "{problem}\n{policy:#}");
        }
    }

    /// No text makes the reader panic, and each place it names is in the text.
    #[test]
    fn any_text_is_read(text in prop_oneof![mangled(), ".{0,200}", "[-:{}\\[\\]&*!|>'\"#?%@`,~ \n\t a-c0]{0,120}"]) {
        let report = parse("any", &text);
        let lines = text.split(['\n', '\r']).count();
        for remark in report.problems.iter().chain(&report.warnings).chain(&report.skipped) {
            prop_assert!(remark.line >= 1 && remark.column >= 1 && remark.line <= lines + 1, "{remark}");
            prop_assert!(!remark.message.is_empty());
        }
        for document in documents(&text).0 {
            prop_assert!(lies_within(&text, &document.root));
        }
    }
}

/// Whether a value, and all within it, is written in whole characters of the text.
fn lies_within(text: &str, node: &Node) -> bool {
    let below = match &node.content {
        Content::Scalar { .. } => true,
        Content::List(items) => items.iter().all(|it| lies_within(text, it)),
        Content::Map(entries) => {
            entries.iter().all(|it| text.get(it.range.clone()).is_some() && lies_within(text, &it.value))
        }
    };
    below && text.get(node.range.clone()).is_some()
}

proptest! {
    // Most of what is generated contradicts itself and is thrown away, which takes its time.
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// The API server takes what the compiler takes.
    #[test]
    fn no_rule_refuses_what_compiles(policy in mended()) {
        prop_assume!(read(&policy).problems.is_empty());
        let schema = serde_json::to_value(&*schema::RESOURCE).unwrap();
        let refused = Validator::new().validate_with_defaults(&schema, &policy, None).err();
        prop_assert!(refused.is_none(), "{refused:?}\n{policy:#}");
    }

    /// A configuration that came of a policy reads back, and has nothing to be said against it.
    #[test]
    fn what_compiles_is_a_configuration(policy in mended()) {
        let report = read(&policy);
        prop_assume!(report.problems.is_empty());
        let config = &report.policies[0].config;
        prop_assert_eq!(&riskgate_core::SidecarConfig::from_yaml(&config.to_yaml().unwrap()).unwrap(), config);
    }
}

/// Depth and aliases are bounded: neither a stack nor the memory gives way.
#[test]
fn bombs_are_refused() {
    let deep = format!("a: {}{}", "[".repeat(5_000), "]".repeat(5_000));
    assert_eq!(parse("deep", &deep).problems.len(), 1);
    let deep = (0..5_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect::<String>();
    assert_eq!(parse("deep", &deep).problems.len(), 1);
    let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let alias = format!("*a{}, ", level - 1).repeat(10);
        laughs += &format!("a{level}: &a{level} [{alias}]\n");
    }
    let report = parse("laughs", &laughs);
    assert!(report.problems[0].message.contains("holds too much"), "{}", report.problems[0]);
}
