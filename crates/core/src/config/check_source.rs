//! Contradictions in source entries, and in what flows ask of them.

use super::check::{Findings, check_unique};
use super::endpoint::{is_endpoint, is_url};
use super::{HttpSourceConfig, OneSpanSourceConfig, SidecarConfig, SourceConfig, SourceKind};
use crate::evaluate::STORE;
use crate::flow::Flow;
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
        let Some(source) = config.sources.iter().find(|source| source.name == rule.name) else {
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
    }
}
