//! The embedded store: open transactions in the memory of one sidecar.
//!
//! # What the bound means
//!
//! `max_bytes` decides whether a *new order* is admitted: nothing live is evicted, and a terminal answer is taken whatever it
//! takes, because it cannot be had again. So memory can pass the bound by the orders that were admitted and not yet opened,
//! and by the answers of the orders that are open; no order is admitted until enough of them have ended.
//!
//! Bytes are counted as they are allocated ([`footprint`]); what orders have in common is kept, and counted, once
//! ([`compact`]). Expired transactions are swept by whoever calls next, in logarithmic time each; there is no background
//! task, and [`TransactionStore::get`] never gives what has expired.

mod compact;
mod entry;
mod footprint;
mod table;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use riskgate_core::{Clock, Millis};

use self::table::Table;
use crate::store::{Key, StoreError, TransactionStore, Usage};
use crate::transaction::{Held, Order, Settled, Transaction};

/// The transaction store of one sidecar, lost with its process.
pub struct MemoryStore {
    clock: Arc<dyn Clock>,
    table: Mutex<Table>,
}

impl MemoryStore {
    /// An empty store that admits orders until it holds `max_bytes`.
    #[must_use]
    pub fn new(max_bytes: u64, clock: Arc<dyn Clock>) -> Self {
        Self { clock, table: Mutex::new(Table::new(max_bytes)) }
    }

    /// Moves the bound, as a new configuration says. What is kept stays, even when it is more than the new bound.
    pub fn set_max_bytes(&self, max_bytes: u64) {
        self.swept().max_bytes = max_bytes;
    }

    /// Notes that the answer to a request for the result was lost, of a transaction that only another store knows.
    pub(crate) fn remember_unresolved(&self, key: Key<'_>) {
        self.swept().remember_unresolved(key);
    }

    /// How long a transaction is still kept; none where it is not known.
    pub(crate) fn left(&self, key: Key<'_>) -> Option<Millis> {
        self.swept().left(key)
    }

    /// The table without what has expired. The lock is never held across an await, and a panic while it was held leaves no
    /// half-made change behind that later calls could not live with, so a poisoned lock is used on.
    fn swept(&self) -> MutexGuard<'_, Table> {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.sweep(self.clock.now());
        table
    }
}

impl std::fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MemoryStore {{ {:?} }}", self.usage())
    }
}

#[async_trait]
impl TransactionStore for MemoryStore {
    async fn admit(&self) -> Result<(), StoreError> {
        let table = self.swept();
        let (bytes, max_bytes) = (table.usage().bytes, table.max_bytes);
        if bytes < max_bytes { Ok(()) } else { Err(StoreError::Full { bytes, max_bytes }) }
    }

    async fn open(&self, key: Key<'_>, order: Order) -> Result<(), StoreError> {
        self.swept().open(key, order);
        Ok(())
    }

    async fn get(&self, key: Key<'_>) -> Result<Option<Transaction>, StoreError> {
        Ok(self.swept().get(key))
    }

    async fn hold(&self, key: Key<'_>, held: Held) -> Result<(), StoreError> {
        self.swept().hold(key, held);
        Ok(())
    }

    async fn settle(
        &self,
        key: Key<'_>,
        settled: Settled,
        _record: Option<Bytes>,
    ) -> Result<Option<Settled>, StoreError> {
        Ok(self.swept().settle(key, settled))
    }

    async fn mark_unresolved(&self, key: Key<'_>) -> Result<(), StoreError> {
        self.swept().mark_unresolved(key);
        Ok(())
    }

    async fn remove(&self, key: Key<'_>) -> Result<(), StoreError> {
        self.swept().remove(key);
        Ok(())
    }

    fn usage(&self) -> Usage {
        self.swept().usage()
    }
}
