//! The trait that every transaction store implements.

use async_trait::async_trait;
use bytes::Bytes;
use riskgate_core::Millis;

use crate::transaction::{Held, Order, Settled, Transaction};

/// How long whoever settled an answer, or claimed its decision record, has to write the record before another sidecar does.
/// Far longer than it takes; a sidecar that is killed in between costs its user's next request this long.
pub const RECORD_LEASE: Millis = 1_000;

/// What names a transaction: the provider entry of the policy and the provider's reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key<'a> {
    /// The provider entry's name.
    pub provider: &'a str,
    /// The provider's reference, such as BankID's `orderRef`.
    pub reference: &'a str,
}

/// How much a store holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Transactions.
    pub open: u64,
    /// Bytes, by the store's own account.
    pub bytes: u64,
}

/// Why a store did not do as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It is full: nothing live is evicted, so no new order is taken.
    #[error("the transaction store is full ({bytes} of {max_bytes} bytes): raise store.memory.maxBytes")]
    Full {
        /// Bytes in use.
        bytes: u64,
        /// The bound.
        max_bytes: u64,
    },
    /// It cannot be reached, or answered with an error.
    #[error("the transaction store is unavailable: {0}")]
    Unavailable(String),
    /// It holds something of the transaction that cannot be read: sealed under a key that is not known here, written by another
    /// version, or changed. What it says is lost; it is never taken for harmless.
    #[error("the transaction store holds what cannot be read: {0}")]
    Unreadable(String),
}

/// What there is to do about the decision record of a settled answer.
#[derive(Clone, PartialEq, Eq)]
pub enum Claim {
    /// Nothing: it was written, or there is none.
    Written,
    /// Write this line, then say [`TransactionStore::recorded`]: whoever settled the answer, or claimed the record before, did
    /// not within [`RECORD_LEASE`].
    Yours(Bytes),
    /// Ask again: whoever settled the answer may be about to write it.
    InHand,
}

impl std::fmt::Debug for Claim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Written => "Written",
            Self::Yours(_) => "Yours",
            Self::InHand => "InHand",
        })
    }
}

/// Where open transactions are kept.
///
/// # Guarantees
///
/// - What [`TransactionStore::open`], [`TransactionStore::hold`] or [`TransactionStore::settle`] returned `Ok` for is given by
///   every later [`TransactionStore::get`] until its time is over, and not after. A transaction has one deadline for all that is known of
///   it: [`crate::transaction::OPEN_FOR`] after its order was opened; at least [`crate::transaction::HELD_FOR`] after an answer was held;
///   from when an answer was settled, exactly its [`crate::Final::window`].
/// - Nothing live is evicted, whatever arrives. Terminal answers are taken even when the store is full: only new orders are refused.
/// - A settled answer is never replaced, neither by another nor by a held one: the first that was settled is the answer. So is
///   the first that was held, until one is settled: a provider gives a terminal answer once, and what it says then is no answer.
#[async_trait]
pub trait TransactionStore: Send + Sync {
    /// Whether a new order would be taken. Asked before anything is sent to the provider.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it would not.
    async fn admit(&self) -> Result<(), StoreError>;

    /// Keeps the facts of an order that the provider has just made.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`].
    async fn open(&self, key: Key<'_>, order: Order) -> Result<(), StoreError>;

    /// What is known of a transaction; nothing when it is not known or its time is over.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`].
    async fn get(&self, key: Key<'_>) -> Result<Option<Transaction>, StoreError>;

    /// Keeps a terminal answer as the provider gave it, before it is judged. Takes it for unknown transactions, too.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`].
    async fn hold(&self, key: Key<'_>, held: Held) -> Result<(), StoreError>;

    /// Keeps a terminal answer as the application gets it. `None` when it holds; the one that was settled before where that
    /// one does.
    ///
    /// `record` is the decision record's line. A store that outlives the process keeps it with the answer until
    /// [`Self::recorded`], so that one process writes it when another was killed in between; a store that ends with the process
    /// drops it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`]; [`StoreError::Unreadable`] when there is one that was settled before and does not read.
    async fn settle(
        &self,
        key: Key<'_>,
        settled: Settled,
        record: Option<Bytes>,
    ) -> Result<Option<Settled>, StoreError>;

    /// Takes over an answer that was settled elsewhere, whose record was written there, for what is left of its window. Else as
    /// [`Self::settle`].
    ///
    /// # Errors
    ///
    /// As [`Self::settle`].
    async fn carry(
        &self,
        key: Key<'_>,
        settled: Settled,
        _left: Millis,
    ) -> Result<Option<Settled>, StoreError> {
        self.settle(key, settled, None).await
    }

    /// Notes that the record of the settled answer was written.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`].
    async fn recorded(&self, _key: Key<'_>) -> Result<(), StoreError> {
        Ok(())
    }

    /// Takes over the record of a settled answer that is [`Transaction::unrecorded`], unless somebody has it in hand.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`]; [`StoreError::Unreadable`].
    async fn claim_record(&self, _key: Key<'_>) -> Result<Claim, StoreError> {
        Ok(Claim::Written)
    }

    /// Whether other sidecars use it, too: then another one may have what this one misses, and decision records are kept with
    /// settled answers.
    fn is_shared(&self) -> bool {
        false
    }

    /// Notes that the answer to a request for the result was lost. Nothing is noted of an unknown transaction.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`].
    async fn mark_unresolved(&self, key: Key<'_>) -> Result<(), StoreError>;

    /// Forgets a transaction that the application ended. One with a terminal answer stays as it is: the user's signature may
    /// be in it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`].
    async fn remove(&self, key: Key<'_>) -> Result<(), StoreError>;

    /// How much the store holds, for the metrics.
    fn usage(&self) -> Usage;
}
