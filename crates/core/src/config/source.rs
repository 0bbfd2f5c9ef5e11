//! Source entries: what is asked about a transaction besides the provider itself.

use serde::{Deserialize, Serialize};

use super::HttpSourceConfig;
use super::kind::{self, NotOneKind};
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
}

impl SourceKind {
    /// The name of the kind in a policy.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Http(_) => "http",
        }
    }

    /// How long an answer may take where the policy does not say.
    #[must_use]
    pub fn default_timeout(&self) -> Span {
        match self {
            Self::Http(_) => Span::from_millis(1_000),
        }
    }

    /// Whether the source can say something about transactions of `provider`.
    #[must_use]
    pub fn serves(&self, _provider: Provider) -> bool {
        match self {
            Self::Http(_) => true,
        }
    }

    /// Whether the source is asked in `phase`.
    #[must_use]
    pub fn is_asked_in(&self, phase: Phase) -> bool {
        match self {
            Self::Http(http) => http.phase == phase,
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
}

impl TryFrom<Entry> for SourceConfig {
    type Error = NotOneKind;

    fn try_from(entry: Entry) -> Result<Self, NotOneKind> {
        let Entry { name, timeout, http } = entry;
        let kind = kind::one([http.map(SourceKind::Http)], "http")?;
        Ok(Self { name, timeout, kind })
    }
}

impl From<SourceConfig> for Entry {
    fn from(source: SourceConfig) -> Self {
        let SourceConfig { name, timeout, kind } = source;
        match kind {
            SourceKind::Http(http) => Self { name, timeout, http: Some(http) },
        }
    }
}
