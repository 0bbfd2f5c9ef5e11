//! The transaction store: facts about open transactions and their terminal answers, never policy.
//!
//! One trait, implemented in memory and by a shared server (Redis or Valkey) with memory beside it for when that is down. What the store keeps makes three promises possible:
//! a terminal answer reaches the application even when the connection broke (deliver once), an order is collected with the
//! certificate that created it, and a decision is made from everything that was learned when the order was made.

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod memory;
mod pause;
mod random;
pub mod redis;
pub mod seal;
pub mod shared;
pub mod store;
pub mod transaction;

pub use memory::MemoryStore;
pub use redis::RedisStore;
pub use seal::KeyRing;
pub use shared::SharedStore;
pub use store::{Claim, Key, RECORD_LEASE, StoreError, TransactionStore, Usage};
pub use transaction::{Final, Held, Order, Settled, Terminal, Transaction};
