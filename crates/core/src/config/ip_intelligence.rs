//! The configuration of the source `ipIntelligence`.

use serde::{Deserialize, Serialize};

use super::ip_scoring::IpScoring;
use super::{Finding, SecretKeyRef, TrustRef};
use crate::ip::Country;
use crate::quantity::{Bytes, Span};

/// Where facts about addresses come from, and how they are scored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IpIntelligenceConfig {
    /// Countries that score nothing; TIC's five Nordic ones by default.
    #[cfg_attr(
        feature = "schema",
        schemars(length(min = 1, max = 64), extend("x-kubernetes-list-type" = "set"))
    )]
    pub home_countries: Vec<Country>,
    /// Whether countries are taken from the registries' data that riskgate carries, where no mounted database knows one. It says
    /// where an address was registered, which is not always where it is used.
    pub registry_data: bool,
    /// A folder of MaxMind DB files: countries, networks, anonymisers. Read only, and read again when they change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub databases: Option<IpDatabases>,
    /// Lists of addresses, prefixes and networks in ConfigMaps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(
        feature = "schema",
        schemars(
            length(max = 16),
            extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["configMap", "key"])
        )
    )]
    pub lists: Vec<IpList>,
    /// A service that is asked about each address. It sends a user's address to a third party: left out, none is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abuse_api: Option<AbuseApi>,
    /// The scoring table.
    pub scoring: IpScoring,
}

/// A folder of MaxMind DB files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IpDatabases {
    /// The claim that is mounted read-only; every file `*.mmdb` at its top is read. Outside a cluster: the folder
    /// `databases/NAME`.
    #[cfg_attr(
        feature = "schema",
        schemars(length(min = 1, max = 253), regex(pattern = crate::patterns::OBJECT_NAME))
    )]
    pub persistent_volume_claim: String,
    /// The most that one file may have, since each is held in memory. The sidecar's memory limit must leave room for twice as
    /// much: while a file is exchanged there are two.
    #[serde(default = "IpDatabases::default_max_bytes")]
    pub max_bytes: Bytes,
}

impl IpDatabases {
    fn default_max_bytes() -> Bytes {
        Bytes(64 << 20)
    }
}

/// A list of addresses in a key of a ConfigMap; mounted as `configmaps/NAME/KEY`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IpList {
    /// The ConfigMap's name.
    #[cfg_attr(
        feature = "schema",
        schemars(length(min = 1, max = 253), regex(pattern = crate::patterns::OBJECT_NAME))
    )]
    pub config_map: String,
    /// The key in it.
    #[cfg_attr(
        feature = "schema",
        schemars(
            length(min = 1, max = 253),
            regex(pattern = crate::patterns::DATA_KEY)
        )
    )]
    pub key: String,
    /// What is said of the addresses on it.
    pub kind: IpListKind,
}

/// What a list says of its addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum IpListKind {
    /// They are Tor exits.
    Tor,
    /// They are a VPN provider's.
    Vpn,
    /// They are proxies.
    Proxy,
    /// They are a data centre's.
    Hosting,
    /// They were reported for abuse, as sure as `scoring.abuse.listed` says.
    Abuse,
    /// They are known and harmless, such as an office behind a hosted gateway: whatever else is said of them scores nothing.
    Trusted,
}

/// A service with the interface of AbuseIPDB, version 2 (other-systems.md section E.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AbuseApi {
    /// Scheme, host and port, such as `https://api.abuseipdb.com`. Users' addresses are sent there.
    #[cfg_attr(feature = "schema", schemars(length(min = 8, max = 512)))]
    pub url: String,
    /// The Secret with the API key.
    pub api_key_ref: SecretKeyRef,
    /// The roots that the service's certificate must lead to; left out, the public web's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_bundle_ref: Option<TrustRef>,
    /// How many days back the service looks for reports.
    #[serde(default = "AbuseApi::default_max_age_in_days")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 365)))]
    pub max_age_in_days: u16,
    /// How long what the service said of an address is used again.
    #[serde(default = "AbuseApi::default_cache_ttl")]
    pub cache_ttl: Span,
    /// How many addresses are remembered.
    #[serde(default = "AbuseApi::default_cache_entries")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100_000)))]
    pub cache_entries: u32,
}

impl AbuseApi {
    fn default_max_age_in_days() -> u16 {
        30
    }

    fn default_cache_ttl() -> Span {
        Span::from_millis(3_600_000)
    }

    fn default_cache_entries() -> u32 {
        10_000
    }
}

impl Default for IpIntelligenceConfig {
    fn default() -> Self {
        Self {
            home_countries: Country::nordic(),
            registry_data: true,
            databases: None,
            lists: Vec::new(),
            abuse_api: None,
            scoring: IpScoring::default(),
        }
    }
}

impl IpIntelligenceConfig {
    /// Contradictions, with paths below `path`.
    pub(super) fn check(&self, path: &str) -> Vec<Finding> {
        let mut findings = self.scoring.check(&format!("{path}.scoring"));
        let mut add = |field: String, message: String| {
            findings.push(Finding { path: format!("{path}.{field}"), message });
        };
        if self.home_countries.is_empty() {
            let message = "every country would be foreign; write at least one, or scoring: { foreign: 0 }";
            add("homeCountries".to_owned(), message.to_owned());
        }
        if !self.registry_data
            && self.databases.is_none()
            && self.lists.is_empty()
            && self.abuse_api.is_none()
        {
            let message =
                "nothing is left to know addresses by; write true, or name databases, lists or abuseApi";
            add("registryData".to_owned(), message.to_owned());
        }
        if let Some(databases) = &self.databases
            && databases.max_bytes.0 == 0
        {
            add("databases.maxBytes".to_owned(), "no file has no bytes; write at least 1Mi".to_owned());
        }
        for (at, list) in self.lists.iter().enumerate() {
            let same = |other: &&IpList| other.config_map == list.config_map && other.key == list.key;
            if self.lists[..at].iter().any(|other| same(&other)) {
                let message = format!("{}/{} stands here twice; write it once", list.config_map, list.key);
                add(format!("lists[{at}]"), message);
            }
        }
        if let Some(api) = &self.abuse_api {
            check_api(api, &mut add);
        }
        findings
    }
}

fn check_api(api: &AbuseApi, add: &mut impl FnMut(String, String)) {
    if !super::endpoint::is_endpoint(&api.url) {
        let message = format!("{:?} is no service; write https://HOST or https://HOST:PORT", api.url);
        add("abuseApi.url".to_owned(), message);
    }
    if !(1..=365).contains(&api.max_age_in_days) {
        let message = format!("{} days cannot be asked for; write 1 to 365", api.max_age_in_days);
        add("abuseApi.maxAgeInDays".to_owned(), message);
    }
    if api.cache_ttl < Span::from_millis(60_000) || api.cache_ttl > Span::from_millis(7 * 86_400_000) {
        let message = format!("{} is no time to remember an address for; write 1m to 168h", api.cache_ttl);
        add("abuseApi.cacheTtl".to_owned(), message);
    }
    if !(1..=100_000).contains(&api.cache_entries) {
        let message = format!("{} addresses cannot be remembered; write 1 to 100000", api.cache_entries);
        add("abuseApi.cacheEntries".to_owned(), message);
    }
}
