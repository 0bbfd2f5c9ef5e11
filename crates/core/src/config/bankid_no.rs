//! The configuration of BankID Norway as provider (other-systems.md section A).

use serde::{Deserialize, Serialize};

use super::{TrustRef, WhenOrderUnknown};

/// How BankID Norway is reached and refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BankIdNoConfig {
    /// The issuer, to the letter as its tokens name it. Its configuration is below it. Plain `http` is taken for an address of
    /// loopback only.
    pub issuer: String,
    /// The roots that the certificates of its endpoints must lead to; left out, the public web's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_bundle_ref: Option<TrustRef>,
    /// The claims that may hold the transaction's reference, tried in order on the ID token and then on the access token: a
    /// name, or a JSON pointer where it begins with `/`.
    pub reference_claims: Vec<String>,
    /// Whether every pushed authorization request asks for the high level (`acr_values=urn:bankid:bid`), whatever the application
    /// asked for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub require_high: bool,
    /// How a refusal is written.
    #[serde(default)]
    pub refusal: OAuthRefusal,
    /// How a login is judged whose flow is not known.
    #[serde(default)]
    pub when_order_unknown: WhenOrderUnknown,
}

/// How a refused login is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OAuthRefusal {
    /// The `error`.
    pub error: OAuthError,
}

/// The `error` of a refused login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum OAuthError {
    /// The user, or the provider, said no.
    #[default]
    #[serde(rename = "access_denied")]
    AccessDenied,
    /// The code is not good for tokens: the only one of a token endpoint's own errors that clients take for a failed login.
    #[serde(rename = "invalid_grant")]
    InvalidGrant,
}

impl OAuthError {
    /// The word on the wire.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::AccessDenied => "access_denied",
            Self::InvalidGrant => "invalid_grant",
        }
    }
}
