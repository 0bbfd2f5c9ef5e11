//! The risk parameters that a policy gives, for what the application sent neither in the body nor by header.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How the user started: in a browser or in an application of the relying party.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Start {
    /// In a browser: the request carries `web`.
    Web,
    /// In an application: the request carries `app`.
    App,
}

impl fmt::Display for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Web => "web",
            Self::App => "app",
        })
    }
}

/// What the sidecar attaches when the application sent nothing. The body wins over request headers, headers over this.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RiskParameters {
    /// How users start, where neither body nor header `Riskgate-Start` says it. Left out, no `web` or `app` is added, and
    /// BankID judges by less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Start>,
    /// The domain that starts the BankID app, such as `shop.example.se`: `web.referringDomain`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 3, max = 253)))]
    pub referring_domain: Option<String>,
    /// The package or bundle name, such as `se.example.shop`: `app.appIdentifier`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 255)))]
    pub app_identifier: Option<String>,
    /// How the header `Riskgate-Client-Ip` is read.
    #[serde(default)]
    pub client_ip: ClientIp,
    /// How the header `Riskgate-Device-Id` is used.
    #[serde(default)]
    pub device_identifier: DeviceIdentifier,
}

/// How the header `Riskgate-Client-Ip` is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClientIp {
    /// Which entry of an X-Forwarded-For list counts, from the right: 1 takes the entry that the one proxy in front of the
    /// application appended.
    #[serde(default = "ClientIp::one_hop")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 16)))]
    pub trusted_hops: u8,
}

impl ClientIp {
    fn one_hop() -> u8 {
        1
    }
}

impl Default for ClientIp {
    fn default() -> Self {
        Self { trusted_hops: Self::one_hop() }
    }
}

/// How the header `Riskgate-Device-Id` is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceIdentifier {
    /// The hash that is sent instead of what the header gives. Left out, only what is over 64 characters is hashed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<DeviceIdentifierHash>,
}

/// A hash for device identifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum DeviceIdentifierHash {
    /// SHA-256 in lower-case hexadecimal: 64 characters, the most that BankID takes (bankid-se.md section 2.2).
    Sha256,
}
