//! Random operations, on the store and on the model.

use proptest::collection::vec;
use proptest::prelude::*;
use riskgate_core::Millis;

use super::model::Model;
use super::{Divergence, ManualClock, same, samples};
use crate::store::{Key, TransactionStore};
use crate::transaction::{COMPLETE_FOR, DECIDED_FOR, EXCHANGED_FOR, FAILED_FOR, OPEN_FOR};

/// Few enough that operations meet; with a pair that a store which only joins the two parts would confuse.
const NAMES: [(&str, &str); 5] =
    [("bankid", "a"), ("bankid", "b"), ("bankid-2", "a"), ("b", "ankida"), ("bankid", "")];

/// One operation. The numbers choose a transaction and a variant of what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// [`TransactionStore::open`].
    Open(usize, u8),
    /// [`TransactionStore::hold`].
    Hold(usize, u8),
    /// [`TransactionStore::settle`].
    Settle(usize, u8),
    /// [`TransactionStore::mark_unresolved`].
    MarkUnresolved(usize),
    /// [`TransactionStore::remove`].
    Remove(usize),
    /// Time passes, in milliseconds.
    Advance(Millis),
}

/// Some operations in a row.
pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let transaction = || 0..NAMES.len();
    let passing = prop_oneof![
        Just(1),
        0..1000_u64,
        0..OPEN_FOR + 2,
        // To the very millisecond of a deadline, and one before it.
        prop::sample::select(vec![COMPLETE_FOR, DECIDED_FOR, EXCHANGED_FOR, FAILED_FOR, OPEN_FOR])
            .prop_flat_map(|window| window - 1..=window),
    ];
    let step = prop_oneof![
        3 => (transaction(), any::<u8>()).prop_map(|(at, variant)| Step::Open(at, variant)),
        2 => (transaction(), any::<u8>()).prop_map(|(at, variant)| Step::Hold(at, variant)),
        2 => (transaction(), any::<u8>()).prop_map(|(at, variant)| Step::Settle(at, variant)),
        1 => transaction().prop_map(Step::MarkUnresolved),
        1 => transaction().prop_map(Step::Remove),
        3 => passing.prop_map(Step::Advance),
    ];
    vec(step, 1..40)
}

/// Does the steps on a new `store`, which runs on `clock`, and on the model, and compares everything that can be read after
/// each.
///
/// # Errors
///
/// The first [`Divergence`].
pub async fn follow(
    store: &dyn TransactionStore,
    clock: &ManualClock,
    steps: &[Step],
) -> Result<(), Divergence> {
    let mut model = Model::default();
    for (number, &step) in steps.iter().enumerate() {
        let context = |what: &str| format!("step {number} of {steps:?}: {what}");
        apply(store, clock, &mut model, step, &context).await?;
        for (at, &name) in NAMES.iter().enumerate() {
            let got = store.get(key(at)).await?;
            same(&context(&format!("{name:?}")), &got, &model.get(name))?;
        }
    }
    Ok(())
}

async fn apply(
    store: &dyn TransactionStore,
    clock: &ManualClock,
    model: &mut Model,
    step: Step,
    context: &(dyn Fn(&str) -> String + Sync),
) -> Result<(), Divergence> {
    match step {
        Step::Open(at, variant) => {
            store.open(key(at), samples::order(variant)).await?;
            model.open(NAMES[at], samples::order(variant));
        }
        Step::Hold(at, variant) => {
            store.hold(key(at), samples::held(variant)).await?;
            model.hold(NAMES[at], samples::held(variant));
        }
        Step::Settle(at, variant) => {
            let got = store.settle(key(at), samples::settled(variant), None).await?;
            let expected = model.settle(NAMES[at], samples::settled(variant));
            same(&context("the settled answer"), &got, &expected)?;
        }
        Step::MarkUnresolved(at) => {
            store.mark_unresolved(key(at)).await?;
            model.mark_unresolved(NAMES[at]);
        }
        Step::Remove(at) => {
            store.remove(key(at)).await?;
            model.remove(NAMES[at]);
        }
        Step::Advance(by) => {
            clock.advance(by);
            model.advance(by);
        }
    }
    Ok(())
}

fn key(at: usize) -> Key<'static> {
    let (provider, reference) = NAMES[at];
    Key { provider, reference }
}
