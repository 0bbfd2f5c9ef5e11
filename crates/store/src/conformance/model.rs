//! The reference model: the contract of [`crate::TransactionStore`] in the plainest form.

use std::collections::BTreeMap;

use riskgate_core::Millis;

use crate::transaction::{HELD_FOR, Held, OPEN_FOR, Order, Settled, Terminal, Transaction};

/// A provider and a reference.
type Name = (&'static str, &'static str);

/// Every transaction that was ever named, with its deadline.
#[derive(Default)]
pub(super) struct Model {
    now: Millis,
    known: BTreeMap<Name, (Transaction, Millis)>,
}

impl Model {
    pub(super) fn advance(&mut self, by: Millis) {
        self.now += by;
    }

    pub(super) fn get(&self, name: Name) -> Option<Transaction> {
        self.live(name).map(|(transaction, _)| transaction)
    }

    pub(super) fn open(&mut self, name: Name, order: Order) {
        let (mut transaction, deadline) = self.live_or_new(name);
        transaction.order = Some(order);
        let settled = matches!(transaction.terminal, Some(Terminal::Settled(_)));
        let deadline = if settled { deadline } else { deadline.max(self.now + OPEN_FOR) };
        self.known.insert(name, (transaction, deadline));
    }

    pub(super) fn hold(&mut self, name: Name, held: Held) {
        let (mut transaction, deadline) = self.live_or_new(name);
        if transaction.terminal.is_none() {
            transaction.terminal = Some(Terminal::Held(held));
            self.known.insert(name, (transaction, deadline.max(self.now + HELD_FOR)));
        }
    }

    pub(super) fn settle(&mut self, name: Name, settled: Settled) -> Option<Settled> {
        let (mut transaction, _) = self.live_or_new(name);
        if let Some(Terminal::Settled(first)) = transaction.terminal {
            return Some(first);
        }
        let deadline = self.now + settled.outcome.window();
        transaction.terminal = Some(Terminal::Settled(settled));
        self.known.insert(name, (transaction, deadline));
        None
    }

    pub(super) fn mark_unresolved(&mut self, name: Name) {
        if let Some((mut transaction, deadline)) = self.live(name) {
            transaction.unresolved = true;
            self.known.insert(name, (transaction, deadline));
        }
    }

    pub(super) fn remove(&mut self, name: Name) {
        if self.get(name).is_some_and(|transaction| transaction.terminal.is_none()) {
            self.known.remove(&name);
        }
    }

    fn live(&self, name: Name) -> Option<(Transaction, Millis)> {
        self.known.get(&name).filter(|(_, deadline)| self.now < *deadline).cloned()
    }

    fn live_or_new(&self, name: Name) -> (Transaction, Millis) {
        self.live(name).unwrap_or((Transaction::default(), 0))
    }
}
