//! The transactions by key and by deadline.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use riskgate_core::Millis;

use super::compact::{Facts, Sharing};
use super::entry::Entry;
use super::footprint::{buckets, shared};
use crate::store::{Key, Usage};
use crate::transaction::{HELD_FOR, Held, OPEN_FOR, Order, Settled};

/// A place in the queue: B-tree nodes that were filled in ascending order are little more than half full.
const QUEUED: usize = 2 * size_of::<(Millis, Name)>();

/// Room that the index may keep after most of it was emptied, in transactions.
const SPARE: usize = 1024;

/// A provider's name and its reference in one allocation.
type Name = Arc<str>;

/// Every live transaction. Each has one entry, and one place in the queue: at its deadline.
pub(super) struct Table {
    /// The bound above which no order is admitted.
    pub(super) max_bytes: u64,
    now: Millis,
    entries: HashMap<Name, Box<Entry>>,
    /// The most that the index had room for since it last shrank. Its own `capacity` says less once there were removals.
    room: usize,
    queue: BTreeSet<(Millis, Name)>,
    sharing: Sharing,
    /// What the entries take, with their names and places in the queue.
    bytes: usize,
}

impl Table {
    pub(super) fn new(max_bytes: u64) -> Self {
        Self {
            max_bytes,
            now: 0,
            entries: HashMap::new(),
            room: 0,
            queue: BTreeSet::new(),
            sharing: Sharing::default(),
            bytes: 0,
        }
    }

    /// Sets the time, and forgets what has ended.
    pub(super) fn sweep(&mut self, now: Millis) {
        self.now = now;
        while self.queue.first().is_some_and(|(deadline, _)| *deadline <= now) {
            if let Some((_, name)) = self.queue.pop_first() {
                self.forget(&name);
            }
        }
        if self.room > SPARE + 4 * self.entries.len() {
            self.entries.shrink_to(2 * self.entries.len());
            self.room = self.entries.capacity();
        }
    }

    pub(super) fn usage(&self) -> Usage {
        let index = buckets::<(Name, Box<Entry>)>(self.room);
        let bytes = self.bytes + index + self.sharing.footprint();
        Usage { open: self.entries.len() as u64, bytes: bytes as u64 }
    }

    /// What the entries take, without the index and what is shared.
    #[cfg(test)]
    pub(super) fn footprint_of_entries(&self) -> usize {
        self.bytes
    }

    /// How many shared parts are kept.
    #[cfg(test)]
    pub(super) fn shared_parts(&self) -> usize {
        self.sharing.len()
    }

    pub(super) fn open(&mut self, key: Key<'_>, order: Order) {
        let facts = Facts::pack(order, &mut self.sharing);
        let until = self.now + OPEN_FOR;
        self.change(key, |entry| {
            entry.facts = Some(Box::new(facts));
            if entry.settled().is_none() {
                entry.deadline = entry.deadline.max(until);
            }
        });
    }

    pub(super) fn get(&self, key: Key<'_>) -> Option<crate::Transaction> {
        self.entries.get(name(key).as_str()).map(|entry| entry.transaction())
    }

    pub(super) fn hold(&mut self, key: Key<'_>, held: Held) {
        let until = self.now + HELD_FOR;
        self.change(key, |entry| {
            if entry.terminal.is_none() {
                entry.keep_held(held);
                entry.deadline = entry.deadline.max(until);
            }
        });
    }

    pub(super) fn settle(&mut self, key: Key<'_>, settled: Settled) -> Option<Settled> {
        let now = self.now;
        self.change(key, |entry| {
            let first = entry.settled().cloned();
            if first.is_none() {
                entry.deadline = now + settled.outcome.window();
                entry.keep_settled(settled);
            }
            first
        })
    }

    pub(super) fn mark_unresolved(&mut self, key: Key<'_>) {
        if let Some(entry) = self.entries.get_mut(name(key).as_str()) {
            entry.unresolved = true;
        }
    }

    /// As [`Self::mark_unresolved`], of a transaction that may be unknown here.
    pub(super) fn remember_unresolved(&mut self, key: Key<'_>) {
        let until = self.now + OPEN_FOR;
        self.change(key, |entry| {
            entry.unresolved = true;
            if entry.deadline == 0 {
                entry.deadline = until;
            }
        });
    }

    /// How long the transaction is still kept.
    pub(super) fn left(&self, key: Key<'_>) -> Option<Millis> {
        self.entries.get(name(key).as_str()).map(|entry| entry.deadline - self.now)
    }

    /// Forgets the transaction, unless it has a terminal answer.
    pub(super) fn remove(&mut self, key: Key<'_>) {
        let name = name(key);
        let Some((name, entry)) = self.entries.get_key_value(name.as_str()) else { return };
        if entry.terminal.is_none() {
            let place = (entry.deadline, Name::clone(name));
            self.queue.remove(&place);
            self.forget(&place.1);
        }
    }

    /// Changes the entry of `key`, which may be new, and keeps the account and the queue in step with it.
    fn change<T>(&mut self, key: Key<'_>, change: impl FnOnce(&mut Entry) -> T) -> T {
        let name = name(key);
        if let Some(entry) = self.entries.get_mut(name.as_str()) {
            let (deadline, before) = (entry.deadline, entry.footprint());
            let result = change(entry);
            self.bytes = self.bytes - before + entry.footprint();
            if entry.deadline != deadline
                && let Some((_, name)) = self.queue.take(&(deadline, Name::from(name)))
            {
                self.queue.insert((entry.deadline, name));
            }
            return result;
        }
        let (name, mut entry) = (Name::from(name), Box::<Entry>::default());
        let result = change(&mut entry);
        self.bytes += cost(&name, &entry);
        self.queue.insert((entry.deadline, Name::clone(&name)));
        self.entries.insert(name, entry);
        self.room = self.room.max(self.entries.capacity());
        result
    }

    /// Drops the entry of `name`, whose place in the queue is gone already.
    fn forget(&mut self, name: &Name) {
        if let Some(entry) = self.entries.remove(name) {
            self.bytes -= cost(name, &entry);
        }
    }
}

/// What a transaction takes, without its share of the index.
fn cost(name: &Name, entry: &Entry) -> usize {
    shared(name.len()) + QUEUED + entry.footprint()
}

/// Provider names hold no NUL, so no two keys have one name.
fn name(key: Key<'_>) -> String {
    [key.provider, key.reference].join("\0")
}
