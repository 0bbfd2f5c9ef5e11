//! What every transaction store must do, for the tests of every implementation (feature `conformance`).
//!
//! Two views of the same contract: [`promises`] states what the pipeline relies on, one case after another with the outcome
//! written down; [`follow`] takes random [`Step`]s and compares the store with a model after each.
//!
//! Time is a [`ManualClock`] that the store under test is given. A shared server runs on time of its own, so an
//! implementation over one must keep deadlines by this clock, and may use the server's expiry only as a later safety net.

mod model;
mod promises;
pub(crate) mod samples;
mod step;

use std::sync::atomic::{AtomicU64, Ordering};

use riskgate_core::{Clock, Millis};

pub use promises::promises;
pub use step::{Step, follow, steps};

use crate::store::StoreError;

/// Where a store did something else than it must. Bodies and what is a user's own are not shown, so that the two sides may
/// look the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Divergence(String);

impl From<StoreError> for Divergence {
    fn from(error: StoreError) -> Self {
        Self(error.to_string())
    }
}

/// A clock that stands until it is moved.
#[derive(Debug)]
pub struct ManualClock(AtomicU64);

impl ManualClock {
    /// A clock that stands at `now`.
    #[must_use]
    pub fn at(now: Millis) -> Self {
        Self(AtomicU64::new(now))
    }

    /// Moves it forward.
    pub fn advance(&self, by: Millis) {
        self.0.fetch_add(by, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Millis {
        self.0.load(Ordering::Relaxed)
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, got: &T, expected: &T) -> Result<(), Divergence> {
    if got == expected {
        Ok(())
    } else {
        Err(Divergence(format!("{what}: got {got:?}, expected {expected:?}")))
    }
}
