//! The published schema: structural, bounded, readable.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

use kube::core::crd::CustomResourceExt;
use riskgate_api::{RiskPolicy, schema};
use serde_json::{Value, json};

/// Every schema within the published one, with its path.
fn all() -> Vec<(String, Value)> {
    fn walk(path: String, schema: &Value, found: &mut Vec<(String, Value)>) {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            walk(format!("{path}.{name}"), property, found);
        }
        if schema["items"].is_object() {
            walk(format!("{path}[]"), &schema["items"], found);
        }
        found.push((path, schema.clone()));
    }
    let crd = serde_json::to_value(schema::crd()).unwrap();
    let mut found = Vec::new();
    walk(String::new(), &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"], &mut found);
    assert!(found.len() > 80, "the schema is gone");
    found
}

#[test]
fn it_is_structural() {
    for (path, schema) in all() {
        assert!(schema["type"].is_string(), "{path} has no type");
        for keyword in ["$ref", "oneOf", "anyOf", "allOf", "not", "nullable", "additionalProperties", "title"]
        {
            assert!(schema.get(keyword).is_none(), "{path} has {keyword}");
        }
    }
}

#[test]
fn every_list_string_and_number_is_bounded() {
    for (path, schema) in all() {
        let bounded = match schema["type"].as_str().unwrap() {
            "array" => schema["maxItems"].is_number() && schema["items"].is_object(),
            "string" => {
                schema["maxLength"].is_number() || schema["enum"].is_array() || schema["format"].is_string()
            }
            "integer" => path.starts_with(".status") || schema["maximum"].is_number(),
            "object" => schema["properties"].is_object(),
            "boolean" => true,
            other => panic!("{path} is of type {other}"),
        };
        assert!(bounded, "{path} is not bounded: {schema}");
    }
}

#[test]
fn lists_of_objects_are_merged_by_a_required_key() {
    for (path, schema) in all().into_iter().filter(|(_, schema)| schema["items"]["type"] == "object") {
        match schema["x-kubernetes-list-type"].as_str() {
            // The order counts, and one Secret is not the same in another place.
            Some("atomic") => assert_eq!(path, ".spec.providers[].bankIdSe.clientCertificateRefs"),
            Some("map") => {
                let key = &schema["x-kubernetes-list-map-keys"][0];
                assert!(schema["items"]["required"].as_array().unwrap().contains(key), "{path}");
            }
            other => panic!("{path} is merged as {other:?}"),
        }
    }
}

#[test]
fn defaults_are_single_values_of_their_type() {
    let defaults: Vec<(String, Value)> = all()
        .into_iter()
        .filter_map(|(path, schema)| {
            let default = schema.get("default")?.clone();
            let fits = match schema["type"].as_str().unwrap() {
                "string" => default.is_string(),
                "integer" => default.is_u64(),
                "boolean" => default.is_boolean(),
                _ => false,
            };
            assert!(fits, "{path}: {default}");
            Some((path, default))
        })
        .collect();
    let of =
        |path: &str| defaults.iter().find(|(known, _)| known == path).map(|(_, default)| default.clone());
    assert_eq!(of(".spec.mode"), Some(json!("Enforce")));
    assert_eq!(of(".spec.uncoveredOperations"), Some(json!("Refuse")));
    assert_eq!(of(".spec.ports.admin"), Some(json!(15300)));
    assert_eq!(of(".spec.flows[].whenNotApplicable"), Some(json!("Allow")));
    assert_eq!(of(".spec.flows[].whenUnknown"), None, "no default is right for everybody");
    assert_eq!(of(".spec.flows[].whenUnavailable"), None, "no default is right for everybody");
}

#[test]
fn formats_are_those_that_kubernetes_knows() {
    for (path, schema) in all() {
        if let Some(format) = schema["format"].as_str() {
            assert!(["int64", "date-time"].contains(&format), "{path}: the API server warns of {format}");
        }
    }
}

#[test]
fn everything_is_described_for_its_reader() {
    for (path, schema) in all() {
        if path.ends_with("[]") && schema["type"] == "string" && schema["enum"].is_null() {
            continue; // the list says what its strings are
        }
        let description = schema["description"].as_str().unwrap_or_default();
        assert!(description.len() > 10, "{path} is not described: {description:?}");
        assert!(!description.contains(".md"), "{path} sends its reader to a document of the developers");
        if path.starts_with(".spec") {
            for value in schema["enum"].as_array().into_iter().flatten() {
                let told = format!("- `{}`: ", value.as_str().unwrap());
                assert!(description.contains(&told), "{path} does not explain {value}");
            }
        }
    }
}

#[test]
fn the_resource_is_named_as_the_design_says() {
    let crd = schema::crd();
    assert_eq!(crd.metadata.name.as_deref(), Some(RiskPolicy::crd_name()));
    assert_eq!((crd.spec.group.as_str(), crd.spec.scope.as_str()), ("riskgate.dev", "Namespaced"));
    assert_eq!(crd.spec.names.kind, "RiskPolicy");
    assert_eq!(crd.spec.names.short_names, Some(vec!["rp".to_owned()]));
    assert_eq!(crd.spec.names.categories, Some(vec!["riskgate".to_owned()]));
    let version = &crd.spec.versions[0];
    assert_eq!((version.name.as_str(), version.served, version.storage), ("v1alpha1", true, true));
    assert!(version.subresources.as_ref().is_some_and(|subresources| subresources.status.is_some()));
    let columns: Vec<(&str, i32)> = version
        .additional_printer_columns
        .iter()
        .flatten()
        .map(|column| (column.name.as_str(), column.priority.unwrap_or_default()))
        .collect();
    assert_eq!(columns.first(), Some(&("Mode", 0)));
    assert_eq!(columns.last(), Some(&("Age", 0)));
}
