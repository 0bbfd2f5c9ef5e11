//! One line in the log when the shared store stops working, one when it works again.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the shared store fails, and whether that was told.
#[derive(Debug, Default)]
pub(super) struct Outage(AtomicBool);

impl Outage {
    /// Something failed.
    pub(super) fn began(&self, reason: &str) {
        if !self.0.swap(true, Ordering::Relaxed) {
            tracing::error!(reason, "the shared transaction store does not work; told once until it does");
        }
    }

    /// An operation worked that fails in every outage: a new connection, a read, or an answer that is taken is none.
    pub(super) fn ended(&self) {
        if self.0.load(Ordering::Relaxed) && self.0.swap(false, Ordering::Relaxed) {
            tracing::info!("the shared transaction store works again");
        }
    }
}
