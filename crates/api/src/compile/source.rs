//! Source entries: defaults filled in.

use riskgate_core::config::{SourceConfig, SourceKind};

use super::Problem;
use crate::source::SourceEntry;

/// The configuration of one entry; none where it is of no kind, which is a problem.
pub(super) fn resolve(path: &str, entry: &SourceEntry, problems: &mut Vec<Problem>) -> Option<SourceConfig> {
    let SourceEntry { name, timeout, http, one_span } = entry;
    let kinds = [http.clone().map(SourceKind::Http), one_span.clone().map(SourceKind::OneSpan)];
    let mut kinds = kinds.into_iter().flatten();
    let (Some(kind), None) = (kinds.next(), kinds.next()) else {
        let message = "one kind of source is needed in each entry; write http: { url: https://HOST/PATH }";
        problems.push(Problem { path: path.to_owned(), message: message.to_owned() });
        return None;
    };
    Some(SourceConfig { name: name.clone(), timeout: timeout.unwrap_or(kind.default_timeout()), kind })
}
