//! From a configuration file and credential folders to the snapshot that one request uses.

mod addresses;
pub mod credentials;
mod enrichment;
pub mod made_with;
pub mod reload;
mod setup;
pub mod shared_store;
pub mod snapshot;
pub mod source;
pub mod watch;
pub mod webhook;

pub use riskgate_core::config::Timeouts;
