//! The promises that the pipeline relies on, each with its outcome written down.

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::join_all;

use super::samples::{held, order, settled};
use super::{Divergence, ManualClock, same};
use crate::store::{Key, TransactionStore};
use crate::transaction::{
    COMPLETE_FOR, DECIDED_FOR, EXCHANGED_FOR, FAILED_FOR, Final, HELD_FOR, Held, OPEN_FOR, Settled, Terminal,
    Transaction,
};

const KEY: Key<'static> = Key { provider: "bankid", reference: "131daac9-16c6-4618-beb0-365768f37288" };

/// A variant of [`settled`] for each end.
const EXCHANGED: u8 = 2;
const DECIDED: u8 = 3;
const COMPLETE: u8 = 4;
const FAILED: u8 = 5;

/// A store with the clock it runs on.
struct Case<S> {
    store: S,
    clock: Arc<ManualClock>,
}

/// Tries every promise on a store of its own, which `make` gives, empty and running on that clock.
///
/// # Errors
///
/// The first [`Divergence`].
pub async fn promises<S, F>(make: impl Fn(Arc<ManualClock>) -> F) -> Result<(), Divergence>
where
    S: TransactionStore,
    F: Future<Output = S>,
{
    let case = || async {
        let clock = Arc::new(ManualClock::at(1_700_000_000_000));
        Case { store: make(Arc::clone(&clock)).await, clock }
    };
    case().await.an_order_stays_ten_minutes().await?;
    case().await.a_held_answer_outlives_its_order().await?;
    case().await.a_settled_answer_stays_its_window(COMPLETE, COMPLETE_FOR).await?;
    case().await.a_settled_answer_stays_its_window(FAILED, FAILED_FOR).await?;
    case().await.a_settled_answer_stays_its_window(EXCHANGED, EXCHANGED_FOR).await?;
    case().await.a_settled_answer_stays_its_window(DECIDED, DECIDED_FOR).await?;
    case().await.the_first_settled_answer_is_the_answer().await?;
    case().await.one_of_many_settles_wins().await?;
    case().await.the_first_held_answer_stays().await?;
    case().await.answers_are_taken_for_unknown_orders().await?;
    case().await.nothing_is_noted_of_an_unknown_order().await?;
    case().await.an_ended_order_is_forgotten_and_a_terminal_answer_is_not().await?;
    case().await.providers_are_kept_apart().await?;
    case().await.bodies_are_kept_byte_for_byte().await
}

impl<S: TransactionStore> Case<S> {
    async fn an_order_stays_ten_minutes(&self) -> Result<(), Divergence> {
        self.store.admit().await?;
        self.store.open(KEY, order(255)).await?;
        let open = Some(Transaction { order: Some(order(255)), ..Transaction::default() });
        self.is("an order just opened", open.clone()).await?;
        self.clock.advance(OPEN_FOR - 1);
        self.is("an order in its last millisecond", open).await?;
        self.clock.advance(1);
        self.is("an order after its time", None).await
    }

    async fn a_held_answer_outlives_its_order(&self) -> Result<(), Divergence> {
        self.store.open(KEY, order(1)).await?;
        self.clock.advance(OPEN_FOR - 1);
        self.store.hold(KEY, held(1)).await?;
        self.clock.advance(HELD_FOR - 1);
        let terminal = Some(Terminal::Held(held(1)));
        let both = Transaction { order: Some(order(1)), terminal, ..Transaction::default() };
        self.is("a held answer in its last millisecond, with the facts to judge it", Some(both)).await?;
        self.clock.advance(1);
        self.is("a held answer after its time", None).await
    }

    async fn a_settled_answer_stays_its_window(&self, variant: u8, window: u64) -> Result<(), Divergence> {
        self.store.open(KEY, order(1)).await?;
        self.store.hold(KEY, held(1)).await?;
        self.clock.advance(1000);
        self.store.settle(KEY, settled(variant), None).await?;
        self.clock.advance(window - 1);
        // Not even a new order under the same reference moves the window.
        self.store.open(KEY, order(2)).await?;
        self.store.hold(KEY, held(2)).await?;
        let terminal = Some(Terminal::Settled(settled(variant)));
        let replayed = Transaction { order: Some(order(2)), terminal, ..Transaction::default() };
        self.is("a settled answer in its last millisecond", Some(replayed)).await?;
        self.clock.advance(1);
        self.is("a settled answer after its window", None).await
    }

    async fn the_first_settled_answer_is_the_answer(&self) -> Result<(), Divergence> {
        let first = self.store.settle(KEY, settled(COMPLETE), None).await?;
        same("the first to settle", &first, &None)?;
        let second = self.store.settle(KEY, settled(FAILED), None).await?;
        same("the second to settle gets the first", &second, &Some(settled(COMPLETE)))?;
        self.store.hold(KEY, held(1)).await?;
        self.terminal_is("after a later held one", Terminal::Settled(settled(COMPLETE))).await
    }

    async fn one_of_many_settles_wins(&self) -> Result<(), Divergence> {
        let answers = join_all((0..50).map(|variant| self.store.settle(KEY, settled(variant), None))).await;
        let answers = answers.into_iter().collect::<Result<Vec<_>, _>>()?;
        let winners: Vec<u8> =
            (0..).zip(&answers).filter(|(_, earlier)| earlier.is_none()).map(|(at, _)| at).collect();
        same("how many of 50 at once win", &winners.len(), &1)?;
        for earlier in answers.iter().flatten() {
            same("what the others of 50 at once get", earlier, &settled(winners[0]))?;
        }
        self.terminal_is("after 50 at once", Terminal::Settled(settled(winners[0]))).await
    }

    async fn the_first_held_answer_stays(&self) -> Result<(), Divergence> {
        self.store.hold(KEY, held(1)).await?;
        self.clock.advance(HELD_FOR - 1);
        self.store.hold(KEY, held(2)).await?;
        self.terminal_is("after a second held one", Terminal::Held(held(1))).await?;
        self.clock.advance(1);
        self.is("the second held one moved no deadline", None).await
    }

    async fn answers_are_taken_for_unknown_orders(&self) -> Result<(), Divergence> {
        self.store.hold(KEY, held(1)).await?;
        self.terminal_is("held", Terminal::Held(held(1))).await?;
        self.store.settle(KEY, settled(FAILED), None).await?;
        self.terminal_is("settled", Terminal::Settled(settled(FAILED))).await
    }

    async fn nothing_is_noted_of_an_unknown_order(&self) -> Result<(), Divergence> {
        self.store.mark_unresolved(KEY).await?;
        self.store.remove(KEY).await?;
        self.is("an unknown order", None).await?;
        self.store.open(KEY, order(1)).await?;
        self.store.mark_unresolved(KEY).await?;
        let unresolved = Transaction { order: Some(order(1)), unresolved: true, ..Transaction::default() };
        self.is("a known one", Some(unresolved)).await
    }

    async fn an_ended_order_is_forgotten_and_a_terminal_answer_is_not(&self) -> Result<(), Divergence> {
        self.store.open(KEY, order(1)).await?;
        self.store.remove(KEY).await?;
        self.is("an order that the application ended", None).await?;
        self.store.hold(KEY, held(1)).await?;
        self.store.remove(KEY).await?;
        self.terminal_is("held", Terminal::Held(held(1))).await?;
        self.store.settle(KEY, settled(COMPLETE), None).await?;
        self.store.remove(KEY).await?;
        self.terminal_is("settled", Terminal::Settled(settled(COMPLETE))).await
    }

    async fn providers_are_kept_apart(&self) -> Result<(), Divergence> {
        let other = Key { provider: "bankid-2", ..KEY };
        self.store.open(KEY, order(1)).await?;
        self.store.open(other, order(2)).await?;
        self.store.remove(KEY).await?;
        let open = Some(Transaction { order: Some(order(2)), ..Transaction::default() });
        same("the same reference at another provider", &self.store.get(other).await?, &open)
    }

    async fn bodies_are_kept_byte_for_byte(&self) -> Result<(), Divergence> {
        for body in [Bytes::new(), (0..=u8::MAX).collect(), vec![0xff; 1 << 20].into()] {
            let reference = body.len().to_string();
            let key = Key { reference: &reference, ..KEY };
            let held = Held { status: 503, headers: Vec::new(), body: body.clone() };
            self.store.hold(key, held.clone()).await?;
            let terminal = Some(Terminal::Held(held));
            let expected = Some(Transaction { terminal, ..Transaction::default() });
            same("a body held", &self.store.get(key).await?, &expected)?;
            let settled = Settled { status: 200, headers: Vec::new(), body, outcome: Final::Complete };
            same("a body settled", &self.store.settle(key, settled.clone(), None).await?, &None)?;
            same(
                "a body settled, again",
                &self.store.settle(key, settled.clone(), None).await?,
                &Some(settled),
            )?;
        }
        Ok(())
    }

    async fn is(&self, what: &str, expected: Option<Transaction>) -> Result<(), Divergence> {
        same(what, &self.store.get(KEY).await?, &expected)
    }

    async fn terminal_is(&self, what: &str, expected: Terminal) -> Result<(), Divergence> {
        let terminal = self.store.get(KEY).await?.and_then(|transaction| transaction.terminal);
        same(what, &terminal, &Some(expected))
    }
}
