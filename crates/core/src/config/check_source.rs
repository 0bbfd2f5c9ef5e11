//! Contradictions in source entries, and in what flows ask of them.

use super::check::{Findings, check_unique};
use super::endpoint::{is_endpoint, is_url};
use super::{
    ClaimRule, HttpSourceConfig, OneSpanSourceConfig, SecurityDataConfig, SidecarConfig, SourceConfig,
    SourceKind, TicEnrichmentConfig,
};
use crate::evaluate::STORE;
use crate::flow::{Flow, SourceRule};
use crate::ip::indicator;
use crate::quantity::Span;
use crate::signal::PROVIDER_SOURCE;

/// Names that reasons and signals have for what is no source of the policy.
const TAKEN: [&str; 2] = [PROVIDER_SOURCE, STORE];

/// The longest that a source may take, in milliseconds: BankID's own orders live longer, users' patience does not.
const LONGEST: u64 = 60_000;

/// Every contradiction in the source entries.
pub(super) fn check(findings: &mut Findings, sources: &[SourceConfig]) {
    check_unique(findings, "sources", sources.iter().map(|source| source.name.as_str()));
    for (index, source) in sources.iter().enumerate() {
        let path = format!("sources[{index}]");
        if TAKEN.contains(&source.name.as_str()) {
            let message =
                format!("{:?} is riskgate's own word in decision records; write another name", source.name);
            findings.add(format!("{path}.name"), message);
        }
        if source.timeout < Span::from_millis(1) || source.timeout > Span::from_millis(LONGEST) {
            let message =
                format!("{} is no time for an answer; write 1ms to 1m, such as 300ms", source.timeout);
            findings.add(format!("{path}.timeout"), message);
        }
        match &source.kind {
            SourceKind::Http(http) => check_http(findings, &format!("{path}.http"), http),
            SourceKind::TicEnrichment(tic) => check_tic(findings, &format!("{path}.ticEnrichment"), tic),
            SourceKind::IpIntelligence(ip) => {
                findings.0.extend(ip.check(&format!("{path}.ipIntelligence")));
            }
            SourceKind::SecurityData(data) => {
                check_security_data(findings, &format!("{path}.securityData"), source, data);
            }
            SourceKind::OneSpan(config) => check_one_span(findings, &format!("{path}.oneSpan"), config),
        }
    }
}

fn check_http(findings: &mut Findings, path: &str, http: &HttpSourceConfig) {
    if !is_url(&http.url) {
        let message = format!("{:?} is not where a question can be sent; write https://HOST/PATH", http.url);
        findings.add(format!("{path}.url"), message);
    }
}

fn check_tic(findings: &mut Findings, path: &str, tic: &TicEnrichmentConfig) {
    if !is_endpoint(&tic.endpoint) {
        let message =
            format!("{:?} is not an endpoint; write https://HOST or https://HOST:PORT", tic.endpoint);
        findings.add(format!("{path}.endpoint"), message);
    }
    if tic.types.is_empty() {
        findings
            .add(format!("{path}.types"), "nothing is asked for; write at least one, such as ipIntelligence");
    }
    check_unique(findings, &format!("{path}.types"), tic.types.iter().map(|kind| kind.name()));
}

fn check_security_data(
    findings: &mut Findings,
    path: &str,
    source: &SourceConfig,
    data: &SecurityDataConfig,
) {
    if data.poll < Span::from_millis(1_000) {
        let message = format!("{} is faster than BankID ever allowed; write 5s, or at least 1s", data.poll);
        findings.add(format!("{path}.poll"), message);
    }
    if data.budget < data.poll {
        let message = format!("{} is over before the first look; write 12s", data.budget);
        findings.add(format!("{path}.budget"), message);
    }
    if source.timeout < data.budget {
        let message = format!(
            "{} ends the source before its budget of {}; write a longer timeout",
            source.timeout, data.budget
        );
        findings.add(format!("{path}.budget"), message);
    }
    for (field, address) in [("baseUrl", &data.base_url), ("tokenEndpoint", &data.token_endpoint)] {
        if let Some(address) = address.as_ref().filter(|address| !is_url(address)) {
            findings.add(
                format!("{path}.{field}"),
                format!("{address:?} is not an address; write https://HOST/PATH"),
            );
        }
    }
    for (at, rule) in data.claims.iter().enumerate() {
        let ClaimRule { at_least, one_of, none_of, .. } = rule;
        let tests = [at_least.is_some(), !one_of.is_empty(), !none_of.is_empty()];
        if tests.iter().filter(|there| **there).count() != 1 {
            let message = "a claim is tested in one way; write exactly one of atLeast, oneOf, noneOf";
            findings.add(format!("{path}.claims[{at}]"), message);
        }
    }
}

fn check_one_span(findings: &mut Findings, path: &str, config: &OneSpanSourceConfig) {
    if !is_endpoint(&config.endpoint) {
        let message =
            format!("{:?} is not an endpoint; write https://HOST or https://HOST:PORT", config.endpoint);
        findings.add(format!("{path}.endpoint"), message);
    }
    let mapped = [
        ("user.pointer", Some(&config.user.pointer)),
        ("amount.pointer", Some(&config.amount.pointer)),
        ("amount.currencyPointer", config.amount.currency_pointer.as_ref()),
    ];
    for (field, pointer) in mapped {
        if let Some(pointer) = pointer.filter(|pointer| !is_pointer(pointer)) {
            let message = format!(
                "{pointer:?} leads nowhere in a request; write a JSON pointer such as /requirement/personalNumber"
            );
            findings.add(format!("{path}.{field}"), message);
        }
    }
    if config.amount.currency.is_some() == config.amount.currency_pointer.is_some() {
        findings.add(
            format!("{path}.amount"),
            "an amount has one currency; write currency: SEK, or currencyPointer with where it stands",
        );
    }
}

/// Whether `text` is a JSON pointer (RFC 6901) below the root.
fn is_pointer(text: &str) -> bool {
    let escapes = |part: &str| part.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    text.strip_prefix('/').is_some_and(|rest| rest.split('/').all(|part| !part.is_empty() && escapes(part)))
}

/// Every contradiction in what `flow`, whose path is `path`, asks of the sources.
pub(super) fn check_use(findings: &mut Findings, config: &SidecarConfig, path: &str, flow: &Flow) {
    let provider = config.providers.iter().find(|entry| entry.name == flow.provider);
    for (at, rule) in flow.sources.iter().enumerate().filter(|(_, rule)| rule.name != PROVIDER_SOURCE) {
        let here = format!("{path}.sources[{at}].name");
        let Some(source) = config.source(&rule.name) else {
            let mut known: Vec<&str> = config.sources.iter().map(|source| source.name.as_str()).collect();
            known.push(PROVIDER_SOURCE);
            let message = format!("no source is named {:?}; write one of: {}", rule.name, known.join(", "));
            findings.add(here, message);
            continue;
        };
        if let Some(entry) = provider.filter(|entry| !source.kind.serves(entry.provider())) {
            let message = format!(
                "{} says nothing about transactions of {}; write another source, or leave it out",
                source.kind.name(),
                entry.provider()
            );
            findings.add(here, message);
        }
        if let SourceKind::IpIntelligence(_) = source.kind {
            check_indicators(findings, &format!("{path}.sources[{at}].blockWhen"), rule);
        }
    }
}

/// An indicator that the source never gives would never block.
fn check_indicators(findings: &mut Findings, path: &str, rule: &SourceRule) {
    let unknown = rule.block_when.iter().enumerate().filter(|(_, name)| !indicator::is_known(name));
    for (at, name) in unknown {
        let message = format!(
            "ipIntelligence never says {name:?}; write country:SE, asn:64500, or one of: {}",
            indicator::ALL.join(", ")
        );
        findings.add(format!("{path}[{at}]"), message);
    }
}
