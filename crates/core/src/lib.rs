//! The vocabulary of riskgate, policy evaluation and the compiled sidecar configuration.
//!
//! Everything here is pure: no network, no files, no task; time is an input. What one transaction was judged on goes in, a
//! decision comes out, and the same input always gives the same decision.
//!
//! ```text
//! config (one compiled policy) ─┐
//!                               ├─► evaluate ─► Outcome (verdict, enforced, reasons) ─► DecisionRecord
//! signals (what sources say) ───┘
//! ```

pub mod clock;
pub mod config;
pub mod contract;
pub mod evaluate;
pub mod facts;
pub mod flow;
pub mod hex;
pub mod ip;
pub mod level;
pub mod operation;
pub mod parameters;
#[cfg(feature = "schema")]
pub mod patterns;
pub mod pseudonym;
pub mod quantity;
pub mod reason;
pub mod record;
pub mod requirement;
pub mod signal;
pub mod verdict;

pub use clock::{Clock, Millis, SystemClock, WallClock};
pub use config::SidecarConfig;
pub use evaluate::{Enforcement, Evidence, Outcome, Scope};
pub use facts::{Condition, FactValue, Facts};
pub use flow::{AtCollect, AtOrder, Challenge, Flow, SourceRule, When};
pub use level::{Assessment, Level, Threshold};
pub use operation::{Operation, Provider};
pub use parameters::{ClientIp, DeviceIdentifier, DeviceIdentifierHash, RiskParameters, Start};
pub use pseudonym::Pseudonymizer;
pub use quantity::{Bytes, Span};
pub use reason::{Reason, ReasonCode};
pub use record::{DecisionRecord, SCHEMA as DECISION_SCHEMA};
pub use requirement::{Requirement, RequirementSet};
pub use signal::{PROVIDER_SOURCE, Phase, Signal, cause, own};
pub use verdict::Verdict;
