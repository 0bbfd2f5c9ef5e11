//! The configuration of Swedish BankID as provider.

use serde::{Deserialize, Serialize};

use super::SecretRef;

/// How Swedish BankID is reached and refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BankIdSeConfig {
    /// Scheme, host and port: `https://appapi2.bankid.com`. The path prefix `/rp/v6.0` is part of the protocol. Plain `http` is
    /// taken for an address of loopback only, where a simulator may listen.
    pub endpoint: String,
    /// Which roots the provider's certificate must lead to.
    #[serde(with = "serde_yaml::with::singleton_map")]
    pub trust: Trust,
    /// The relying party's client certificates: the first creates orders, the others serve orders made with them.
    pub client_certificate_refs: Vec<SecretRef>,
    /// How a refusal is written.
    #[serde(default)]
    pub refusal: Refusal,
    /// How an order is judged that the store does not know.
    #[serde(default)]
    pub when_order_unknown: WhenOrderUnknown,
}

/// Which roots an outbound connection trusts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Trust {
    /// BankID's own root of the production environment (bankid-se.md section 1).
    BankIdProduction,
    /// BankID's own root of the test environment.
    BankIdTest,
    /// A bundle of PEM certificates.
    Bundle(TrustRef),
}

/// A bundle of PEM certificates in a key of a ConfigMap or Secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TrustRef {
    /// What kind of object holds it.
    pub kind: TrustKind,
    /// Its name, in the policy's namespace.
    #[cfg_attr(
        feature = "schema",
        schemars(length(min = 1, max = 253), regex(pattern = crate::patterns::OBJECT_NAME))
    )]
    pub name: String,
    /// The key that holds the PEM certificates.
    #[cfg_attr(
        feature = "schema",
        schemars(
            length(min = 1, max = 253),
            regex(pattern = crate::patterns::DATA_KEY)
        )
    )]
    pub key: String,
}

/// What kind of resource holds a trust bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum TrustKind {
    /// A ConfigMap: mounted as `configmaps/NAME/KEY`.
    ConfigMap,
    /// A Secret: mounted as `secrets/NAME/KEY`.
    Secret,
}

/// How a refusal of Swedish BankID is written. The defaults are BankID's own words for a risk block; clients that know only
/// older words need `cancelled` (bankid-se.md section 0.5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Refusal {
    /// The `hintCode` of a refused result. Clients that know only older words need `cancelled`.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 64), regex(pattern = crate::patterns::WORD)))]
    pub hint_code: String,
    /// The `errorCode` of a refused order.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 64), regex(pattern = crate::patterns::WORD)))]
    pub error_code: String,
}

impl Default for Refusal {
    fn default() -> Self {
        Self {
            hint_code: "transactionRiskBlocked".to_owned(),
            error_code: "transactionRiskBlocked".to_owned(),
        }
    }
}

/// How an order is judged that the store does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum WhenOrderUnknown {
    /// Under every flow of the provider entry; the strictest verdict holds.
    #[default]
    Strictest,
    /// It is blocked.
    Block,
}
