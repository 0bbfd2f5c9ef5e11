//! What the derived schema does not say by itself: rules across fields, merge keys, and the CRD as it is published.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::CustomResourceExt;
use kube::core::Rule;
use riskgate_core::Flow;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::policy::RiskPolicy;
use crate::status::OutdatedReason;

/// The CustomResourceDefinition of RiskPolicy, as `crds/` holds it.
#[must_use]
pub fn crd() -> CustomResourceDefinition {
    let mut crd = RiskPolicy::crd();
    for version in &mut crd.spec.versions {
        let Some(schema) = version.schema.as_mut().and_then(|schema| schema.open_api_v3_schema.as_mut())
        else {
            continue;
        };
        // The typed schema survives the way through JSON: it came from there.
        if let Ok(mut value) = serde_json::to_value(&*schema) {
            tidy(&mut value);
            if let Ok(tidied) = serde_json::from_value(value) {
                *schema = tidied;
            }
        }
    }
    crd
}

/// Removes what would surprise at the API server: formats that Kubernetes does not know (it warns on each), and
/// defaults of whole objects and lists, which would fill every stored policy with what its author left out. Defaults of
/// single values stay: `kubectl explain` shows them.
fn tidy(schema: &mut Value) {
    let Some(members) = schema.as_object_mut() else { return };
    if members
        .get("default")
        .is_some_and(|default| default.is_object() || default.is_array() || default.is_null())
    {
        members.remove("default");
    }
    if members.get("format").and_then(Value::as_str).is_some_and(|format| format.starts_with("uint")) {
        members.remove("format");
    }
    if let Some(properties) = members.get_mut("properties").and_then(Value::as_object_mut) {
        properties.values_mut().for_each(tidy);
    }
    if let Some(items) = members.get_mut("items") {
        tidy(items);
    }
}

/// The name becomes the value of a label.
pub(crate) fn name_rule() -> Rule {
    Rule::new("size(self.metadata.name) <= 63")
        .message("the name becomes a label; write metadata.name with at most 63 characters")
}

/// Rules of each flow.
fn flow_rules() -> [Rule; 4] {
    [
        Rule::new(
            "!(has(self.challengeAt) && has(self.blockAt) && self.challengeAt == 'High' && self.blockAt == 'Moderate')",
        )
        .message("challengeAt is above blockAt; write challengeAt: Moderate, or blockAt: High"),
        Rule::new(
            "!(has(self.challenge) && has(self.challenge.atCollect) && self.challenge.atCollect == 'AllowIfRequired') || has(self.challenge.atOrder)",
        )
        .message("AllowIfRequired needs something required; write atOrder: { when: Always, require: [PinCode] }"),
        Rule::new(
            "!(has(self.challenge) && has(self.challenge.atOrder) && self.challenge.atOrder.require.exists(r, r == 'Mrtd') && self.operations.exists(o, o.startsWith('Phone')))",
        )
        .message("BankID takes no Mrtd on phone operations; write a flow of their own for them"),
        Rule::new("!has(self.sources) || self.sources.all(s, s.name == 'provider')").message(
            "this version of riskgate has no enrichment sources; the only name is provider, the provider's own indication",
        ),
    ]
}

/// Attaches rules to a schema.
fn with_rules(mut schema: Schema, rules: impl IntoIterator<Item = Rule>) -> Schema {
    let rules: Vec<Value> = rules.into_iter().map(|rule| json!(rule)).collect();
    schema.insert("x-kubernetes-validations".to_owned(), rules.into());
    schema
}

/// The list of flows: merged by name, each with its rules.
pub(crate) fn flows(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "minItems": 1,
        "maxItems": 64,
        "items": with_rules(generator.subschema_for::<Flow>(), flow_rules()),
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["name"],
    })
}

/// The list of conditions: merged by type, and bounded as Gateway API bounds them.
pub(crate) fn conditions(generator: &mut SchemaGenerator) -> Schema {
    let mut condition = generator.subschema_for::<Condition>();
    let bounds = [
        ("type", json!({ "maxLength": 316, "minLength": 1 })),
        ("status", json!({ "enum": ["True", "False", "Unknown"] })),
        ("reason", json!({ "maxLength": 1024, "minLength": 1 })),
        ("message", json!({ "maxLength": 32768 })),
    ];
    for (name, bound) in bounds {
        if let (Some(property), Some(bound)) = (
            condition.pointer_mut(&format!("/properties/{name}")).and_then(Value::as_object_mut),
            bound.as_object(),
        ) {
            property.extend(bound.clone());
        }
    }
    json_schema!({
        "type": "array",
        "maxItems": 8,
        "items": condition,
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["type"],
    })
}

/// The list of reasons why pods are outdated: merged by reason.
pub(crate) fn outdated_reasons(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "maxItems": 16,
        "items": generator.subschema_for::<OutdatedReason>(),
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["reason"],
    })
}
