//! Source entries of a policy: what is asked about a transaction besides the provider itself.

#![allow(unreachable_pub, reason = "KubeSchema copies each struct into a function body")]

use kube::KubeSchema;
use riskgate_core::Span;
use riskgate_core::config::{
    HttpSourceConfig, IpIntelligenceConfig, OneSpanSourceConfig, SecurityDataConfig, TicEnrichmentConfig,
};
use serde::{Deserialize, Serialize};

use crate::schema;

/// One enrichment source: how long it may take, and exactly one kind of source, such as `http`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("[has(self.http), has(self.ipIntelligence), has(self.securityData), has(self.ticEnrichment), has(self.oneSpan)].filter(is, is).size() == 1")
        .message("one kind of source is needed in each entry; write one of http: { … }, ipIntelligence: { … }, securityData: { … }, ticEnrichment: { … }, oneSpan: { … }"),
    validation = Rule::new("!(self.name in ['provider', 'store'])")
        .message("provider and store are riskgate's own words in decision records; write another name")
)]
pub struct SourceEntry {
    /// The entry's name: flows, decision records and metrics refer to it.
    #[schemars(length(min = 1, max = 63), regex(pattern = riskgate_core::patterns::NAME))]
    pub name: String,
    /// How long one answer may take, such as `300ms`; left out, what fits the kind of source. After that the source is
    /// `Unavailable`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Span>,
    /// The platform team's own service, asked over HTTPS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpSourceConfig>,
    /// TIC's enrichment of a completed session, for providers of kind `ticIdentity`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tic_enrichment: Option<TicEnrichmentConfig>,
    /// What is known of the user's addresses: country, network, anonymisers, abuse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::ip_intelligence")]
    pub ip_intelligence: Option<Box<IpIntelligenceConfig>>,
    /// BankID Norway's security data: for banks that issue BankIDs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security_data: Option<SecurityDataConfig>,
    /// OneSpan's risk engine, a third party, asked before the order exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::one_span_source")]
    pub one_span: Option<OneSpanSourceConfig>,
}
