//! The tasks of a simulator, which end together: first gently, then at once.

use std::future::Future;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A shared handle.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tasks {
    tracker: TaskTracker,
    ending: CancellationToken,
    aborted: CancellationToken,
}

impl Tasks {
    /// Runs `task` until it ends, or all are aborted.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let aborted = self.aborted.clone();
        self.tracker.spawn(async move {
            aborted.run_until_cancelled(task).await;
        });
    }

    /// The output of `future`, or None once the end has begun.
    pub(crate) async fn until_ending<F: Future>(&self, future: F) -> Option<F::Output> {
        self.ending.run_until_cancelled(future).await
    }

    /// Drops what still runs.
    pub(crate) fn abort(&self) {
        self.ending.cancel();
        self.aborted.cancel();
    }

    /// Returns when all have ended, and aborts those that take longer than `patience`.
    pub(crate) async fn end(&self, patience: Duration) {
        self.ending.cancel();
        self.tracker.close();
        if tokio::time::timeout(patience, self.tracker.wait()).await.is_err() {
            self.abort();
            self.tracker.wait().await;
        }
    }
}
