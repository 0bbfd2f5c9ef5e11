//! The transaction store that the configuration asks for, and how it follows changes.

use std::sync::Arc;

use riskgate_core::Clock;
use riskgate_store::redis::SetupError;
use riskgate_store::shared::StoreObserver;
use riskgate_store::{MemoryStore, RedisStore, SharedStore, StoreError, TransactionStore};
use tokio_util::task::TaskTracker;

use super::metrics::Metrics;
use crate::config::snapshot::Snapshot;

/// The transaction store: in memory, or shared with memory beside it.
#[derive(Clone)]
pub enum Store {
    /// In this sidecar's memory.
    Memory(Arc<MemoryStore>),
    /// Shared with other sidecars.
    Shared(Arc<SharedStore<RedisStore>>),
}

impl Store {
    /// The store that `snapshot` asks for. A shared one begins to connect; nothing waits for it. What it has to finish runs
    /// among `tasks`.
    ///
    /// # Errors
    ///
    /// [`SetupError`] when it could never be reached.
    pub fn start(
        snapshot: &Snapshot,
        clock: Arc<dyn Clock>,
        metrics: Arc<Metrics>,
        tasks: TaskTracker,
    ) -> Result<Self, SetupError> {
        let max_bytes = snapshot.config.store.max_bytes().0;
        Ok(match &snapshot.shared_store {
            None => Self::Memory(Arc::new(MemoryStore::new(max_bytes, clock))),
            Some(settings) => {
                let redis = RedisStore::start(settings.options())?;
                let when = settings.when_unavailable;
                Self::Shared(Arc::new(SharedStore::new(redis, max_bytes, clock, when, metrics, tasks)))
            }
        })
    }

    /// As the pipeline uses it.
    #[must_use]
    pub fn transactions(&self) -> Arc<dyn TransactionStore> {
        match self {
            Self::Memory(store) => store.clone(),
            Self::Shared(store) => store.clone(),
        }
    }

    /// Follows a change of the configuration or of a credential.
    ///
    /// # Errors
    ///
    /// [`SetupError`]; then nothing changed.
    pub fn follow(&self, snapshot: &Snapshot) -> Result<(), SetupError> {
        match (self, &snapshot.shared_store) {
            (Self::Shared(store), Some(settings)) => {
                store.shared().reconfigure(settings.reach.clone(), settings.keys.clone())?;
                store.set_when_unavailable(settings.when_unavailable);
            }
            (Self::Memory(store), _) => store.set_max_bytes(snapshot.config.store.max_bytes().0),
            // Refused at the reload: the kind of store does not change.
            (Self::Shared(_), None) => {}
        }
        Ok(())
    }
}

impl StoreObserver for Metrics {
    fn failed(&self, operation: &'static str, _error: &StoreError) {
        self.store_error(operation);
    }
}
