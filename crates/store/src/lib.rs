//! The transaction store: facts about open transactions and their terminal answers, never policy.
//!
//! One trait, implemented in memory here and by a shared server later. What the store keeps makes three promises possible:
//! a terminal answer reaches the application even when the connection broke (deliver once), an order is collected with the
//! certificate that created it, and a decision is made from everything that was learned when the order was made.

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod memory;
pub mod store;
pub mod transaction;

pub use memory::MemoryStore;
pub use store::{Key, StoreError, TransactionStore, Usage};
pub use transaction::{Final, Held, Order, Settled, Terminal, Transaction};
