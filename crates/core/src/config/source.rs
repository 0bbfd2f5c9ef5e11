//! Source entries: what is asked about a transaction besides the provider itself.

use serde::{Deserialize, Serialize};

use super::kind::{self, NotOneKind};
use super::{HttpSourceConfig, OneSpanSourceConfig};
use crate::operation::Provider;
use crate::quantity::Span;
use crate::signal::Phase;

/// One enrichment source. In YAML the kind is a member of the entry by its own name: `http: {…}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Entry", into = "Entry")]
pub struct SourceConfig {
    /// The entry's name: flows, decision records and metrics refer to it.
    pub name: String,
    /// How long one answer may take.
    pub timeout: Span,
    /// What it is.
    pub kind: SourceKind,
}

/// A kind of source, with its configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceKind {
    /// The platform team's own service.
    Http(HttpSourceConfig),
    /// OneSpan's risk engine.
    OneSpan(OneSpanSourceConfig),
}

impl SourceKind {
    /// The name of the kind in a policy.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Http(_) => "http",
            Self::OneSpan(_) => "oneSpan",
        }
    }

    /// How long an answer may take where the policy does not say.
    #[must_use]
    pub fn default_timeout(&self) -> Span {
        match self {
            Self::Http(_) => Span::from_millis(1_000),
            // Two calls: the code, and the rules behind it.
            Self::OneSpan(_) => Span::from_millis(2_000),
        }
    }

    /// Whether the source can say something about transactions of `provider`.
    #[must_use]
    pub fn serves(&self, provider: Provider) -> bool {
        match self {
            Self::Http(_) => true,
            // OneSpan assesses its own requests by itself, and a second time they would count as another transaction.
            Self::OneSpan(_) => provider != Provider::OneSpan,
        }
    }

    /// Whether the source is asked in `phase`.
    #[must_use]
    pub fn is_asked_in(&self, phase: Phase) -> bool {
        match self {
            Self::Http(http) => http.phase == phase,
            Self::OneSpan(_) => phase == Phase::Screen,
        }
    }
}

/// An entry as it is written.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Entry {
    name: String,
    timeout: Span,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    http: Option<HttpSourceConfig>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    one_span: Option<OneSpanSourceConfig>,
}

impl TryFrom<Entry> for SourceConfig {
    type Error = NotOneKind;

    fn try_from(entry: Entry) -> Result<Self, NotOneKind> {
        let Entry { name, timeout, http, one_span } = entry;
        let kind =
            kind::one([http.map(SourceKind::Http), one_span.map(SourceKind::OneSpan)], "http, oneSpan")?;
        Ok(Self { name, timeout, kind })
    }
}

impl From<SourceConfig> for Entry {
    fn from(source: SourceConfig) -> Self {
        let SourceConfig { name, timeout, kind } = source;
        let mut entry = Self { name, timeout, http: None, one_span: None };
        match kind {
            SourceKind::Http(http) => entry.http = Some(http),
            SourceKind::OneSpan(one_span) => entry.one_span = Some(one_span),
        }
        entry
    }
}
