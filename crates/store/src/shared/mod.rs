//! The shared store with this sidecar's own memory beside it, for when the shared one is down (`store.whenUnavailable`).
//!
//! What the shared store does not take goes into memory, whatever the policy says: a terminal answer cannot be had again, and
//! an order that the provider has made is not undone by forgetting it. The policy decides what happens where that is not
//! enough, when the shared store cannot be *asked*: `Degrade` goes on with what this sidecar knows and marks it
//! ([`Transaction::degraded`]), `Refuse` says so, and nothing is sent.
//!
//! What this sidecar did itself it also remembers while the shared store works: without that, the first second of an outage
//! would find it without the threshold of an order that it made a moment ago. This second memory has the bound of the first,
//! drops nothing that it took, and takes nothing more when it is full; it is read only where the shared store cannot answer,
//! or has nothing.
//!
//! When the shared store is back, answers are brought to it ([`carrier`]): by a task, and before that by whoever asks for one.

mod carrier;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use riskgate_core::Clock;
use riskgate_core::config::WhenStoreUnavailable;
use tokio_util::task::TaskTracker;

use self::carrier::Carrier;
use crate::memory::MemoryStore;
use crate::store::{Claim, Key, StoreError, TransactionStore, Usage};
use crate::transaction::{Held, Order, Settled, Terminal, Transaction};

/// Hears of failures that [`SharedStore`] makes up for, so that they are counted.
pub trait StoreObserver: Send + Sync {
    /// The shared store failed; `operation` is the name of the trait's method.
    fn failed(&self, operation: &'static str, error: &StoreError);
}

/// A shared store, with memory beside it.
pub struct SharedStore<S> {
    /// The shared store, and what it did not take.
    both: Arc<Carrier<S>>,
    /// What it took from this sidecar.
    own: MemoryStore,
    refuse: AtomicBool,
}

impl<S: TransactionStore + 'static> SharedStore<S> {
    /// `shared`, with memory beside it: at most `max_bytes` for what it did not take, and as much again for what it took. What
    /// brings answers from there to `shared` runs among `tasks`.
    pub fn new(
        shared: S,
        max_bytes: u64,
        clock: Arc<dyn Clock>,
        when: WhenStoreUnavailable,
        observer: Arc<dyn StoreObserver>,
        tasks: TaskTracker,
    ) -> Self {
        let (memory, own) = (MemoryStore::new(max_bytes, clock.clone()), MemoryStore::new(max_bytes, clock));
        let both = Carrier::new(shared, memory, observer, tasks);
        Self { both, own, refuse: AtomicBool::new(when == WhenStoreUnavailable::Refuse) }
    }

    /// The shared store.
    pub fn shared(&self) -> &S {
        &self.both.shared
    }

    /// Changes what happens while the shared store cannot be asked.
    pub fn set_when_unavailable(&self, when: WhenStoreUnavailable) {
        self.refuse.store(when == WhenStoreUnavailable::Refuse, Ordering::Relaxed);
    }

    fn refuses(&self) -> bool {
        self.refuse.load(Ordering::Relaxed)
    }

    /// What memory holds of a transaction; most of the time it holds nothing at all.
    async fn remembered(&self, key: Key<'_>) -> Option<Transaction> {
        if self.both.memory.usage().open == 0 {
            return None;
        }
        self.both.memory.get(key).await.ok().flatten()
    }

    /// Everything that this sidecar knows of a transaction by itself, `memory` being what it remembers.
    async fn alone(&self, key: Key<'_>, memory: Option<Transaction>) -> Option<Transaction> {
        let own = self.own.get(key).await.ok().flatten();
        match (memory, own) {
            (Some(memory), Some(own)) => Some(Transaction { unrecorded: false, ..together(own, memory) }),
            (memory, own) => memory.or(own),
        }
    }

    /// Whether a change of `key` is written through: there is room, or what is open is finished.
    async fn follows(&self, key: Key<'_>) -> bool {
        self.own.admit().await.is_ok() || self.own.left(key).is_some()
    }

    /// What both know together. An answer that only memory has is brought to the shared store, where every sidecar finds it.
    async fn merged(&self, key: Key<'_>, shared: Option<Transaction>) -> Option<Transaction> {
        let memory = self.remembered(key).await;
        let Some(shared) = shared else {
            // The shared store never had it, or lost it, or another sidecar ended it.
            let brings = memory.is_some();
            let mut alone = self.alone(key, memory).await?;
            if brings {
                alone.terminal = self.brought(key, alone.terminal).await;
            }
            return Some(Transaction { degraded: true, ..alone });
        };
        let Some(memory) = memory else { return Some(shared) };
        let settled = matches!(shared.terminal, Some(Terminal::Settled(_)));
        let mut both = Transaction { degraded: true, ..together(shared, memory) };
        if !settled {
            both.terminal = self.brought(key, both.terminal).await;
        }
        Some(both)
    }

    /// The terminal answer that counts, once what memory has was brought to the shared store. Where that fails, the carrier
    /// tries again.
    async fn brought(&self, key: Key<'_>, terminal: Option<Terminal>) -> Option<Terminal> {
        let Some(Terminal::Settled(settled)) = terminal else { return terminal };
        let counts = match self.both.bring(key, settled.clone()).await {
            Ok(counts) => counts,
            Err(error) => {
                self.both.observer.failed("carry", &error);
                settled
            }
        };
        Some(Terminal::Settled(counts))
    }
}

/// Two views of one transaction; of two answers the settled one, else that of `first`.
fn together(first: Transaction, second: Transaction) -> Transaction {
    let terminal = match (first.terminal, second.terminal) {
        (Some(Terminal::Held(_)), Some(Terminal::Settled(settled))) => Some(Terminal::Settled(settled)),
        (first, second) => first.or(second),
    };
    Transaction {
        order: first.order.or(second.order),
        terminal,
        unresolved: first.unresolved || second.unresolved,
        unrecorded: first.unrecorded,
        degraded: first.degraded || second.degraded,
    }
}

#[async_trait]
impl<S: TransactionStore + 'static> TransactionStore for SharedStore<S> {
    async fn admit(&self) -> Result<(), StoreError> {
        match self.both.shared.admit().await {
            Err(error) if !self.refuses() => {
                self.both.observer.failed("admit", &error);
                self.both.memory.admit().await
            }
            admitted => admitted,
        }
    }

    async fn open(&self, key: Key<'_>, order: Order) -> Result<(), StoreError> {
        if let Err(error) = self.both.shared.open(key, order.clone()).await {
            self.both.observer.failed("open", &error);
            self.both.memory.admit().await?;
            return self.both.memory.open(key, order).await;
        }
        if self.follows(key).await {
            self.own.open(key, order).await?;
        }
        Ok(())
    }

    async fn get(&self, key: Key<'_>) -> Result<Option<Transaction>, StoreError> {
        match self.both.shared.get(key).await {
            Ok(shared) => Ok(self.merged(key, shared).await),
            Err(error) => {
                let memory = self.remembered(key).await;
                let alone = self.alone(key, memory).await;
                let answered = alone.as_ref().is_some_and(|alone| alone.terminal.is_some());
                // What does not read may be an answer that another sidecar reads: nothing is made up in its place.
                let unreadable = matches!(error, StoreError::Unreadable(_));
                if (self.refuses() || unreadable) && !answered {
                    return Err(error);
                }
                self.both.observer.failed("get", &error);
                Ok(Some(Transaction { degraded: true, ..alone.unwrap_or_default() }))
            }
        }
    }

    async fn hold(&self, key: Key<'_>, held: Held) -> Result<(), StoreError> {
        if let Err(error) = self.both.shared.hold(key, held.clone()).await {
            self.both.observer.failed("hold", &error);
            return self.both.memory.hold(key, held).await;
        }
        if self.follows(key).await {
            self.own.hold(key, held).await?;
        }
        Ok(())
    }

    async fn settle(
        &self,
        key: Key<'_>,
        settled: Settled,
        record: Option<Bytes>,
    ) -> Result<Option<Settled>, StoreError> {
        match self.both.shared.settle(key, settled.clone(), record).await {
            // Another sidecar settled it, and this one cannot read what the application was told.
            Err(error @ StoreError::Unreadable(_)) => Err(error),
            Err(error) => {
                self.both.observer.failed("settle", &error);
                // What was settled before the outage stays the answer in it.
                if let Some(Transaction { terminal: Some(Terminal::Settled(first)), .. }) =
                    self.own.get(key).await?
                {
                    return Ok(Some(first));
                }
                let earlier = self.both.memory.settle(key, settled, None).await?;
                if earlier.is_none() {
                    self.both.later(key);
                }
                Ok(earlier)
            }
            Ok(earlier) => {
                if self.follows(key).await {
                    self.own.settle(key, earlier.clone().unwrap_or(settled), None).await?;
                }
                Ok(earlier)
            }
        }
    }

    async fn recorded(&self, key: Key<'_>) -> Result<(), StoreError> {
        self.both.shared.recorded(key).await
    }

    async fn claim_record(&self, key: Key<'_>) -> Result<Claim, StoreError> {
        self.both.shared.claim_record(key).await
    }

    fn is_shared(&self) -> bool {
        true
    }

    async fn mark_unresolved(&self, key: Key<'_>) -> Result<(), StoreError> {
        self.both.memory.mark_unresolved(key).await?;
        self.own.mark_unresolved(key).await?;
        if let Err(error) = self.both.shared.mark_unresolved(key).await {
            self.both.observer.failed("mark_unresolved", &error);
            self.both.memory.admit().await?;
            // Only the shared store may know the order: what became of it is recorded all the same.
            self.both.memory.remember_unresolved(key);
        }
        Ok(())
    }

    async fn remove(&self, key: Key<'_>) -> Result<(), StoreError> {
        self.both.memory.remove(key).await?;
        self.own.remove(key).await?;
        if let Err(error) = self.both.shared.remove(key).await {
            self.both.observer.failed("remove", &error);
        }
        Ok(())
    }

    /// What this sidecar holds in memory; what the server holds, the server counts.
    fn usage(&self) -> Usage {
        let (memory, own) = (self.both.memory.usage(), self.own.usage());
        Usage { open: memory.open + own.open, bytes: memory.bytes + own.bytes }
    }
}
