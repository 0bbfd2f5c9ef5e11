//! What was settled in an outage is brought to the shared store, where every sidecar finds it.
//!
//! An answer that the shared store did not take waits here by name, and in memory with its body: as many as memory holds, and no
//! longer than their windows. While any waits there is one task that tries, with pauses; a drain waits for it, within its grace.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::sleep;
use tokio_util::task::TaskTracker;

use super::StoreObserver;
use crate::memory::MemoryStore;
use crate::pause::Pause;
use crate::store::{Key, StoreError, TransactionStore};
use crate::transaction::{Settled, Terminal, Transaction};

/// Between attempts: the first at once after a short failure, then at the pace at which the shared store is looked for.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Brings answers from memory to the shared store.
pub(super) struct Carrier<S> {
    pub(super) shared: S,
    /// What the shared store did not take.
    pub(super) memory: MemoryStore,
    pub(super) observer: Arc<dyn StoreObserver>,
    tasks: TaskTracker,
    waiting: Mutex<Waiting>,
}

/// The answers that wait, and whether the task runs that brings them.
#[derive(Default)]
struct Waiting {
    names: VecDeque<Name>,
    runs: bool,
}

/// A [`Key`] of one's own.
#[derive(Clone)]
struct Name {
    provider: String,
    reference: String,
}

impl Name {
    fn key(&self) -> Key<'_> {
        Key { provider: &self.provider, reference: &self.reference }
    }
}

impl<S: TransactionStore + 'static> Carrier<S> {
    pub(super) fn new(
        shared: S,
        memory: MemoryStore,
        observer: Arc<dyn StoreObserver>,
        tasks: TaskTracker,
    ) -> Arc<Self> {
        Arc::new(Self { shared, memory, observer, tasks, waiting: Mutex::default() })
    }

    /// Has the answer that memory holds of `key` brought to the shared store when that takes it.
    pub(super) fn later(self: &Arc<Self>, key: Key<'_>) {
        let mut waiting = self.waiting();
        waiting
            .names
            .push_back(Name { provider: key.provider.to_owned(), reference: key.reference.to_owned() });
        if !std::mem::replace(&mut waiting.runs, true) {
            self.tasks.spawn(self.clone().run());
        }
    }

    /// Settles in the shared store what was settled in memory, for what is left of its window; its record was written then.
    /// Gives the answer that counts: that of another sidecar, where one was there before.
    pub(super) async fn bring(&self, key: Key<'_>, settled: Settled) -> Result<Settled, StoreError> {
        let left = self.memory.left(key).unwrap_or_else(|| settled.outcome.window());
        match self.shared.carry(key, settled.clone(), left).await? {
            Some(earlier) if earlier != settled => Ok(earlier),
            _ => {
                // The first attempt may have arrived, record and all, and only its answer was lost.
                if let Err(error) = self.shared.recorded(key).await {
                    self.observer.failed("recorded", &error);
                }
                Ok(settled)
            }
        }
    }

    async fn run(self: Arc<Self>) {
        let mut pause = Pause::new(FIRST_PAUSE, LONGEST_PAUSE);
        let mut brought = 0_u64;
        loop {
            sleep(pause.next()).await;
            while let Some(name) = self.first() {
                match self.try_bring(name.key()).await {
                    Ok(was_there) => brought += u64::from(was_there),
                    Err(error @ StoreError::Unreadable(_)) => self.observer.failed("carry", &error),
                    Err(error) => {
                        self.observer.failed("carry", &error);
                        break;
                    }
                }
                self.waiting().names.pop_front();
            }
            if self.is_done() {
                tracing::info!(answers = brought, "answers of the outage were brought to the shared store");
                return;
            }
        }
    }

    /// Whether there was an answer to bring: its window may be over.
    async fn try_bring(&self, key: Key<'_>) -> Result<bool, StoreError> {
        match self.memory.get(key).await? {
            Some(Transaction { terminal: Some(Terminal::Settled(settled)), .. }) => {
                self.bring(key, settled).await.map(|_| true)
            }
            _ => Ok(false),
        }
    }

    fn first(&self) -> Option<Name> {
        self.waiting().names.front().cloned()
    }

    /// Whether nothing waits any more; then the next that comes starts another task.
    fn is_done(&self) -> bool {
        let mut waiting = self.waiting();
        waiting.runs = !waiting.names.is_empty();
        !waiting.runs
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
