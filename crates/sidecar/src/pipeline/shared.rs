//! What several sidecars on one store owe each other: an answer that another one may have in hand is waited for, and a
//! decision record that another one could not write is written. With a store of one's own nothing of this costs anything.

use std::time::Duration;

use riskgate_store::{Claim, Key, RECORD_LEASE, Settled, StoreError, Transaction};
use riskgate_wire::Fault;
use tokio::time::{Instant, sleep};

use super::forward::NoAnswer;
use super::gateway::{Answered, Exchange};
use crate::ops::metrics::Outcome;

/// How long another sidecar may have an answer in hand, between the provider and the store: far longer than it takes.
const IN_HAND: Duration = Duration::from_secs(1);
/// How long a record is waited for: a lease, and a little for whoever took it over.
const UNWRITTEN: Duration = Duration::from_millis(RECORD_LEASE + 500);
/// Between two looks into the store; the second look waits half as long.
const LOOK_AGAIN: Duration = Duration::from_millis(40);
/// How often it is tried to note that a record was written, with growing pauses.
const NOTES: u32 = 6;

/// What the store knows. What cannot be read is not known; a store that cannot be asked is an answer of its own: nothing is
/// sent, because what comes back could not be judged by what was learned before (`store.whenUnavailable: Refuse`).
pub(super) async fn known(exchange: &Exchange, key: Key<'_>) -> Result<Option<Transaction>, Answered> {
    match exchange.gateway.store.get(key).await {
        Ok(known) => Ok(known),
        Err(error) => {
            exchange.store_failed("get", &error);
            match error {
                StoreError::Unreadable(_) => Ok(None),
                StoreError::Full { .. } | StoreError::Unavailable(_) => Err(no_store(exchange)),
            }
        }
    }
}

/// The answer where the store cannot be asked.
pub(super) fn no_store(exchange: &Exchange) -> Answered {
    let response =
        exchange.fault(Fault::Maintenance, "the transaction store cannot be reached, nothing was sent");
    Answered::new(Outcome::Unreachable, response)
}

/// What the store knows of a transaction that the provider does not know (any more). Where another sidecar may have its answer in
/// hand, it gets the time to bring it into the store.
pub(super) async fn known_after_all(
    exchange: &Exchange,
    key: Key<'_>,
) -> Result<Option<Transaction>, Answered> {
    let until = Instant::now() + IN_HAND;
    let mut pause = LOOK_AGAIN / 2;
    loop {
        let known = match exchange.gateway.store.get(key).await {
            Ok(known) => known,
            // It may be the answer, which a sidecar with the other key reads: the application asks again.
            Err(error @ StoreError::Unreadable(_)) => {
                exchange.store_failed("get", &error);
                return Err(NoAnswer::Lost.answer(exchange));
            }
            Err(error) => {
                exchange.store_failed("get", &error);
                return Err(no_store(exchange));
            }
        };
        // What this sidecar alone knows was cancelled elsewhere, or lost: nobody brings its answer into the store.
        let open = known
            .as_ref()
            .is_some_and(|known| known.order.is_some() && known.terminal.is_none() && !known.degraded);
        if !open || !exchange.gateway.store.is_shared() || Instant::now() >= until {
            return Ok(known);
        }
        sleep(pause).await;
        pause = LOOK_AGAIN;
    }
}

/// Gives a settled answer again, once its decision record is written.
pub(super) async fn replay(
    exchange: &Exchange,
    key: Key<'_>,
    settled: Settled,
    unrecorded: bool,
) -> Answered {
    if unrecorded {
        see_to_the_record(exchange, key).await;
    }
    Answered::new(Outcome::Replayed, settled.into())
}

/// Sees to it that the record of a settled answer is written: by whoever settled it, and in their place when they are gone. When
/// neither comes about, the answer is given all the same: the signature in it is the user's.
async fn see_to_the_record(exchange: &Exchange, key: Key<'_>) {
    let until = Instant::now() + UNWRITTEN;
    while Instant::now() < until {
        match exchange.gateway.store.claim_record(key).await {
            Ok(Claim::Written) => return,
            Ok(Claim::Yours(line)) => {
                tracing::warn!(
                    "a decision record is written in the place of a sidecar that ended before it could"
                );
                exchange.gateway.decisions().write_line(&line);
                note_written(exchange, key);
                return;
            }
            Ok(Claim::InHand) => sleep(LOOK_AGAIN).await,
            Err(error) => return exchange.store_failed("claim_record", &error),
        }
    }
    tracing::warn!("a decision record is still not known to be written");
}

/// Notes in the store that the record was written, in a task of its own: nobody's answer waits for it. The end of the sidecar
/// does.
pub(super) fn note_written(exchange: &Exchange, key: Key<'_>) {
    let exchange = exchange.clone();
    let reference = key.reference.to_owned();
    exchange.gateway.tasks.clone().spawn(async move {
        let key = Key { provider: &exchange.provider().name, reference: &reference };
        for note in 0..NOTES {
            match exchange.gateway.store.recorded(key).await {
                Ok(()) => return,
                Err(error) => exchange.store_failed("recorded", &error),
            }
            sleep(Duration::from_millis(100 << note)).await;
        }
    });
}
