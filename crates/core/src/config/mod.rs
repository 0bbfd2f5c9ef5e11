//! The compiled configuration of a sidecar: what the operator writes and the sidecar reads.
//!
//! It mirrors the `spec` of the RiskPolicy resource (design.md section 3) with every default filled in and every
//! environment resolved, so that a finding about it can be told in the words of the policy. It holds no secret: only
//! the names under which the kubelet mounts them.

mod bankid_no;
mod bankid_se;
mod check;
mod check_provider;
mod check_source;
mod check_store;
mod egress;
mod endpoint;
mod http_source;
mod ip_intelligence;
mod ip_scoring;
mod kind;
mod one_span;
mod one_span_source;
mod provider;
mod security_data;
mod service;
mod source;
mod store;
mod tic_enrichment;
mod tic_identity;

pub use bankid_no::{BankIdNoConfig, OAuthError, OAuthRefusal};
pub use bankid_se::{BankIdSeConfig, Refusal, Trust, TrustKind, TrustRef, WhenOrderUnknown};
pub use check::Finding;
pub use egress::EgressProxy;
pub use http_source::HttpSourceConfig;
pub use ip_intelligence::{AbuseApi, IpDatabases, IpIntelligenceConfig, IpList, IpListKind};
pub use ip_scoring::{AbuseScoring, IpAggregate, IpScoring};
pub use kind::NotOneKind;
pub use one_span::{LookUp, OneSpanConfig, OneSpanMatchedRules};
pub use one_span_source::{MappedAmount, MappedUser, OneSpanSourceConfig};
pub use provider::{Listen, ProviderConfig, ProviderKind};
pub use security_data::{ClaimRule, ClientAuthentication, SecurityDataConfig};
pub use service::{DecisionLog, LogConfig, LogLevel, Ports, Timeouts};
pub use source::{SourceConfig, SourceKind};
pub use store::{
    MemoryStore, RedisCluster, RedisSentinel, RedisStore, SealKeysRef, StoreConfig, WhenStoreUnavailable,
};

pub use tic_enrichment::{EnrichmentType, TicEnrichmentConfig};
pub use tic_identity::{SignedContent, TicIdentityConfig, TicRefusal, TicSignature, TicWebhook};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::evaluate::Scope;
use crate::flow::Flow;
use crate::operation::Operation;
use crate::parameters::RiskParameters;
use crate::signal::{Phase, Signal, cause};
use crate::verdict::Verdict;

/// The schema number of [`SidecarConfig`]; the ConfigMap carries it in its key, `config.v1.yaml`.
pub const SCHEMA: u32 = 1;

/// Whether verdicts are enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Mode {
    /// Verdicts are enforced: what is blocked fails at the application.
    #[default]
    Enforce,
    /// Risk parameters are attached, decisions made and recorded; no outcome is changed.
    Monitor,
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Enforce => "Enforce",
            Self::Monitor => "Monitor",
        })
    }
}

/// What happens with operations that no flow covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum UncoveredOperations {
    /// They are refused, in the provider's own words.
    #[default]
    Refuse,
    /// They pass without a decision, and are recorded.
    Forward,
}

impl UncoveredOperations {
    /// The verdict for an operation that no flow covers.
    #[must_use]
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Refuse => Verdict::Block,
            Self::Forward => Verdict::Allow,
        }
    }
}

/// The policy that a configuration was compiled from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyName {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl std::fmt::Display for PolicyName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// A key of a Secret of the policy's namespace; mounted as `secrets/NAME/KEY`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SecretKeyRef {
    /// The Secret's name.
    #[cfg_attr(
        feature = "schema",
        schemars(length(min = 1, max = 253), regex(pattern = crate::patterns::OBJECT_NAME))
    )]
    pub name: String,
    /// The key in it.
    #[cfg_attr(
        feature = "schema",
        schemars(
            length(min = 1, max = 253),
            regex(pattern = crate::patterns::DATA_KEY)
        )
    )]
    pub key: String,
}

/// A Secret of the policy's namespace; mounted as `secrets/NAME/`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SecretRef {
    /// The Secret's name.
    #[cfg_attr(
        feature = "schema",
        schemars(length(min = 1, max = 253), regex(pattern = crate::patterns::OBJECT_NAME))
    )]
    pub name: String,
}

/// The compiled configuration of a sidecar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SidecarConfig {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The policy it was compiled from.
    pub policy: PolicyName,
    /// Whether verdicts are enforced.
    #[serde(default)]
    pub mode: Mode,
    /// What happens with operations that no flow covers.
    #[serde(default)]
    pub uncovered_operations: UncoveredOperations,
    /// Ports of the sidecar's own endpoints.
    #[serde(default)]
    pub ports: Ports,
    /// The key of the pseudonyms in decision records; left out, each process makes its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pseudonym_key_ref: Option<SecretKeyRef>,
    /// Time limits.
    #[serde(default)]
    pub timeouts: Timeouts,
    /// What is logged, and where decisions go.
    #[serde(default)]
    pub log: LogConfig,
    /// What connections to providers and sources are made through; the store's are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub egress_proxy: Option<EgressProxy>,
    /// Where open transactions are kept.
    #[serde(default)]
    pub store: StoreConfig,
    /// The providers the sidecar stands in front of.
    pub providers: Vec<ProviderConfig>,
    /// What is attached when the application sent nothing.
    #[serde(default)]
    pub risk_parameters: RiskParameters,
    /// The enrichment sources that flows may name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<SourceConfig>,
    /// The flows.
    pub flows: Vec<Flow>,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Not YAML, or not of the shape of [`SidecarConfig`].
    #[error("the configuration does not read: {0}")]
    Shape(#[from] serde_yaml::Error),
    /// Of another schema number.
    #[error(
        "the configuration has schema {0}, this sidecar reads schema {SCHEMA}: upgrade the sidecar or the operator"
    )]
    Schema(u32),
    /// Contradictory; every finding, one a line.
    #[error("the configuration is contradictory:\n{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Findings(Vec<Finding>),
}

impl SidecarConfig {
    /// Reads a configuration and checks it whole.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with line and column where the text does not read, or every contradiction with its field.
    pub fn from_yaml(text: &str) -> Result<Self, ConfigError> {
        let config: Self = serde_yaml::from_str(text)?;
        if config.schema != SCHEMA {
            return Err(ConfigError::Schema(config.schema));
        }
        let findings = config.check();
        if findings.is_empty() { Ok(config) } else { Err(ConfigError::Findings(findings)) }
    }

    /// The configuration as YAML, as the operator writes it.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Shape`]; it cannot occur for a configuration of this type.
    pub fn to_yaml(&self) -> Result<String, ConfigError> {
        Ok(serde_yaml::to_string(self)?)
    }

    /// The revision: a hash of the configuration's meaning, so that comments and layout do not change it.
    #[must_use]
    pub fn revision(&self) -> String {
        // Serialising this type to memory cannot fail: no map has keys that are not text.
        let canonical = serde_json::to_vec(self).unwrap_or_default();
        crate::hex::prefixed("sha256:", &Sha256::digest(&canonical))
    }

    /// The flow of that name.
    #[must_use]
    pub fn flow(&self, name: &str) -> Option<&Flow> {
        self.flows.iter().find(|flow| flow.name == name)
    }

    /// The source of that name.
    #[must_use]
    pub fn source(&self, name: &str) -> Option<&SourceConfig> {
        self.sources.iter().find(|source| source.name == name)
    }

    /// The flow that covers an operation when no header selects one.
    #[must_use]
    pub fn default_flow(&self, provider: &str, operation: Operation) -> Option<&Flow> {
        self.flows.iter().find(|flow| !flow.selectable_by_header && flow.covers(provider, operation))
    }

    /// What a transaction is judged under whose order, or whose flow, is not known.
    #[must_use]
    pub fn scope_of_unknown<'a>(&'a self, provider: &'a str) -> Scope<'a> {
        let flows: Vec<&Flow> = self.flows.iter().filter(|flow| flow.provider == provider).collect();
        let entry = self.providers.iter().find(|entry| entry.name == provider);
        let when = entry.map(ProviderConfig::when_order_unknown);
        match when {
            Some(WhenOrderUnknown::Block) => Scope::UnknownBlocked,
            _ if flows.is_empty() => Scope::Uncovered(self.uncovered_operations.verdict()),
            _ => Scope::Strictest { provider, flows },
        }
    }

    /// What is lost with an order that is not known: what the sources of its flows said before it was made. Lost is not harmless.
    #[must_use]
    pub fn lost_with_order(&self, scope: &Scope<'_>) -> Vec<Signal> {
        let Scope::Strictest { flows, .. } = scope else { return Vec::new() };
        let screens = |source: &&SourceConfig| {
            let is_named = |flow: &&Flow| flow.sources.iter().any(|rule| rule.name == source.name);
            source.kind.is_asked_in(Phase::Screen) && flows.iter().any(is_named)
        };
        let lost = self.sources.iter().filter(screens);
        lost.map(|source| Signal::unavailable(&source.name, Phase::Screen, cause::CONTEXT_LOST)).collect()
    }
}
