//! The parts of the configuration that concern the sidecar as a service: ports, time limits, logs.

use serde::{Deserialize, Serialize};

use crate::quantity::Span;

/// Ports of the sidecar's own endpoints, chosen clear of Istio's and Linkerd's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ports {
    /// Read-only admin endpoints, on loopback. 0 takes a free port, outside a cluster.
    pub admin: u16,
    /// Health and metrics, on every address. 0 takes a free port, outside a cluster.
    pub health: u16,
}

impl Default for Ports {
    fn default() -> Self {
        Self { admin: 15300, health: 15320 }
    }
}

/// Time limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Timeouts {
    /// Connecting to a provider, TLS included.
    pub connect: Span,
    /// A provider's answer, from the request's last byte to the answer's.
    pub answer: Span,
    /// The application's request head.
    pub client_head: Span,
    /// The application's request body.
    pub client_body: Span,
    /// How long an application's connection may idle.
    pub idle: Span,
    /// How long requests may still run after SIGTERM.
    pub drain: Span,
}

impl Default for Timeouts {
    fn default() -> Self {
        let seconds = |count: u64| Span::from_millis(count * 1000);
        Self {
            connect: seconds(3),
            answer: seconds(10),
            client_head: seconds(10),
            client_body: seconds(10),
            idle: seconds(60),
            drain: seconds(30),
        }
    }
}

/// What is logged, and where decisions go.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LogConfig {
    /// The least severe messages that are written to stderr.
    pub level: LogLevel,
    /// Where decision records go: `Stdout`, or a file's absolute path.
    pub decisions: DecisionLog,
}

/// The least severe messages that are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum LogLevel {
    /// Only what failed.
    Error,
    /// And what looks wrong.
    Warn,
    /// And what happened.
    #[default]
    Info,
    /// And how.
    Debug,
}

/// Where decision records go.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "DecisionLogText"))]
pub enum DecisionLog {
    /// Standard output, after the ready line.
    #[default]
    Stdout,
    /// A file, appended to.
    File(String),
}

/// The schema of a [`DecisionLog`].
#[cfg(feature = "schema")]
#[derive(schemars::JsonSchema)]
struct DecisionLogText(
    #[allow(dead_code, reason = "only its schema is used")]
    #[schemars(length(max = 4096), regex(pattern = "^(Stdout|/.+)$"))]
    String,
);

impl From<String> for DecisionLog {
    fn from(text: String) -> Self {
        if text == "Stdout" { Self::Stdout } else { Self::File(text) }
    }
}

impl From<DecisionLog> for String {
    fn from(log: DecisionLog) -> Self {
        match log {
            DecisionLog::Stdout => "Stdout".to_owned(),
            DecisionLog::File(path) => path,
        }
    }
}
