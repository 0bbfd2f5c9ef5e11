//! What the derived schema does not say by itself: rules across fields, and how lists are merged.
//!
//! What a CEL rule refuses here, [`crate::compile`] refuses as well: the rules serve clusters whose webhook is away. They leave out
//! that flows name sources that are there: three loops within each other are more than rules may cost.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::core::Rule;
use riskgate_core::Flow;
use riskgate_core::config::{EgressProxy, IpIntelligenceConfig, OneSpanSourceConfig, SecretRef, StoreConfig};
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::provider::ProviderEntry;
use crate::source::SourceEntry;
use crate::status::OutdatedReason;

/// Rules of each flow.
fn flow_rules() -> [Rule; 4] {
    [
        Rule::new(
            "!(has(self.challengeAt) && has(self.blockAt) && self.challengeAt == 'High' && self.blockAt == 'Moderate')",
        )
        .message("challengeAt is above blockAt; write challengeAt: Moderate, or blockAt: High"),
        Rule::new(concat!(
            "!(has(self.challenge) && has(self.challenge.atCollect) && self.challenge.atCollect == 'AllowIfRequired')",
            " || has(self.challenge.atOrder)",
        ))
        .message("AllowIfRequired needs something required; write atOrder: { when: Always, require: [PinCode] }"),
        Rule::new(concat!(
            "!(has(self.challenge) && has(self.challenge.atOrder)",
            " && self.challenge.atOrder.require.exists(r, r == 'Mrtd')",
            " && self.operations.exists(o, o.startsWith('Phone')))",
        ))
        .message("BankID takes no Mrtd on phone operations; write a flow of their own for them"),
        Rule::new(concat!(
            "!has(self.sources) || self.sources.all(s,",
            " !(has(s.challengeAtScore) && has(s.blockAtScore)) || s.challengeAtScore <= s.blockAtScore)",
        ))
        .message("challengeAtScore is above blockAtScore; write a score not above it"),
    ]
}

/// The list of provider entries: merged by name.
pub(crate) fn providers(generator: &mut SchemaGenerator) -> Schema {
    let items = generator.subschema_for::<ProviderEntry>();
    keyed_list(&items, "name", 1, 8)
}

/// The list of source entries: merged by name.
pub(crate) fn sources(generator: &mut SchemaGenerator) -> Schema {
    let items = generator.subschema_for::<SourceEntry>();
    keyed_list(&items, "name", 0, 8)
}

/// What is known of addresses, with its rules.
pub(crate) fn ip_intelligence(generator: &mut SchemaGenerator) -> Schema {
    let rules = [Rule::new(concat!(
        "!has(self.scoring) || (has(self.scoring.moderateFrom) ? self.scoring.moderateFrom : 25)",
        " <= (has(self.scoring.highFrom) ? self.scoring.highFrom : 60)",
    ))
    .message("scoring.moderateFrom is above scoring.highFrom; write a score not above it")];
    let mut ip = generator.subschema_for::<IpIntelligenceConfig>();
    ip.insert("x-kubernetes-validations".to_owned(), json!(rules));
    ip
}

/// OneSpan's risk engine as a source, with its rules.
pub(crate) fn one_span_source(generator: &mut SchemaGenerator) -> Schema {
    let rules = [Rule::new("has(self.amount.currency) != has(self.amount.currencyPointer)").message(
        "an amount has one currency; write currency: SEK, or currencyPointer with where it stands, in amount",
    )];
    let mut one_span = generator.subschema_for::<OneSpanSourceConfig>();
    one_span.insert("x-kubernetes-validations".to_owned(), json!(rules));
    one_span
}

/// The list of flows: merged by name, each with its rules.
pub(crate) fn flows(generator: &mut SchemaGenerator) -> Schema {
    let mut flow = generator.subschema_for::<Flow>();
    flow.insert("x-kubernetes-validations".to_owned(), json!(flow_rules()));
    keyed_list(&flow, "name", 1, 64)
}

/// Where open transactions are kept, with its rules.
pub(crate) fn store(generator: &mut SchemaGenerator) -> Schema {
    let rules = [
        Rule::new("!(has(self.memory) && has(self.redis))")
            .message("one store is used; write memory or redis, not both"),
        Rule::new(concat!(
            "!has(self.redis) || (has(self.redis.url) ? 1 : 0)",
            " + (has(self.redis.sentinel) ? 1 : 0) + (has(self.redis.cluster) ? 1 : 0) == 1",
        ))
        .message(
            "servers are reached in one way; write one of url, sentinel, cluster, such as url: rediss://HOST:6379",
        ),
    ];
    let mut store = generator.subschema_for::<StoreConfig>();
    store.insert("x-kubernetes-validations".to_owned(), json!(rules));
    store
}

/// The egress proxy, with its rules.
pub(crate) fn egress_proxy(generator: &mut SchemaGenerator) -> Schema {
    let rules = [
        Rule::new("!self.url.contains('@')").message(
            "a URL holds no login; write http://HOST:PORT, and the login in the Secret that credentialsRef names",
        ),
        Rule::new("!self.url.startsWith('https://')").message(
            "the proxy itself is spoken to without TLS, and TLS goes through it; write http://HOST:PORT",
        ),
    ];
    let mut proxy = generator.subschema_for::<EgressProxy>();
    proxy.insert("x-kubernetes-validations".to_owned(), json!(rules));
    proxy
}

/// A list of Secrets whose order counts: it is replaced whole.
pub(crate) fn client_certificates(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "minItems": 1,
        "maxItems": 4,
        "items": generator.subschema_for::<SecretRef>(),
        "x-kubernetes-list-type": "atomic",
    })
}

/// The list of conditions: merged by type, and bounded as Gateway API bounds them.
pub(crate) fn conditions(generator: &mut SchemaGenerator) -> Schema {
    let mut condition = generator.subschema_for::<Condition>();
    let bounds = [
        ("type", json!({ "minLength": 1, "maxLength": 316 })),
        ("status", json!({ "enum": ["True", "False", "Unknown"] })),
        ("reason", json!({ "minLength": 1, "maxLength": 1024 })),
        ("message", json!({ "maxLength": 32768 })),
    ];
    for (name, bound) in bounds {
        let property = condition.pointer_mut(&format!("/properties/{name}"));
        if let (Some(Value::Object(property)), Value::Object(bound)) = (property, bound) {
            property.extend(bound);
        }
    }
    keyed_list(&condition, "type", 0, 8)
}

/// The list of reasons why pods are outdated: merged by reason.
pub(crate) fn outdated_reasons(generator: &mut SchemaGenerator) -> Schema {
    keyed_list(&generator.subschema_for::<OutdatedReason>(), "reason", 0, 16)
}

/// A list that server-side apply merges by `key`, and whose keys the API server holds unique.
fn keyed_list(items: &Schema, key: &str, fewest: u32, most: u32) -> Schema {
    let mut list = json_schema!({
        "type": "array",
        "maxItems": most,
        "items": items,
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": [key],
    });
    if fewest > 0 {
        list.insert("minItems".to_owned(), fewest.into());
    }
    list
}
