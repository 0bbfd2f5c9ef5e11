//! Contradictions in provider entries.

use super::check::{Findings, check_unique};
use super::endpoint::is_endpoint;
use super::{BankIdSeConfig, OneSpanConfig, ProviderConfig, ProviderKind};

/// Every contradiction in the entry at `index`.
pub(super) fn check(findings: &mut Findings, index: usize, entry: &ProviderConfig) {
    let path = format!("providers[{index}]");
    match &entry.kind {
        ProviderKind::BankIdSe(bankid) => bank_id_se(findings, &format!("{path}.bankIdSe"), bankid),
        ProviderKind::OneSpan(config) => one_span(findings, &format!("{path}.oneSpan"), config),
    }
}

fn bank_id_se(findings: &mut Findings, path: &str, bankid: &BankIdSeConfig) {
    if !is_endpoint(&bankid.endpoint) {
        let message =
            format!("{:?} is not an endpoint; write https://HOST or https://HOST:PORT", bankid.endpoint);
        findings.add(format!("{path}.endpoint"), message);
    }
    if bankid.client_certificate_refs.is_empty() {
        findings.add(
            format!("{path}.clientCertificateRefs"),
            "no client certificate; write the name of a Secret that holds one",
        );
    }
    let names = bankid.client_certificate_refs.iter().map(|secret| secret.name.as_str());
    check_unique(findings, &format!("{path}.clientCertificateRefs"), names);
}

fn one_span(findings: &mut Findings, path: &str, config: &OneSpanConfig) {
    if !is_endpoint(&config.endpoint) {
        let message =
            format!("{:?} is not an endpoint; write https://HOST or https://HOST:PORT", config.endpoint);
        findings.add(format!("{path}.endpoint"), message);
    }
    if let Some(code) = config.challenge_code.filter(|code| *code < 2) {
        let message = format!("{code} asks for no challenge; write a code from 2 on, or leave it out");
        findings.add(format!("{path}.challengeCode"), message);
    }
    let names = config.client_certificate_refs.iter().map(|secret| secret.name.as_str());
    check_unique(findings, &format!("{path}.clientCertificateRefs"), names);
}
