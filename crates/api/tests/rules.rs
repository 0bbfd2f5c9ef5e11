//! The CEL rules of the CRD, case by case (rules.yaml). What a rule refuses, the compiler refuses as well, with a field and a
//! line.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod table;

use std::collections::BTreeSet;

use kube::core::cel::{ValidationErrors, Validator, compile_schema, estimate_rule_cost};
use riskgate_api::compile::compile;
use riskgate_api::{RiskPolicy, schema};
use serde_json::Value;
use table::Table;

fn validate(policy: &Value) -> Result<(), ValidationErrors> {
    let schema = serde_json::to_value(&*schema::RESOURCE).unwrap();
    // As the API server does it: defaults first.
    Validator::new().validate_with_defaults(&schema, policy, None)
}

#[test]
fn each_case_is_judged_as_it_says() {
    let table = Table::read();
    for case in &table.cases {
        let policy = table.policy(case);
        let typed: RiskPolicy = serde_json::from_value(policy.clone()).expect(&case.case);
        match &case.refused {
            None => {
                assert!(validate(&policy).is_ok(), "{}: {:?}", case.case, validate(&policy));
                assert!(compile(&typed).is_ok(), "{}: {:?}", case.case, compile(&typed));
            }
            Some(refused) => {
                let errors = validate(&policy).expect_err(&case.case);
                let told: Vec<_> = errors
                    .as_slice()
                    .iter()
                    .map(|error| (error.field_path.as_str(), error.message.as_str()))
                    .collect();
                assert_eq!(told, [(refused.at.as_str(), refused.message.as_str())], "{}", case.case);
                assert!(compile(&typed).is_err(), "{}: the compiler lets it pass", case.case);
            }
        }
    }
}

/// Every rule within a schema, with its path.
fn rules(schema: &Value, path: &str, found: &mut Vec<(String, Value, Value)>) {
    for rule in schema["x-kubernetes-validations"].as_array().into_iter().flatten() {
        found.push((path.to_owned(), rule.clone(), schema.clone()));
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        rules(property, &format!("{path}.{name}"), found);
    }
    if schema["items"].is_object() {
        rules(&schema["items"], &format!("{path}[]"), found);
    }
}

fn all_rules() -> Vec<(String, Value, Value)> {
    let mut found = Vec::new();
    rules(&serde_json::to_value(&*schema::RESOURCE).unwrap(), "", &mut found);
    found
}

#[test]
fn every_rule_is_broken_by_a_case() {
    let broken = Table::read().cases.into_iter().filter_map(|case| Some(case.refused?.message));
    let rules = all_rules().into_iter().map(|(_, rule, _)| rule["message"].as_str().unwrap().to_owned());
    assert_eq!(broken.collect::<BTreeSet<_>>(), rules.collect::<BTreeSet<_>>());
}

#[test]
fn every_rule_compiles_and_stays_within_the_api_servers_budget() {
    for (path, rule, schema) in all_rules() {
        let text = rule["rule"].as_str().unwrap();
        assert!(rule["message"].as_str().unwrap().contains("write"), "{path}: {text}");
        let compiled = compile_schema(&schema);
        assert!(compiled.compilation_errors().is_empty(), "{path}: {:?}", compiled.compilation_errors());
        assert!(estimate_rule_cost(text, &compiled).is_empty(), "{path}: {text} costs too much");
    }
}
