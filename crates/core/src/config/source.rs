//! Source entries: what is asked about a transaction besides the provider itself.

use serde::{Deserialize, Serialize};

use super::kind::{self, NotOneKind};
use super::{
    HttpSourceConfig, IpIntelligenceConfig, OneSpanSourceConfig, SecurityDataConfig, TicEnrichmentConfig,
};
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
    /// TIC's enrichment.
    TicEnrichment(TicEnrichmentConfig),
    /// What is known of the user's addresses.
    IpIntelligence(Box<IpIntelligenceConfig>),
    /// BankID Norway's security data.
    SecurityData(SecurityDataConfig),
    /// OneSpan's risk engine.
    OneSpan(OneSpanSourceConfig),
}

impl SourceKind {
    /// The name of the kind in a policy.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Http(_) => "http",
            Self::TicEnrichment(_) => "ticEnrichment",
            Self::IpIntelligence(_) => "ipIntelligence",
            Self::SecurityData(_) => "securityData",
            Self::OneSpan(_) => "oneSpan",
        }
    }

    /// How long an answer may take where the policy does not say.
    #[must_use]
    pub fn default_timeout(&self) -> Span {
        match self {
            Self::Http(_) => Span::from_millis(1_000),
            Self::TicEnrichment(_) => Span::from_millis(5_000),
            Self::IpIntelligence(ip) if ip.abuse_api.is_some() => Span::from_millis(1_000),
            Self::IpIntelligence(_) => Span::from_millis(50),
            // A little more than its budget: it ends by itself, and says why.
            Self::SecurityData(data) => Span(data.budget.0 + std::time::Duration::from_secs(1)),
            // Two calls: the code, and the rules behind it.
            Self::OneSpan(_) => Span::from_millis(2_000),
        }
    }

    /// Whether the source can say something about transactions of `provider`.
    #[must_use]
    pub fn serves(&self, provider: Provider) -> bool {
        match self {
            Self::Http(_) | Self::IpIntelligence(_) => true,
            Self::TicEnrichment(_) => provider == Provider::TicIdentity,
            Self::SecurityData(_) => provider == Provider::BankIdNo,
            // OneSpan assesses its own requests by itself, and a second time they would count as another transaction.
            Self::OneSpan(_) => provider != Provider::OneSpan,
        }
    }

    /// Whether the source is asked in `phase`.
    #[must_use]
    pub fn is_asked_in(&self, phase: Phase) -> bool {
        match self {
            Self::Http(http) => http.phase == phase,
            Self::TicEnrichment(_) => phase == Phase::Assess,
            Self::IpIntelligence(_) => true,
            Self::SecurityData(_) => phase == Phase::Assess,
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
    ip_intelligence: Option<Box<IpIntelligenceConfig>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tic_enrichment: Option<TicEnrichmentConfig>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    security_data: Option<SecurityDataConfig>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    one_span: Option<OneSpanSourceConfig>,
}

impl TryFrom<Entry> for SourceConfig {
    type Error = NotOneKind;

    fn try_from(entry: Entry) -> Result<Self, NotOneKind> {
        let Entry { name, timeout, http, ip_intelligence, security_data, tic_enrichment, one_span } = entry;
        let kinds = [
            http.map(SourceKind::Http),
            ip_intelligence.map(SourceKind::IpIntelligence),
            security_data.map(SourceKind::SecurityData),
            tic_enrichment.map(SourceKind::TicEnrichment),
            one_span.map(SourceKind::OneSpan),
        ];
        let kind = kind::one(kinds, "http, ipIntelligence, securityData, ticEnrichment, oneSpan")?;
        Ok(Self { name, timeout, kind })
    }
}

impl From<SourceConfig> for Entry {
    fn from(source: SourceConfig) -> Self {
        let SourceConfig { name, timeout, kind } = source;
        let mut entry = Self {
            name,
            timeout,
            http: None,
            ip_intelligence: None,
            security_data: None,
            tic_enrichment: None,
            one_span: None,
        };
        match kind {
            SourceKind::Http(http) => entry.http = Some(http),
            SourceKind::IpIntelligence(ip) => entry.ip_intelligence = Some(ip),
            SourceKind::SecurityData(data) => entry.security_data = Some(data),
            SourceKind::TicEnrichment(tic) => entry.tic_enrichment = Some(tic),
            SourceKind::OneSpan(one_span) => entry.one_span = Some(one_span),
        }
        entry
    }
}
