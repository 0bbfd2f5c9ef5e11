//! The CEL rules of the CRD, each broken once: they hold where the validation webhook is away. What a rule refuses, the
//! compiler refuses as well, with a field and a line.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

use kube::core::cel::{ValidationErrors, Validator, compile_schema, estimate_rule_cost};
use riskgate_api::compile::compile;
use riskgate_api::{RiskPolicy, schema};
use serde_json::{Value, json};

fn policy() -> Value {
    json!({
        "apiVersion": "riskgate.dev/v1alpha1",
        "kind": "RiskPolicy",
        "metadata": { "name": "retail", "namespace": "shop" },
        "spec": {
            "providers": [{
                "name": "bankid",
                "listen": { "port": 15381 },
                "bankIdSe": { "environment": "Test", "clientCertificateRefs": [{ "name": "rp" }] },
            }],
            "flows": [{
                "name": "login",
                "provider": "bankid",
                "operations": ["Auth"],
                "challengeAt": "Moderate",
                "blockAt": "High",
                "whenUnknown": "Block",
                "whenUnavailable": "Block",
                "sources": [{ "name": "provider", "challengeAtScore": 20, "blockAtScore": 40 }],
            }],
        },
    })
}

fn with(pointer: &str, value: Value) -> Value {
    let mut policy = policy();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match policy.pointer_mut(parent).unwrap() {
        Value::Object(members) => drop(members.insert(key.to_owned(), value)),
        Value::Array(items) if key == "-" => items.push(value),
        other => panic!("nothing can be put into {other}"),
    }
    policy
}

fn validate(policy: &Value) -> Result<(), ValidationErrors> {
    let schema = serde_json::to_value(&*schema::RESOURCE).unwrap();
    // As the API server does it: defaults first.
    Validator::new().validate_with_defaults(&schema, policy, None)
}

/// That `policy` breaks exactly one rule, at `path` and in these words, and that the compiler refuses it, too.
#[track_caller]
fn assert_broken(policy: &Value, path: &str, message: &str) {
    let errors = validate(policy).unwrap_err();
    let told: Vec<(&str, &str)> =
        errors.as_slice().iter().map(|error| (error.field_path.as_str(), error.message.as_str())).collect();
    assert_eq!(told, [(path, message)]);
    let typed: RiskPolicy = serde_json::from_value(policy.clone()).unwrap();
    assert!(compile(&typed).is_err(), "the compiler lets pass what the rule refuses");
}

#[test]
fn the_policy_that_the_others_deviate_from_breaks_no_rule() {
    assert!(validate(&policy()).is_ok());
    assert!(compile(&serde_json::from_value(policy()).unwrap()).is_ok());
}

#[test]
fn a_name_fits_into_a_label() {
    assert!(validate(&with("/metadata/name", json!("a".repeat(63)))).is_ok());
    assert_broken(
        &with("/metadata/name", json!("a".repeat(64))),
        "",
        "the name becomes a label; write metadata.name with at most 63 characters",
    );
}

#[test]
fn custom_needs_endpoint_and_bundle() {
    let message = "environment Custom needs endpoint and trustBundleRef; write endpoint: https://HOST:PORT and \
                   trustBundleRef: { kind: ConfigMap, name: NAME, key: ca.crt }";
    let mut custom = with("/spec/providers/0/bankIdSe/environment", json!("Custom"));
    assert_broken(&custom, "spec.providers[0].bankIdSe", message);
    custom["spec"]["providers"][0]["bankIdSe"]["endpoint"] = json!("https://localhost:15390");
    assert_broken(&custom, "spec.providers[0].bankIdSe", message);
    custom["spec"]["providers"][0]["bankIdSe"]["trustBundleRef"] =
        json!({ "kind": "ConfigMap", "name": "roots", "key": "ca.crt" });
    assert!(validate(&custom).is_ok());
}

#[test]
fn only_custom_has_endpoint_and_bundle() {
    let message = "endpoint and trustBundleRef belong to environment Custom; leave them out, or write environment: Custom";
    for (field, value) in [
        ("endpoint", json!("https://appapi2.test.bankid.com")),
        ("trustBundleRef", json!({ "kind": "ConfigMap", "name": "roots", "key": "ca.crt" })),
    ] {
        let policy = with(&format!("/spec/providers/0/bankIdSe/{field}"), value);
        assert_broken(&policy, "spec.providers[0].bankIdSe", message);
    }
}

#[test]
fn an_entry_has_a_kind_of_provider() {
    let entry = json!({ "name": "empty", "listen": { "port": 15382 } });
    assert_broken(
        &with("/spec/providers/-", entry),
        "spec.providers[1]",
        "one kind of provider is needed in each entry; write bankIdSe: { … }",
    );
}

#[test]
fn flows_name_providers() {
    assert_broken(
        &with("/spec/flows/0/provider", json!("bank-id")),
        "spec",
        "each flow names a provider entry; write the name of one in flows[].provider",
    );
}

#[test]
fn listeners_have_ports_of_their_own() {
    let entry = |port: u16| {
        json!({
            "name": "other",
            "listen": { "port": port },
            "bankIdSe": { "environment": "Test", "clientCertificateRefs": [{ "name": "rp" }] },
        })
    };
    assert_broken(
        &with("/spec/providers/-", entry(15381)),
        "spec",
        "two providers listen on one port; write another port in providers[].listen.port",
    );
    let own =
        "a provider listens on a port of the sidecar's own; write another port in providers[].listen.port";
    for port in [15300, 15320] {
        assert_broken(&with("/spec/providers/0/listen/port", json!(port)), "spec", own);
    }
    for ports in [json!({ "admin": 15381 }), json!({ "health": 15381 })] {
        assert_broken(&with("/spec/ports", ports), "spec", own);
    }
    let shared = "admin and health share a port; write two different ports in ports";
    for ports in
        [json!({ "admin": 15320 }), json!({ "health": 15300 }), json!({ "admin": 9000, "health": 9000 })]
    {
        assert_broken(&with("/spec/ports", ports), "spec", shared);
    }
}

#[test]
fn port_0_is_never_taken() {
    let mut policy = with("/spec/ports", json!({ "admin": 0, "health": 0 }));
    policy["spec"]["providers"][0]["listen"]["port"] = json!(0);
    assert!(validate(&policy).is_ok());
    assert!(compile(&serde_json::from_value(policy).unwrap()).is_ok());
}

#[test]
fn challenge_is_not_above_block() {
    for (challenge, block) in [("Moderate", "Moderate"), ("High", "High"), ("Moderate", "High")] {
        let mut policy = with("/spec/flows/0/challengeAt", json!(challenge));
        policy["spec"]["flows"][0]["blockAt"] = json!(block);
        assert!(validate(&policy).is_ok(), "{challenge} {block}");
    }
    let mut policy = with("/spec/flows/0/challengeAt", json!("High"));
    policy["spec"]["flows"][0]["blockAt"] = json!("Moderate");
    let message = "challengeAt is above blockAt; write challengeAt: Moderate, or blockAt: High";
    assert_broken(&policy, "spec.flows[0]", message);
}

#[test]
fn challenge_score_is_not_above_block_score() {
    assert_broken(
        &with("/spec/flows/0/sources/0/challengeAtScore", json!(41)),
        "spec.flows[0]",
        "challengeAtScore is above blockAtScore; write a score not above it",
    );
}

#[test]
fn allow_if_required_requires_something() {
    let required =
        json!({ "atCollect": "AllowIfRequired", "atOrder": { "when": "Always", "require": ["PinCode"] } });
    assert!(validate(&with("/spec/flows/0/challenge", required)).is_ok());
    assert_broken(
        &with("/spec/flows/0/challenge", json!({ "atCollect": "AllowIfRequired" })),
        "spec.flows[0]",
        "AllowIfRequired needs something required; write atOrder: { when: Always, require: [PinCode] }",
    );
}

#[test]
fn phone_operations_take_no_mrtd() {
    let challenge = json!({ "atOrder": { "when": "Always", "require": ["Mrtd"] } });
    let mut policy = with("/spec/flows/0/challenge", challenge);
    assert!(validate(&policy).is_ok());
    policy["spec"]["flows"][0]["operations"] = json!(["PhoneSign"]);
    let message = "BankID takes no Mrtd on phone operations; write a flow of their own for them";
    assert_broken(&policy, "spec.flows[0]", message);
}

#[test]
fn sources_of_later_versions_are_refused() {
    assert_broken(
        &with("/spec/flows/0/sources/-", json!({ "name": "fraud" })),
        "spec.flows[0]",
        "this version of riskgate has no enrichment sources; write provider, the name of the provider's own indication",
    );
}

#[test]
fn there_is_one_store_and_one_way_to_it() {
    let redis =
        json!({ "url": "rediss://redis.shop.svc", "sealKeysRef": { "name": "seal", "keys": ["key"] } });
    assert!(validate(&with("/spec/store", json!({ "redis": redis }))).is_ok());
    assert!(validate(&with("/spec/store", json!({ "memory": {} }))).is_ok());
    assert_broken(
        &with("/spec/store", json!({ "memory": {}, "redis": redis })),
        "spec.store",
        "one store is used; write memory or redis, not both",
    );
    let mut two_ways = with("/spec/store", json!({ "redis": redis }));
    two_ways["spec"]["store"]["redis"]["cluster"] = json!({ "urls": ["rediss://node-0.shop.svc"] });
    let message = "servers are reached in one way; write one of url, sentinel, cluster, such as url: rediss://HOST:6379";
    assert_broken(&two_ways, "spec.store", message);
}

#[test]
fn every_rule_compiles_and_stays_within_the_api_servers_budget() {
    fn walk(schema: &Value, path: &str, count: &mut usize) {
        let compiled = compile_schema(schema);
        for rule in schema["x-kubernetes-validations"].as_array().into_iter().flatten() {
            *count += 1;
            let text = rule["rule"].as_str().unwrap();
            assert!(
                rule["message"].as_str().is_some_and(|message| message.contains("write")),
                "{path}: {text}"
            );
            assert!(compiled.compilation_errors().is_empty(), "{path}: {:?}", compiled.compilation_errors());
            assert!(estimate_rule_cost(text, &compiled).is_empty(), "{path}: {text} costs too much");
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            walk(property, &format!("{path}.{name}"), count);
        }
        if schema["items"].is_object() {
            walk(&schema["items"], &format!("{path}[]"), count);
        }
    }
    let mut count = 0;
    walk(&serde_json::to_value(&*schema::RESOURCE).unwrap(), "", &mut count);
    assert_eq!(count, 15, "a rule came or went: break it once in this file");
}
