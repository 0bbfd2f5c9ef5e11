//! Swedish BankID as provider, in a policy.

#![allow(unreachable_pub, reason = "KubeSchema copies each struct into a function body")]

use kube::KubeSchema;
use riskgate_core::config::{Refusal, SecretRef, Trust, TrustRef, WhenOrderUnknown};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema;

/// Swedish BankID, relying party API v6.0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("self.environment != 'Custom' || (has(self.endpoint) && has(self.trustBundleRef))")
        .message("environment Custom needs endpoint and trustBundleRef; write endpoint: https://HOST:PORT and trustBundleRef: { kind: ConfigMap, name: NAME, key: ca.crt }"),
    validation = Rule::new("self.environment == 'Custom' || !(has(self.endpoint) || has(self.trustBundleRef))")
        .message("endpoint and trustBundleRef belong to environment Custom; leave them out, or write environment: Custom")
)]
pub struct BankIdSe {
    /// `Production`, `Test`, or `Custom` for a stand-in such as riskgate-simulator.
    pub environment: Environment,
    /// Environment `Custom` only: scheme, host and port of the API, such as `https://localhost:15390`. The path prefix
    /// `/rp/v6.0` is part of the protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 9, max = 262),
        regex(
            pattern = r"^https://([A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$"
        )
    )]
    pub endpoint: Option<String>,
    /// Environment `Custom` only: the roots that its certificate must lead to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_bundle_ref: Option<TrustRef>,
    /// Secrets with the relying party's client certificates: `tls.crt` and `tls.key`, or `keystore.p12` and `password`.
    /// The first creates orders; the others serve orders made with them, during a rotation.
    #[schemars(schema_with = "schema::client_certificates")]
    pub client_certificate_refs: Vec<SecretRef>,
    /// How a refusal is written.
    #[serde(default)]
    pub refusal: Refusal,
    /// How an order is judged that the store does not know: under every flow of the provider, the strictest verdict
    /// holding (`Strictest`), or blocked (`Block`).
    #[serde(default)]
    pub when_order_unknown: WhenOrderUnknown,
}

/// An environment of Swedish BankID (bankid-se.md section 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Environment {
    /// `appapi2.bankid.com`, trusted by BankID's own root.
    Production,
    /// `appapi2.test.bankid.com`, trusted by BankID's own root of the test environment.
    Test,
    /// `endpoint`, trusted by `trustBundleRef`.
    Custom,
}

impl Environment {
    /// The endpoint of BankID's own environments; none for `Custom`.
    #[must_use]
    pub fn endpoint(self) -> Option<&'static str> {
        match self {
            Self::Production => Some("https://appapi2.bankid.com"),
            Self::Test => Some("https://appapi2.test.bankid.com"),
            Self::Custom => None,
        }
    }

    /// The roots of BankID's own environments; none for `Custom`.
    #[must_use]
    pub fn trust(self) -> Option<Trust> {
        match self {
            Self::Production => Some(Trust::BankIdProduction),
            Self::Test => Some(Trust::BankIdTest),
            Self::Custom => None,
        }
    }
}

impl std::fmt::Display for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Production => "Production",
            Self::Test => "Test",
            Self::Custom => "Custom",
        })
    }
}
