//! Contradictions in provider entries.

use super::check::{Findings, check_unique};
use super::endpoint::{is_endpoint, is_url};
use super::{
    BankIdNoConfig, BankIdSeConfig, OneSpanConfig, ProviderConfig, ProviderKind, TicIdentityConfig,
    TicSignature, TicWebhook,
};
use crate::quantity::Span;

/// Every contradiction in the entry at `index`.
pub(super) fn check(findings: &mut Findings, index: usize, entry: &ProviderConfig) {
    let path = format!("providers[{index}]");
    match &entry.kind {
        ProviderKind::BankIdSe(bankid) => bank_id_se(findings, &format!("{path}.bankIdSe"), bankid),
        ProviderKind::TicIdentity(tic) => tic_identity(findings, &format!("{path}.ticIdentity"), tic),
        ProviderKind::BankIdNo(bankid) => bank_id_no(findings, &format!("{path}.bankIdNo"), bankid),
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

fn tic_identity(findings: &mut Findings, path: &str, tic: &TicIdentityConfig) {
    if !is_endpoint(&tic.endpoint) {
        let message =
            format!("{:?} is not an endpoint; write https://HOST or https://HOST:PORT", tic.endpoint);
        findings.add(format!("{path}.endpoint"), message);
    }
    let Some(TicWebhook { forward_to, url, wait, signature, .. }) = &tic.webhook else { return };
    let path = format!("{path}.webhook");
    if !(forward_to.starts_with("http://") && is_url(forward_to)) {
        let message =
            format!("{forward_to:?} is not the application's own; write http://127.0.0.1:PORT/PATH");
        findings.add(format!("{path}.forwardTo"), message);
    }
    if let Some(url) = url.as_ref().filter(|url| !is_url(url)) {
        findings.add(format!("{path}.url"), format!("{url:?} is not a URL; write https://HOST/PATH"));
    }
    if *wait > Span::from_millis(30_000) {
        let message = format!("{wait} is longer than an application polls; write at most 30s");
        findings.add(format!("{path}.wait"), message);
    }
    let TicSignature { headers, timestamp_headers, signed_content: _ } = signature;
    for (field, names) in [("headers", headers), ("timestampHeaders", timestamp_headers)] {
        let legal = |name: &String| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        if names.is_empty() || !names.iter().all(legal) {
            let message = "not the names of headers; write at least one, such as X-TIC-Signature";
            findings.add(format!("{path}.signature.{field}"), message);
        }
    }
}

fn bank_id_no(findings: &mut Findings, path: &str, bankid: &BankIdNoConfig) {
    if !is_url(&bankid.issuer) {
        let message = format!(
            "{:?} is not an issuer; write it as its tokens name it: https://HOST/PATH",
            bankid.issuer
        );
        findings.add(format!("{path}.issuer"), message);
    }
    if bankid.reference_claims.is_empty() {
        let message = "no claim could hold the transaction's reference; write [tid]";
        findings.add(format!("{path}.referenceClaims"), message);
    }
    check_unique(
        findings,
        &format!("{path}.referenceClaims"),
        bankid.reference_claims.iter().map(String::as_str),
    );
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
    let timeout = config.matched_rules.timeout;
    if timeout < Span::from_millis(1) || timeout > Span::from_millis(10_000) {
        let message = format!("{timeout} is no time for a look-up; write 1ms to 10s, such as 1s");
        findings.add(format!("{path}.matchedRules.timeout"), message);
    }
    let names = config.client_certificate_refs.iter().map(|secret| secret.name.as_str());
    check_unique(findings, &format!("{path}.clientCertificateRefs"), names);
}
