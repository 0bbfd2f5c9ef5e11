//! Whose time counts: the server's, whatever the clocks of the pods say.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use harness::{PATIENCE, RedisServer, eventually};
use riskgate_core::config::WhenStoreUnavailable;
use riskgate_core::{Clock, Millis, SystemClock};
use riskgate_store::conformance::ManualClock;
use riskgate_store::shared::StoreObserver;
use riskgate_store::transaction::{COMPLETE_FOR, OPEN_FOR};
use riskgate_store::{Claim, RedisStore, SharedStore, StoreError, Terminal, TransactionStore};
use tokio_util::task::TaskTracker;

use crate::stage::{KEY, held, order, settled, shared, single};

/// How long a busy machine may take between a change and the look at it.
const MEANWHILE: Millis = 20_000;

struct Unheard;

impl StoreObserver for Unheard {
    fn failed(&self, _operation: &'static str, _error: &StoreError) {}
}

/// A pod whose clock shows this.
async fn pod(server: &RedisServer, now: Millis) -> Result<SharedStore<RedisStore>> {
    let (redis, clock) = (shared(single(server)).await?, Arc::new(ManualClock::at(now)));
    let when = WhenStoreUnavailable::Refuse;
    Ok(SharedStore::new(redis, 1 << 20, clock, when, Arc::new(Unheard), TaskTracker::new()))
}

/// The one transaction's name in the server.
async fn name(server: &RedisServer) -> Result<String> {
    let names: Vec<String> = server.command(&["KEYS", "*bankid*"]).await?;
    names.into_iter().next().context("the server holds no transaction")
}

/// That the server drops the one transaction after this time.
async fn stays(server: &RedisServer, window: Millis) -> Result<()> {
    let left: Millis = server.command(&["PTTL", &name(server).await?]).await?;
    ensure!(left <= window && left + MEANWHILE > window, "{left} ms are left of {window}");
    Ok(())
}

/// Lets time pass: this much is left of the one transaction's.
async fn left(server: &RedisServer, left: &str) -> Result<()> {
    server.command::<()>(&["PEXPIRE", &name(server).await?, left]).await
}

#[tokio::test]
async fn pods_whose_clocks_are_hours_apart_serve_one_user() -> Result<()> {
    let server = RedisServer::start(&[]).await?;
    let (now, hour) = (SystemClock::new().now(), 3_600_000);
    let (behind, ahead) = (pod(&server, now - hour).await?, pod(&server, now + hour).await?);
    for (one, other, reference) in [(&behind, &ahead, "behind"), (&ahead, &behind, "ahead")] {
        let key = riskgate_store::Key { reference, ..KEY };
        one.open(key, order()).await?;
        let seen = other.get(key).await?.context("an order that the other opened just now")?;
        assert_eq!((seen.order, seen.degraded), (Some(order()), false));
        other.hold(key, held()).await?;
        let seen = one.get(key).await?.context("known")?;
        assert_eq!(seen.order, Some(order()), "holding an answer took nothing away");
        assert_eq!(seen.terminal, Some(Terminal::Held(held())));
        assert_eq!(one.settle(key, settled("first"), None).await?, None);
        assert_eq!(other.settle(key, settled("second"), None).await?, Some(settled("first")));
        other.mark_unresolved(key).await?;
        assert!(one.get(key).await?.context("known")?.unresolved);
    }
    Ok(())
}

#[tokio::test]
async fn the_servers_expiry_is_the_window() -> Result<()> {
    let server = RedisServer::start(&[]).await?;
    let store = shared(single(&server)).await?;
    store.open(KEY, order()).await?;
    stays(&server, OPEN_FOR).await?;
    store.settle(KEY, settled("kept"), None).await?;
    stays(&server, COMPLETE_FOR).await?;
    left(&server, "60000").await?;
    store.open(KEY, order()).await?;
    store.hold(KEY, held()).await?;
    store.settle(KEY, settled("another"), None).await?;
    stays(&server, 60_000).await?;

    left(&server, "1").await?;
    eventually("the window to end", PATIENCE, || async {
        ensure!(store.get(KEY).await?.is_none(), "it is still known");
        Ok(())
    })
    .await?;
    store.hold(KEY, held()).await?;
    let anew = store.get(KEY).await?.context("held")?;
    assert_eq!(
        (anew.order, anew.terminal),
        (None, Some(Terminal::Held(held()))),
        "nothing of before is left"
    );
    Ok(())
}

#[tokio::test]
async fn an_answer_that_is_carried_stays_what_was_left_of_its_window_and_owes_no_record() -> Result<()> {
    let server = RedisServer::start(&[]).await?;
    let store = shared(single(&server)).await?;
    store.open(KEY, order()).await?;
    assert_eq!(store.carry(KEY, settled("of the outage"), 60_000).await?, None);
    stays(&server, 60_000).await?;
    let known = store.get(KEY).await?.context("known")?;
    assert_eq!(known.terminal, Some(Terminal::Settled(settled("of the outage"))));
    assert_eq!((known.order, known.unrecorded), (Some(order()), false));
    assert_eq!(store.claim_record(KEY).await?, Claim::Written);
    assert_eq!(store.carry(KEY, settled("later"), 1).await?, Some(settled("of the outage")));
    stays(&server, 60_000).await?;

    server.command::<()>(&["FLUSHALL"]).await?;
    assert_eq!(store.carry(KEY, settled("of the outage"), Millis::MAX).await?, None);
    stays(&server, COMPLETE_FOR).await
}
