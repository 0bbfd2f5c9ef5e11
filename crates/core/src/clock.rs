//! Time as an input, so that everything with a lifetime can be tested without waiting.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Milliseconds since the Unix epoch.
pub type Millis = u64;

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Millis;
}

/// The machine's time. It starts from the wall clock and then runs monotonically, so that a wall clock set back or
/// forward neither keeps answers for ever nor drops them early.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    started_wall: Duration,
    started: Instant,
}

impl SystemClock {
    /// A clock that starts at the wall clock's present time.
    #[must_use]
    pub fn new() -> Self {
        let started_wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { started_wall, started: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

/// The wall clock, as it is set at the moment: for times that others wrote, such as when a token expires. [`SystemClock`] is one
/// process's own, and stays behind where the machine was suspended or its wall clock was corrected.
#[derive(Debug, Clone, Copy, Default)]
pub struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Millis {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Millis::try_from(since_epoch.as_millis()).unwrap_or(Millis::MAX)
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Millis {
        let since_epoch = self.started_wall + self.started.elapsed();
        Millis::try_from(since_epoch.as_millis()).unwrap_or(Millis::MAX)
    }
}
