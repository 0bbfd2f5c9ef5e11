//! Provider entries of a policy: where the sidecar listens, and how it reaches the provider.

#![allow(unreachable_pub, reason = "KubeSchema copies each struct into a function body")]

mod bankid_no;
mod bankid_se;

use kube::KubeSchema;
use riskgate_core::config::{OneSpanConfig, TicIdentityConfig};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use bankid_no::{BankIdNo, NorwegianEnvironment};
pub use bankid_se::{BankIdSe, Environment};

/// One provider: the port that applications reach it on, and exactly one kind of provider, such as `bankIdSe`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = Rule::new("[has(self.bankIdSe), has(self.bankIdNo), has(self.ticIdentity), has(self.oneSpan)].filter(is, is).size() == 1")
    .message("one kind of provider is needed in each entry; write one of bankIdSe: { … }, bankIdNo: { … }, ticIdentity: { … }, oneSpan: { … }"))]
pub struct ProviderEntry {
    /// The entry's name: flows refer to it.
    #[schemars(length(min = 1, max = 63), regex(pattern = riskgate_core::patterns::NAME))]
    pub name: String,
    /// Where the sidecar listens for requests to this provider.
    pub listen: Listen,
    /// Swedish BankID, relying party API v6.0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank_id_se: Option<BankIdSe>,
    /// TIC Identity, a broker of Swedish BankID with enrichment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tic_identity: Option<TicIdentityConfig>,
    /// BankID Norway, an OpenID Connect provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank_id_no: Option<BankIdNo>,
    /// OneSpan Intelligent Adaptive Authentication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_span: Option<OneSpanConfig>,
}

/// Where the sidecar listens for requests to a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Listen {
    /// The port on loopback: providers from 15381. In a cluster not 0, which takes a free one.
    pub port: u16,
    /// Environment variables that injection sets to `http://127.0.0.1:PORT` in the application's containers. What a
    /// container sets itself stays.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 16),
        inner(length(min = 1, max = 128), regex(pattern = "^[A-Za-z_][A-Za-z0-9_]*$"))
    )]
    pub env: Vec<String>,
}
