//! BankID Norway as provider, in a policy.

#![allow(unreachable_pub, reason = "KubeSchema copies each struct into a function body")]

use kube::KubeSchema;
use riskgate_core::config::{OAuthRefusal, TrustRef, WhenOrderUnknown};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// BankID Norway, an OpenID Connect provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("self.environment != 'Custom' || has(self.issuer)")
        .message("environment Custom needs issuer; write it as its tokens name it: https://HOST/PATH"),
    validation = Rule::new("self.environment == 'Custom' || !(has(self.issuer) || has(self.trustBundleRef))")
        .message("issuer and trustBundleRef belong to environment Custom; leave them out, or write environment: Custom")
)]
pub struct BankIdNo {
    /// `Production`, `Test` (BankID calls it current), or `Custom` for a broker or a stand-in.
    pub environment: NorwegianEnvironment,
    /// Environment `Custom` only: the issuer, to the letter as its tokens name it. Its configuration is read below it. Without
    /// TLS, `http://`, only on loopback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 9, max = 1024), regex(pattern = riskgate_core::patterns::URL))]
    pub issuer: Option<String>,
    /// Environment `Custom` only: the roots that the certificates of its endpoints must lead to; left out, the public web's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_bundle_ref: Option<TrustRef>,
    /// The claims that may hold the reference that the security data service knows a login by, tried in order on the ID token
    /// and then on the access token: names, or JSON pointers. Left out, `tid`, which version 4 of BankID's API no longer has.
    #[serde(default = "reference_claims")]
    #[schemars(length(min = 1, max = 8), inner(length(min = 1, max = 256)))]
    pub reference_claims: Vec<String>,
    /// Whether every pushed authorization request asks for the high level (`acr_values=urn:bankid:bid`), whatever the application
    /// asked for. What a login was is told by its token: `blockWhen: [LoA3]` of the source `provider` refuses the lower one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub require_high: bool,
    /// How a refused login is written.
    #[serde(default)]
    pub refusal: OAuthRefusal,
    /// How a login is judged whose flow is not known: under every flow of the provider, the strictest verdict holding
    /// (`Strictest`), or blocked (`Block`).
    #[serde(default)]
    pub when_order_unknown: WhenOrderUnknown,
}

fn reference_claims() -> Vec<String> {
    vec!["tid".to_owned()]
}

/// An environment of BankID Norway (other-systems.md section A.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum NorwegianEnvironment {
    /// `https://auth.bankid.no/auth/realms/prod`.
    Production,
    /// `https://auth.current.bankid.no/auth/realms/current`.
    Test,
    /// `issuer`.
    Custom,
}

impl NorwegianEnvironment {
    /// The issuer of BankID's own environments; none for `Custom`.
    #[must_use]
    pub fn issuer(self) -> Option<&'static str> {
        match self {
            Self::Production => Some("https://auth.bankid.no/auth/realms/prod"),
            Self::Test => Some("https://auth.current.bankid.no/auth/realms/current"),
            Self::Custom => None,
        }
    }
}
