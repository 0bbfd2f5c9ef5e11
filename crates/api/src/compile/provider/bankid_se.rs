//! Swedish BankID: its environments resolved to endpoint and trust.

use riskgate_core::config::{BankIdSeConfig, Refusal, SecretRef, Trust, WhenOrderUnknown};

use super::NOWHERE;
use crate::compile::Problem;
use crate::provider::BankIdSe;

/// The configuration of one entry of this kind.
pub(super) fn resolve(path: &str, bankid: &BankIdSe, problems: &mut Vec<Problem>) -> BankIdSeConfig {
    let mut problem = |field: &str, message: String| {
        problems.push(Problem { path: format!("{path}.{field}"), message });
    };
    let environment = bankid.environment;
    let (endpoint, trust) = match (environment.endpoint(), environment.trust()) {
        (Some(endpoint), Some(trust)) => {
            let message = |is: String| {
                format!("environment {environment} {is}; leave this out, or write environment: Custom")
            };
            if bankid.endpoint.is_some() {
                problem("endpoint", message(format!("is reached at {endpoint}")));
            }
            if bankid.trust_bundle_ref.is_some() {
                problem("trustBundleRef", message("is trusted by BankID's own root".to_owned()));
            }
            (endpoint.to_owned(), trust)
        }
        _ => {
            if bankid.endpoint.is_none() {
                problem(
                    "endpoint",
                    format!("environment {environment} needs it; write https://HOST or https://HOST:PORT"),
                );
            }
            if bankid.trust_bundle_ref.is_none() {
                let write = "{ kind: ConfigMap, name: NAME, key: ca.crt }";
                problem("trustBundleRef", format!("environment {environment} needs it; write {write}"));
            }
            let endpoint = bankid.endpoint.clone().unwrap_or_else(|| NOWHERE.to_owned());
            (endpoint, bankid.trust_bundle_ref.clone().map_or(Trust::BankIdTest, Trust::Bundle))
        }
    };
    BankIdSeConfig {
        endpoint,
        trust,
        client_certificate_refs: bankid.client_certificate_refs.clone(),
        refusal: bankid.refusal.clone(),
        when_order_unknown: bankid.when_order_unknown,
    }
}

/// What stands for an entry that is of no kind.
pub(super) fn unresolved() -> BankIdSeConfig {
    BankIdSeConfig {
        endpoint: NOWHERE.to_owned(),
        trust: Trust::BankIdTest,
        client_certificate_refs: vec![SecretRef { name: "unresolved".to_owned() }],
        refusal: Refusal::default(),
        when_order_unknown: WhenOrderUnknown::default(),
    }
}
