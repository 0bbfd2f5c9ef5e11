//! The shared store with this sidecar's own memory beside it, for when the shared one is down (`store.whenUnavailable`).
//!
//! What the shared store does not take goes into memory, whatever the policy says: a terminal answer cannot be had again, and
//! an order that the provider has made is not undone by forgetting it. The policy decides what happens where that is not
//! enough, when the shared store cannot be *asked*: `Degrade` goes on with what this sidecar knows and marks it
//! ([`Transaction::degraded`]), `Refuse` says so, and nothing is sent.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use bytes::Bytes;

use crate::memory::MemoryStore;
use crate::store::{Claim, Key, StoreError, TransactionStore, Usage};
use crate::transaction::{Held, Order, Settled, Terminal, Transaction};

/// Hears of failures that [`SharedStore`] makes up for, so that they are counted.
pub trait StoreObserver: Send + Sync {
    /// The shared store failed; `operation` is the name of the trait's method.
    fn failed(&self, operation: &'static str, error: &StoreError);
}

/// What happens while the shared store cannot be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenUnavailable {
    /// The sidecar goes on with what it knows itself.
    Degrade,
    /// Orders, and requests about them, are refused.
    Refuse,
}

/// A shared store, with memory beside it.
pub struct SharedStore<S> {
    shared: S,
    memory: MemoryStore,
    refuse: AtomicBool,
    observer: Arc<dyn StoreObserver>,
}

impl<S: TransactionStore> SharedStore<S> {
    /// `shared`, with `memory` beside it.
    pub fn new(
        shared: S,
        memory: MemoryStore,
        when: WhenUnavailable,
        observer: Arc<dyn StoreObserver>,
    ) -> Self {
        Self { shared, memory, refuse: AtomicBool::new(when == WhenUnavailable::Refuse), observer }
    }

    /// The shared store.
    pub fn shared(&self) -> &S {
        &self.shared
    }

    /// Changes what happens while the shared store cannot be asked.
    pub fn set_when_unavailable(&self, when: WhenUnavailable) {
        self.refuse.store(when == WhenUnavailable::Refuse, Ordering::Relaxed);
    }

    fn refuses(&self) -> bool {
        self.refuse.load(Ordering::Relaxed)
    }

    /// What memory holds of a transaction; most of the time it holds nothing at all.
    async fn remembered(&self, key: Key<'_>) -> Option<Transaction> {
        if self.memory.usage().open == 0 {
            return None;
        }
        self.memory.get(key).await.ok().flatten()
    }

    /// What both know together. An answer that only memory has is brought to the shared store, where every sidecar finds it.
    async fn merged(&self, key: Key<'_>, shared: Option<Transaction>) -> Option<Transaction> {
        let Some(own) = self.remembered(key).await else { return shared };
        let Some(shared) = shared else { return Some(Transaction { degraded: true, ..own }) };
        let terminal = match (shared.terminal, own.terminal) {
            (Some(Terminal::Settled(settled)), _) => Some(Terminal::Settled(settled)),
            (_, Some(Terminal::Settled(settled))) => Some(self.bring(key, settled).await),
            (Some(held), _) | (None, Some(held)) => Some(held),
            (None, None) => None,
        };
        Some(Transaction {
            order: shared.order.or(own.order),
            terminal,
            unresolved: shared.unresolved || own.unresolved,
            unrecorded: shared.unrecorded,
            degraded: true,
        })
    }

    /// Settles in the shared store what was settled in memory; its record was written when it was.
    async fn bring(&self, key: Key<'_>, settled: Settled) -> Terminal {
        match self.shared.settle(key, settled.clone(), None).await {
            Ok(earlier) => Terminal::Settled(earlier.unwrap_or(settled)),
            Err(error) => {
                self.observer.failed("settle", &error);
                Terminal::Settled(settled)
            }
        }
    }
}

#[async_trait]
impl<S: TransactionStore> TransactionStore for SharedStore<S> {
    async fn admit(&self) -> Result<(), StoreError> {
        match self.shared.admit().await {
            Err(error) if !self.refuses() => {
                self.observer.failed("admit", &error);
                self.memory.admit().await
            }
            admitted => admitted,
        }
    }

    async fn open(&self, key: Key<'_>, order: Order) -> Result<(), StoreError> {
        if let Err(error) = self.shared.open(key, order.clone()).await {
            self.observer.failed("open", &error);
            self.memory.open(key, order).await?;
        }
        Ok(())
    }

    async fn get(&self, key: Key<'_>) -> Result<Option<Transaction>, StoreError> {
        match self.shared.get(key).await {
            Ok(shared) => Ok(self.merged(key, shared).await),
            // What does not read will not read later either: refusing would be for ever. It is a transaction whose context is
            // lost, and is judged as one.
            Err(error @ StoreError::Unreadable(_)) => {
                self.observer.failed("get", &error);
                Ok(self.remembered(key).await)
            }
            Err(error) => {
                let own = self.remembered(key).await;
                let answered = own.as_ref().is_some_and(|own| own.terminal.is_some());
                if self.refuses() && !answered {
                    return Err(error);
                }
                self.observer.failed("get", &error);
                Ok(Some(Transaction { degraded: true, ..own.unwrap_or_default() }))
            }
        }
    }

    async fn hold(&self, key: Key<'_>, held: Held) -> Result<(), StoreError> {
        if let Err(error) = self.shared.hold(key, held.clone()).await {
            self.observer.failed("hold", &error);
            self.memory.hold(key, held).await?;
        }
        Ok(())
    }

    async fn settle(
        &self,
        key: Key<'_>,
        settled: Settled,
        record: Option<Bytes>,
    ) -> Result<Option<Settled>, StoreError> {
        match self.shared.settle(key, settled.clone(), record).await {
            // Another sidecar settled it, and this one cannot read what the application was told.
            Err(error @ StoreError::Unreadable(_)) => Err(error),
            Err(error) => {
                self.observer.failed("settle", &error);
                self.memory.settle(key, settled, None).await
            }
            settled => settled,
        }
    }

    async fn recorded(&self, key: Key<'_>) -> Result<(), StoreError> {
        self.shared.recorded(key).await
    }

    async fn claim_record(&self, key: Key<'_>) -> Result<Claim, StoreError> {
        self.shared.claim_record(key).await
    }

    fn is_shared(&self) -> bool {
        true
    }

    async fn mark_unresolved(&self, key: Key<'_>) -> Result<(), StoreError> {
        self.memory.mark_unresolved(key).await?;
        if let Err(error) = self.shared.mark_unresolved(key).await {
            self.observer.failed("mark_unresolved", &error);
        }
        Ok(())
    }

    async fn remove(&self, key: Key<'_>) -> Result<(), StoreError> {
        self.memory.remove(key).await?;
        if let Err(error) = self.shared.remove(key).await {
            self.observer.failed("remove", &error);
        }
        Ok(())
    }

    /// What memory holds of the outage; what the server holds, the server counts.
    fn usage(&self) -> Usage {
        self.memory.usage()
    }
}
