//! The configuration of OneSpan as a source: its risk engine asked about requests to another provider.

use serde::{Deserialize, Serialize};

use super::{SecretRef, TrustRef};
use crate::parameters::DeviceIdentifierHash;

/// OneSpan's risk engine, asked by its risk-only call before the order exists. It gets the user's reference, the amount and the
/// user's IPv4 address: a third party learns them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OneSpanSourceConfig {
    /// Scheme, host and port of the tenant: `https://TENANT.prod.eu1.tid.onespan.cloud`. The path prefix `/v1` is part of the
    /// protocol.
    #[cfg_attr(
        feature = "schema",
        schemars(
            length(min = 9, max = 262),
            regex(
                pattern = r"^https://([A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$"
            )
        )
    )]
    pub endpoint: String,
    /// The roots that its certificate must lead to; left out, those of the public web.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_bundle_ref: Option<TrustRef>,
    /// The Secret with the tenant's client certificate: `tls.crt` and `tls.key`, or `keystore.p12` and `password`. Every
    /// environment but the sandbox wants one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials_ref: Option<SecretRef>,
    /// Who the transaction is of.
    pub user: MappedUser,
    /// What the transaction is about.
    pub amount: MappedAmount,
    /// The `transactionType` that OneSpan knows these transactions by.
    #[serde(default = "payment")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 64), regex(pattern = crate::patterns::WORD)))]
    pub transaction_type: String,
}

fn payment() -> String {
    "Payment".to_owned()
}

/// Where the user's reference stands in the application's request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MappedUser {
    /// A JSON pointer (RFC 6901) into the request: `/requirement/personalNumber`.
    #[cfg_attr(feature = "schema", schemars(length(min = 2, max = 256), regex(pattern = crate::patterns::POINTER)))]
    pub pointer: String,
    /// Whether OneSpan gets its hash instead. What people can be counted through, such as personal numbers, a hash hides from
    /// nobody who tries them all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<DeviceIdentifierHash>,
}

/// Where the amount stands in the application's request, and its currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MappedAmount {
    /// A JSON pointer (RFC 6901) into the request: `/userVisibleTransaction/money/amount`. A number, or a text with digits and
    /// at most one decimal comma or point.
    #[cfg_attr(feature = "schema", schemars(length(min = 2, max = 256), regex(pattern = crate::patterns::POINTER)))]
    pub pointer: String,
    /// A JSON pointer to the currency; this, or `currency`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 2, max = 256), regex(pattern = crate::patterns::POINTER)))]
    pub currency_pointer: Option<String>,
    /// The currency of every amount, such as `SEK`; this, or `currencyPointer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 3, max = 3), regex(pattern = "^[A-Z]{3}$")))]
    pub currency: Option<String>,
}
