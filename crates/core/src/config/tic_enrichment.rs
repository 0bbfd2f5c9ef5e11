//! The configuration of TIC's enrichment as a source.

use serde::{Deserialize, Serialize};

use super::{SecretKeyRef, TrustRef};

/// TIC's enrichment of a completed session: once a session, for what the policy names and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TicEnrichmentConfig {
    /// Scheme, host and port; left out, `https://id.tic.io`.
    #[serde(default = "super::tic_identity::endpoint")]
    #[cfg_attr(
        feature = "schema",
        schemars(length(min = 9, max = 262), regex(pattern = crate::patterns::URL))
    )]
    pub endpoint: String,
    /// The roots that its certificate must lead to; left out, the public web's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_bundle_ref: Option<TrustRef>,
    /// What is asked for: the user consents to each in the BankID app.
    #[cfg_attr(
        feature = "schema",
        schemars(length(min = 1, max = 5), extend("x-kubernetes-list-type" = "set"))
    )]
    pub types: Vec<EnrichmentType>,
    /// The Secret with the tenant's API key.
    pub api_key_ref: SecretKeyRef,
    /// Whether riskgate may spend the session's one enrichment. Then the application's own request is answered with what was
    /// found, once. Left out, it is the application's, and this source says `Unknown`.
    #[serde(default)]
    pub consume: bool,
}

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum EnrichmentType {
    /// The population register.
    Spar,
    /// Roles in companies.
    CompanyRoles,
    /// Real estate.
    PropertyOwnership,
    /// Taxed income.
    Income,
    /// What TIC says of the session's addresses.
    IpIntelligence,
}

impl EnrichmentType {
    /// The name in requests.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Spar => "spar",
            Self::CompanyRoles => "companyRoles",
            Self::PropertyOwnership => "propertyOwnership",
            Self::Income => "income",
            Self::IpIntelligence => "ipIntelligence",
        }
    }
}
