//! The RiskPolicy resource: its types, what makes one valid, and its translation to the sidecar's configuration.
//!
//! ```text
//! file::parse ──► RiskPolicy ──► compile::compile ──► SidecarConfig
//!   text            policy          problems, warnings
//! ```
//!
//! The leaf types of the spec (flows, time limits, references …) are those of `riskgate-core`: policy and compiled
//! configuration cannot drift apart.

pub mod compile;
pub mod file;
pub mod policy;
pub mod provider;
pub mod schema;
pub mod source;
pub mod status;

pub use policy::{RiskPolicy, RiskPolicySpec};
pub use provider::{BankIdNo, BankIdSe, Environment, Listen, NorwegianEnvironment, ProviderEntry};
pub use source::SourceEntry;
pub use status::{OutdatedReason, Pods, RiskPolicyStatus};
