//! One transaction in the table.

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use riskgate_core::Millis;

use super::compact::Facts;
use super::footprint::{allocation, terminal};
use crate::transaction::{Held, Settled, Terminal, Transaction};

/// One transaction: its parts in allocations of their own, so that one without a part pays nothing for it.
#[derive(Default)]
pub(super) struct Entry {
    /// When it is forgotten.
    pub(super) deadline: Millis,
    pub(super) facts: Option<Box<Facts>>,
    pub(super) terminal: Option<Box<Terminal>>,
    pub(super) unresolved: bool,
}

impl Entry {
    /// What the entry and its parts take.
    pub(super) fn footprint(&self) -> usize {
        allocation(size_of::<Self>())
            + self.facts.as_deref().map_or(0, Facts::footprint)
            + self.terminal.as_deref().map_or(0, terminal)
    }

    /// The answer as the application gets it, once there is one.
    pub(super) fn settled(&self) -> Option<&Settled> {
        match self.terminal.as_deref() {
            Some(Terminal::Settled(settled)) => Some(settled),
            Some(Terminal::Held(_)) | None => None,
        }
    }

    /// Keeps an answer without what it would otherwise keep alive: a body, and a header's value, is often a slice of a larger
    /// read buffer.
    pub(super) fn keep_held(&mut self, mut held: Held) {
        trim(&mut held.headers, &mut held.body);
        self.terminal = Some(Box::new(Terminal::Held(held)));
    }

    /// As [`Entry::keep_held`].
    pub(super) fn keep_settled(&mut self, mut settled: Settled) {
        trim(&mut settled.headers, &mut settled.body);
        self.terminal = Some(Box::new(Terminal::Settled(settled)));
    }

    /// The transaction as the trait gives it.
    pub(super) fn transaction(&self) -> Transaction {
        Transaction {
            order: self.facts.as_deref().map(Facts::unpack),
            terminal: self.terminal.as_deref().cloned(),
            unresolved: self.unresolved,
            unrecorded: false,
            degraded: false,
        }
    }
}

fn trim(headers: &mut Vec<(HeaderName, HeaderValue)>, body: &mut Bytes) {
    for (_, value) in headers.iter_mut() {
        if let Ok(own) = HeaderValue::from_bytes(value.as_bytes()) {
            *value = own;
        }
    }
    headers.shrink_to_fit();
    *body = Bytes::copy_from_slice(body);
}
