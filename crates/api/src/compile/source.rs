//! Source entries: defaults filled in.

use riskgate_core::config::{SourceConfig, SourceKind};

use super::Problem;
use crate::source::SourceEntry;

/// The configuration of one entry; none where it is of no kind, which is a problem.
pub(super) fn resolve(path: &str, entry: &SourceEntry, problems: &mut Vec<Problem>) -> Option<SourceConfig> {
    let SourceEntry { name, timeout, http, ip_intelligence, security_data, tic_enrichment, one_span } = entry;
    let kinds = [
        http.clone().map(SourceKind::Http),
        ip_intelligence.clone().map(SourceKind::IpIntelligence),
        security_data.clone().map(SourceKind::SecurityData),
        tic_enrichment.clone().map(SourceKind::TicEnrichment),
        one_span.clone().map(SourceKind::OneSpan),
    ];
    let mut kinds = kinds.into_iter().flatten();
    let (Some(kind), None) = (kinds.next(), kinds.next()) else {
        let message = "one kind of source is needed in each entry; write one of http: { url: https://HOST/PATH }, ipIntelligence: {}, securityData: { … }, ticEnrichment: { … }, oneSpan: { … }";
        problems.push(Problem { path: path.to_owned(), message: message.to_owned() });
        return None;
    };
    Some(SourceConfig { name: name.clone(), timeout: timeout.unwrap_or(kind.default_timeout()), kind })
}
