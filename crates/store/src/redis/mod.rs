//! The shared store: transactions in a Redis or Valkey server, for sidecars that serve the same users.
//!
//! One hash a transaction, at a name that hides its reference. Its fields:
//!
//! | field | holds |
//! |---|---|
//! | `d` | the deadline, by the server's clock, in milliseconds: its own expiry ([`time`]) |
//! | `f` | the facts of the order, sealed |
//! | `h` | the terminal answer as the provider gave it, sealed; gone once there is `s` |
//! | `s`, `t` | the terminal answer as the application gets it, sealed; and who settled it |
//! | `r`, `c` | its decision record, sealed, and since when somebody has it in hand; both gone once it was written |
//! | `u` | a request for the result was lost |
//!
//! Every operation is one round trip: a read, or one script on one key. There are no locks and no operations on two keys, so a
//! cluster serves as well as one server.

mod check;
mod codec;
mod link;
mod names;
mod options;
mod outage;
mod scripts;
mod seals;
mod time;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use redis::{Cmd, Value};
use riskgate_core::Millis;

pub use self::check::{Finding, Grade, check};
pub use self::link::SetupError;
use self::link::{Link, LinkError};
pub use self::options::{Limits, Login, Reach, RedisOptions, Servers};
use self::outage::Outage;
use self::seals::{Field, Seals};
use self::time::Time;
use crate::random;
use crate::seal::KeyRing;
use crate::store::{Claim, Key, RECORD_LEASE, StoreError, TransactionStore, Usage};
use crate::transaction::{HELD_FOR, Held, OPEN_FOR, Order, Settled, Terminal, Transaction};

/// How long an order that the server took proves that it takes the next.
const PROVEN_FOR: Duration = Duration::from_millis(500);
/// How long the server keeps what [`RedisStore::admit`] writes: nobody reads it.
const ADMIT_FOR: Millis = 1;

/// The store over Redis or Valkey.
pub struct RedisStore {
    link: Link,
    outage: Arc<Outage>,
    prefix: String,
    seals: Seals,
    time: Time,
    /// When the server last took what takes memory. An answer proves nothing: a full server takes it, too.
    proven: Mutex<Option<Instant>>,
    /// Whether it was told that values do not read: once for each set of keys, since there may be many.
    unreadable_told: AtomicBool,
}

impl RedisStore {
    /// A store that begins to connect, and does not wait for it: while there is no connection, operations fail.
    ///
    /// # Errors
    ///
    /// [`SetupError`] when the options cannot be used.
    pub fn start(options: RedisOptions) -> Result<Self, SetupError> {
        Self::start_by(options, Time::of_the_server())
    }

    /// As [`Self::start`], with deadlines by `clock`, which a test of the contract moves.
    ///
    /// # Errors
    ///
    /// [`SetupError`] when the options cannot be used.
    #[cfg(any(test, feature = "conformance"))]
    pub fn start_on(options: RedisOptions, clock: Arc<dyn riskgate_core::Clock>) -> Result<Self, SetupError> {
        Self::start_by(options, Time::of(clock))
    }

    fn start_by(options: RedisOptions, time: Time) -> Result<Self, SetupError> {
        let RedisOptions { reach, prefix, keys } = options;
        let outage = Arc::new(Outage::default());
        let link = Link::start(reach, outage.clone())?;
        Ok(Self {
            link,
            outage,
            prefix,
            seals: Seals::new(keys),
            time,
            proven: Mutex::new(None),
            unreadable_told: AtomicBool::new(false),
        })
    }

    /// Moves to other keys, another login or other roots. The old connection serves until the new one works.
    ///
    /// # Errors
    ///
    /// [`SetupError`]; then nothing changed.
    pub fn reconfigure(&self, reach: Reach, keys: KeyRing) -> Result<(), SetupError> {
        self.link.retarget(reach)?;
        self.seals.replace(keys);
        self.unreadable_told.store(false, Ordering::Relaxed);
        Ok(())
    }

    /// Forgets everything about a transaction, its answer included.
    async fn forget(&self, key: Key<'_>) -> Result<(), StoreError> {
        let mut command = redis::cmd("DEL");
        command.arg(self.name(key));
        self.link.query::<()>(&command).await.map_err(|error| self.failed(&error))
    }

    async fn settle_for(
        &self,
        key: Key<'_>,
        settled: &Settled,
        window: Millis,
        record: Option<Bytes>,
    ) -> Result<Option<Settled>, StoreError> {
        let name = self.name(key);
        let answer = self.seals.settled(&name, settled)?;
        let record = record.map(|line| self.seals.seal(&name, Field::Record, &line)).transpose()?;
        let token = random::token();
        let arguments = |command: &mut Cmd| {
            self.times(command, window);
            command.arg(&token).arg(&answer).arg(record.as_deref().unwrap_or_default());
        };
        let earlier: Option<Vec<u8>> =
            scripts::SETTLE.run(&self.link, &name, arguments).await.map_err(|error| self.failed(&error))?;
        earlier.map(|earlier| self.unread(self.seals.read_settled(&name, earlier))).transpose()
    }

    /// What a script is told of time: now, how long it keeps what it takes, and the server's spare time.
    fn times(&self, command: &mut Cmd, window: Millis) {
        command.arg(self.time.argument()).arg(window).arg(self.time.spare());
    }

    fn name(&self, key: Key<'_>) -> String {
        names::name(&self.prefix, key)
    }

    /// Judges what came of a change that fails in every outage: one that a full server and a replica refuse.
    fn proved(&self, result: Result<(), LinkError>) -> Result<(), StoreError> {
        result.map_err(|error| self.failed(&error))?;
        self.prove(Some(Instant::now()));
        self.outage.ended();
        Ok(())
    }

    /// Whatever fails, what was proven before is not any more.
    fn failed(&self, error: &LinkError) -> StoreError {
        let text = error.to_string();
        self.prove(None);
        self.outage.began(&text);
        StoreError::Unavailable(text)
    }

    fn prove(&self, at: Option<Instant>) {
        *self.proven.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }

    /// Tells that a value does not read.
    fn unread<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(error @ StoreError::Unreadable(_)) = &result
            && !self.unreadable_told.swap(true, Ordering::Relaxed)
        {
            tracing::error!(%error, "what cannot be read is judged as lost; told once until the keys change");
        }
        result
    }

    fn is_proven(&self) -> bool {
        let proven = self.proven.lock().unwrap_or_else(PoisonError::into_inner);
        proven.is_some_and(|at| at.elapsed() < PROVEN_FOR)
    }
}

impl std::fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RedisStore {{ {} }}", self.prefix)
    }
}

#[async_trait]
impl TransactionStore for RedisStore {
    /// Asks for a change that means nothing, unless such a one, or an order, was taken just now: a server that is full, read-only or gone takes
    /// neither. In a cluster the answer is that of one primary, behind a ping of all.
    async fn admit(&self) -> Result<(), StoreError> {
        if self.is_proven() {
            return Ok(());
        }
        let mut command = redis::cmd("SET");
        command.arg(format!("{}admit", self.prefix)).arg("1").arg("PX").arg(ADMIT_FOR);
        self.proved(self.link.query(&command).await)
    }

    async fn open(&self, key: Key<'_>, order: Order) -> Result<(), StoreError> {
        let name = self.name(key);
        let facts = self.seals.order(&name, order)?;
        let arguments = |command: &mut Cmd| {
            self.times(command, OPEN_FOR);
            command.arg(&facts);
        };
        self.proved(scripts::OPEN.run(&self.link, &name, arguments).await)
    }

    async fn get(&self, key: Key<'_>) -> Result<Option<Transaction>, StoreError> {
        let name = self.name(key);
        let mut command = redis::cmd("HMGET");
        command.arg(&name);
        command.arg(&["d", "f", "h", "s", "u", "c"]);
        let values = self.link.query(&command).await.map_err(|error| self.failed(&error))?;
        let [deadline, facts, held, settled, unresolved, claimed]: [Option<Vec<u8>>; 6] = values;
        let deadline = deadline.and_then(|digits| std::str::from_utf8(&digits).ok()?.parse().ok());
        if deadline.is_none_or(|deadline| self.time.is_over(deadline)) {
            return Ok(None);
        }
        let terminal = match (settled, held) {
            (Some(settled), _) => {
                Some(Terminal::Settled(self.unread(self.seals.read_settled(&name, settled))?))
            }
            (None, Some(held)) => Some(Terminal::Held(self.unread(self.seals.read_held(&name, held))?)),
            (None, None) => None,
        };
        let read_order = |facts| self.unread(self.seals.read_order(&name, facts));
        let order = match facts.map(read_order).transpose() {
            Ok(order) => order,
            // An answer counts whatever became of the facts: a settled one is judged already, and one that was held is judged as
            // one without a context. It cannot be had again.
            Err(_) if terminal.is_some() => None,
            Err(error) => return Err(error),
        };
        Ok(Some(Transaction {
            order,
            terminal,
            unresolved: unresolved.is_some(),
            unrecorded: claimed.is_some(),
            degraded: false,
        }))
    }

    async fn hold(&self, key: Key<'_>, held: Held) -> Result<(), StoreError> {
        let name = self.name(key);
        let held = self.seals.held(&name, &held)?;
        let arguments = |command: &mut Cmd| {
            self.times(command, HELD_FOR);
            command.arg(&held);
        };
        let kept = scripts::HOLD.run::<()>(&self.link, &name, arguments).await;
        kept.map_err(|error| self.failed(&error))
    }

    async fn settle(
        &self,
        key: Key<'_>,
        settled: Settled,
        record: Option<Bytes>,
    ) -> Result<Option<Settled>, StoreError> {
        self.settle_for(key, &settled, settled.outcome.window(), record).await
    }

    async fn carry(
        &self,
        key: Key<'_>,
        settled: Settled,
        left: Millis,
    ) -> Result<Option<Settled>, StoreError> {
        self.settle_for(key, &settled, left.min(settled.outcome.window()), None).await
    }

    async fn recorded(&self, key: Key<'_>) -> Result<(), StoreError> {
        let mut command = redis::cmd("HDEL");
        command.arg(self.name(key)).arg("r").arg("c");
        self.link.query::<()>(&command).await.map_err(|error| self.failed(&error))
    }

    async fn claim_record(&self, key: Key<'_>) -> Result<Claim, StoreError> {
        let name = self.name(key);
        let arguments = |command: &mut Cmd| {
            command.arg(RECORD_LEASE);
        };
        let claimed = scripts::CLAIM.run(&self.link, &name, arguments).await;
        match claimed.map_err(|error| self.failed(&error))? {
            Value::Int(1) => Ok(Claim::InHand),
            Value::BulkString(sealed) => {
                self.seals.open(&name, Field::Record, sealed).map(|line| Claim::Yours(line.into()))
            }
            _ => Ok(Claim::Written),
        }
    }

    fn is_shared(&self) -> bool {
        true
    }

    async fn mark_unresolved(&self, key: Key<'_>) -> Result<(), StoreError> {
        let arguments = |command: &mut Cmd| {
            command.arg(self.time.argument());
        };
        let noted = scripts::UNRESOLVED.run::<()>(&self.link, &self.name(key), arguments).await;
        noted.map_err(|error| self.failed(&error))
    }

    async fn remove(&self, key: Key<'_>) -> Result<(), StoreError> {
        let removed = scripts::REMOVE.run::<()>(&self.link, &self.name(key), |_| {}).await;
        removed.map_err(|error| self.failed(&error))
    }

    /// Nothing: the server has tools of its own to count what it holds, for all sidecars at once.
    fn usage(&self) -> Usage {
        Usage::default()
    }
}
