//! Operating the sidecar: what it tells of itself, and how it ends.

mod address_metrics;
pub mod admin;
pub mod decisions;
pub mod drain;
pub mod health;
pub mod http;
pub mod log;
pub mod meters;
pub mod metrics;
pub mod reloader;
pub mod store;
