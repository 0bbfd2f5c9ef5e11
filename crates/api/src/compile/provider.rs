//! Provider entries: environments resolved to endpoint and trust.

use std::collections::HashMap;

use riskgate_core::config::{self, BankIdSeConfig, ProviderConfig, Refusal, Trust, WhenOrderUnknown};

use super::Problem;
use crate::provider::{BankIdSe, ProviderEntry};

/// Where an entry points that cannot be resolved, so that the rest of the policy is checked all the same. It never gets
/// into a configuration: the entry is a problem already.
const NOWHERE: &str = "https://unresolved.invalid";

/// The configuration of one entry.
pub(super) fn resolve(path: &str, entry: &ProviderEntry, problems: &mut Vec<Problem>) -> ProviderConfig {
    let bank_id_se = match &entry.bank_id_se {
        Some(bankid) => resolve_bank_id_se(&format!("{path}.bankIdSe"), bankid, problems),
        None => {
            let message = "no kind of provider; write bankIdSe: { environment: Test, clientCertificateRefs: [{ name: SECRET }] }";
            problems.push(Problem { path: path.to_owned(), message: message.to_owned() });
            unresolved()
        }
    };
    ProviderConfig {
        name: entry.name.clone(),
        listen: config::Listen { port: entry.listen.port },
        bank_id_se,
    }
}

fn resolve_bank_id_se(path: &str, bankid: &BankIdSe, problems: &mut Vec<Problem>) -> BankIdSeConfig {
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

fn unresolved() -> BankIdSeConfig {
    BankIdSeConfig {
        endpoint: NOWHERE.to_owned(),
        trust: Trust::BankIdTest,
        client_certificate_refs: vec![config::SecretRef { name: "unresolved".to_owned() }],
        refusal: Refusal::default(),
        when_order_unknown: WhenOrderUnknown::default(),
    }
}

/// One variable cannot point at two providers.
pub(super) fn check_env(providers: &[ProviderEntry], problems: &mut Vec<Problem>) {
    let mut seen: HashMap<&str, String> = HashMap::new();
    for (index, entry) in providers.iter().enumerate() {
        for (at, variable) in entry.listen.env.iter().enumerate() {
            let path = format!("spec.providers[{index}].listen.env[{at}]");
            match seen.get(variable.as_str()) {
                Some(first) => problems.push(Problem {
                    message: format!("{variable} is set by {first} already; write another variable"),
                    path,
                }),
                None => drop(seen.insert(variable, path)),
            }
        }
    }
}
