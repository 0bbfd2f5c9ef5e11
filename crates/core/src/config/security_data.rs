//! The configuration of BankID Norway's security data as a source (other-systems.md sections A.5 to A.7).

use serde::{Deserialize, Serialize};

use super::SecretKeyRef;
use crate::level::Threshold;
use crate::quantity::Span;

/// How the security data service is asked, and what of its answer counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SecurityDataConfig {
    /// The client that may use the service, as registered with BankID.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 256)))]
    pub client_id: String,
    /// How that client proves who it is.
    pub authentication: ClientAuthentication,
    /// The client's secret, or its private key in PEM.
    pub credential_ref: SecretKeyRef,
    /// The name of the private key at the provider (`kid`); left out, the assertion names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 256)))]
    pub key_id: Option<String>,
    /// The scope that the service's access token needs.
    #[serde(default = "SecurityDataConfig::default_scope")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 256)))]
    pub scope: String,
    /// How long the data may take to come. BankID needs up to 10 s.
    #[serde(default = "SecurityDataConfig::default_budget")]
    pub budget: Span,
    /// How long is waited between two looks. BankID asks for 5 s.
    #[serde(default = "SecurityDataConfig::default_poll")]
    pub poll: Span,
    /// The service's base address; left out, the provider's configuration has it (`fraud-data-baseurl`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "schema",
        schemars(length(min = 9, max = 1024), regex(pattern = crate::patterns::URL))
    )]
    pub base_url: Option<String>,
    /// Where its access token is asked for; left out, at the provider's token endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "schema",
        schemars(length(min = 9, max = 1024), regex(pattern = crate::patterns::URL))
    )]
    pub token_endpoint: Option<String>,
    /// What single claims mean to this policy, beyond BankID's own classification.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(
        feature = "schema",
        schemars(
            length(max = 32),
            extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["claim", "indicator"])
        )
    )]
    pub claims: Vec<ClaimRule>,
}

impl SecurityDataConfig {
    /// The scope in the newest of BankID's documents.
    #[must_use]
    pub fn default_scope() -> String {
        "fraud-data-rs/securityData".to_owned()
    }

    /// 12 s: two looks after the order, the second of which finds what took the full 10 s.
    #[must_use]
    pub fn default_budget() -> Span {
        Span::from_millis(12_000)
    }

    /// 5 s.
    #[must_use]
    pub fn default_poll() -> Span {
        Span::from_millis(5_000)
    }
}

/// How a client proves to a token endpoint who it is (other-systems.md section A.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum ClientAuthentication {
    /// A signed assertion (`private_key_jwt`); BankID recommends it.
    PrivateKeyJwt,
    /// The secret in the header `Authorization` (`client_secret_basic`).
    ClientSecretBasic,
    /// The secret in the form (`client_secret_post`).
    ClientSecretPost,
}

/// What a claim of the security data means to this policy. Exactly one of `atLeast`, `oneOf` and `noneOf`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClaimRule {
    /// The claim, of `transaction_data` or `derived_data`, such as `BankID_timeZone`.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 128)))]
    pub claim: String,
    /// It is met by a score of at least this many hundredths: 60 for `0.6`. A score that BankID classifies as `Unknown` is
    /// none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100)))]
    pub at_least: Option<u8>,
    /// It is met by any of these values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(
        feature = "schema",
        schemars(length(max = 64), inner(length(min = 1, max = 256)), extend("x-kubernetes-list-type" = "set"))
    )]
    pub one_of: Vec<String>,
    /// It is met by any other value than these. A claim that is missing meets nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(
        feature = "schema",
        schemars(length(max = 64), inner(length(min = 1, max = 256)), extend("x-kubernetes-list-type" = "set"))
    )]
    pub none_of: Vec<String>,
    /// The indicator that it gives, for `blockWhen` and the decision record.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 64), regex(pattern = crate::patterns::WORD)))]
    pub indicator: String,
    /// The level that it raises the assessment to; left out, it changes no level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Threshold>,
}
