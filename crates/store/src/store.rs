//! The trait that every transaction store implements.

use async_trait::async_trait;

use crate::transaction::{Held, Order, Settled, Transaction};

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
    /// # Errors
    ///
    /// [`StoreError::Unavailable`].
    async fn settle(&self, key: Key<'_>, settled: Settled) -> Result<Option<Settled>, StoreError>;

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
