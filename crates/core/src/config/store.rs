//! Where open transactions are kept: in the sidecar's own memory, or in a server that sidecars share.

use serde::{Deserialize, Serialize};

use super::{SecretRef, TrustRef};
use crate::quantity::Bytes;

/// Where open transactions are kept: `memory` or `redis`, and memory where neither is written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StoreConfig {
    /// In the sidecar's own memory: an order is known to the pod that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<MemoryStore>,
    /// In a Redis or Valkey server: an order is known to every pod of the policy. What is kept is sealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redis: Option<RedisStore>,
    /// What happens while the server cannot be asked.
    pub when_unavailable: WhenStoreUnavailable,
}

impl StoreConfig {
    /// How much memory transactions may take in the sidecar itself; with a server, those of an outage.
    #[must_use]
    pub fn max_bytes(&self) -> Bytes {
        self.memory.unwrap_or_default().max_bytes
    }
}

/// The store in the sidecar's own memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MemoryStore {
    /// How much memory open transactions may take. When it is full, new orders are refused and nothing live is evicted.
    pub max_bytes: Bytes,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self { max_bytes: Bytes(16 << 20) }
    }
}

/// What happens while the shared store cannot be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum WhenStoreUnavailable {
    /// Each pod goes on with what it knows itself, as with the memory store. Its decision records say so.
    #[default]
    Degrade,
    /// Orders and requests about them get the provider's 503, and nothing is sent.
    Refuse,
}

/// A Redis or Valkey server, a group of them behind Sentinels, or a cluster: `url`, `sentinel` or `cluster`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RedisStore {
    /// One server: `rediss://HOST:PORT`. Without TLS, `redis://`, only on loopback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "schema",
        schemars(length(min = 9, max = 270), regex(pattern = crate::patterns::REDIS_URL))
    )]
    pub url: Option<String>,
    /// The server that Sentinels name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentinel: Option<RedisSentinel>,
    /// A cluster, found by some of its nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<RedisCluster>,
    /// A Secret with `password`, and `username` where the server has users; for Sentinels that ask for a login of their own,
    /// `sentinelPassword` and `sentinelUsername`. A change is followed without a restart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials_ref: Option<SecretRef>,
    /// The roots that the servers' certificates must lead to; left out, the public web's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_bundle_ref: Option<TrustRef>,
    /// The keys that values are sealed under.
    pub seal_keys_ref: SealKeysRef,
}

impl RedisStore {
    /// Every URL, with its path below `redis`.
    pub fn urls(&self) -> impl Iterator<Item = (String, &str)> {
        let sentinels = self.sentinel.iter().flat_map(|sentinel| &sentinel.urls);
        let nodes = self.cluster.iter().flat_map(|cluster| &cluster.urls);
        let single = self.url.iter().map(|url| ("url".to_owned(), url.as_str()));
        single
            .chain(sentinels.enumerate().map(|(at, url)| (format!("sentinel.urls[{at}]"), url.as_str())))
            .chain(nodes.enumerate().map(|(at, url)| (format!("cluster.urls[{at}]"), url.as_str())))
    }
}

/// Sentinels, and the name under which they know the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RedisSentinel {
    /// The Sentinels: `rediss://HOST:PORT`. TLS to them means TLS to the server.
    #[cfg_attr(
        feature = "schema",
        schemars(
            length(min = 1, max = 16),
            inner(length(min = 9, max = 270), regex(pattern = crate::patterns::REDIS_URL))
        )
    )]
    pub urls: Vec<String>,
    /// What they call the server.
    #[cfg_attr(
        feature = "schema",
        schemars(length(min = 1, max = 253), regex(pattern = "^[-._A-Za-z0-9]+$"))
    )]
    pub master_name: String,
}

/// Some nodes of a cluster, from which the others are learned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RedisCluster {
    /// The nodes: `rediss://HOST:PORT`.
    #[cfg_attr(
        feature = "schema",
        schemars(
            length(min = 1, max = 32),
            inner(length(min = 9, max = 270), regex(pattern = crate::patterns::REDIS_URL))
        )
    )]
    pub urls: Vec<String>,
}

/// A Secret with the keys that values are sealed under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SealKeysRef {
    /// The Secret's name.
    #[cfg_attr(
        feature = "schema",
        schemars(length(min = 1, max = 253), regex(pattern = crate::patterns::OBJECT_NAME))
    )]
    pub name: String,
    /// The keys in it, each of 32 random bytes as they are. The first seals, every one opens. With two names the key can be changed
    /// by their contents alone, without new pods.
    #[cfg_attr(
        feature = "schema",
        schemars(
            length(min = 1, max = 8),
            inner(
                length(min = 1, max = 253),
                regex(pattern = crate::patterns::DATA_KEY)
            )
        )
    )]
    pub keys: Vec<String>,
}
