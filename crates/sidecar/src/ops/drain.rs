//! Ending: on the first signal nothing new is taken and what runs is finished, on the second it ends at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::task::TaskTracker;

/// Everything that has to be told, and waited for.
pub struct Drain {
    /// Set when draining begins: readiness fails from then on.
    pub draining: Arc<AtomicBool>,
    /// Ends the accept loops and idle connections.
    pub shutdown: watch::Sender<bool>,
    /// Connections, and calls to providers that outlive their connection.
    pub tasks: TaskTracker,
}

/// How a drain ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// Everything was finished.
    Whole,
    /// The grace was over, or a second signal came; this many tasks were cut.
    Cut(usize),
}

impl Drain {
    /// Drains: ends as soon as nothing runs any more, after `grace` at the latest, or when `hurry` completes.
    pub async fn run(&self, grace: Duration, hurry: impl Future<Output = ()>) -> Drained {
        self.draining.store(true, Ordering::Relaxed);
        // Without a receiver there is nothing to be told.
        let _nobody = self.shutdown.send(true);
        self.tasks.close();
        tokio::select! {
            () = self.tasks.wait() => Drained::Whole,
            () = tokio::time::sleep(grace) => Drained::Cut(self.tasks.len()),
            () = hurry => Drained::Cut(self.tasks.len()),
        }
    }
}
