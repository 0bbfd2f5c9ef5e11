//! What is known of the provider at the moment, as an input.

use std::sync::Arc;

use super::discovery::Discovery;
use crate::jose::KeySet;

/// A provider's configuration and its keys, of one fetch.
#[derive(Debug, Clone)]
pub struct Known {
    /// The configuration.
    pub discovery: Discovery,
    /// The keys that verify its tokens.
    pub keys: KeySet,
}

/// Where what is known comes from. Who implements it fetches; the protocol only looks.
pub trait Directory: Send + Sync {
    /// What is known; none before the first fetch.
    fn known(&self) -> Option<Arc<Known>>;

    /// The time, in seconds since the Unix epoch.
    fn now(&self) -> u64;
}
