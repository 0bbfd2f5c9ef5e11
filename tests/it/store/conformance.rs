//! The contract that every store keeps, on one real server and on a real cluster.

#![allow(clippy::expect_used, reason = "helpers of tests")]

use std::sync::Arc;

use anyhow::{Context, Result};
use harness::{RedisCluster, RedisServer};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use riskgate_store::conformance::{ManualClock, Step, follow, promises, steps};
use riskgate_store::redis::{Reach, Servers};

use crate::stage::{reach, single, store, store_on};

async fn keeps_the_promises(reach: &Reach) -> Result<()> {
    let make =
        |clock: Arc<ManualClock>| async { store_on(reach.clone(), clock).await.expect("a connected store") };
    promises(make).await.context("the promises")
}

/// Random operations against the model. A failure names its steps; put them into a test of their own to look closer.
async fn follows_the_model(reach: &Reach, runs: usize) -> Result<()> {
    let mut runner = TestRunner::default();
    for _ in 0..runs {
        let steps = steps().new_tree(&mut runner).expect("steps").current();
        let clock = Arc::new(ManualClock::at(1_700_000_000_000));
        let on_clock = store_on(reach.clone(), clock.clone()).await?;
        follow(&on_clock, &clock, &steps).await?;
        // By the server's time, which no test moves.
        let still: Vec<Step> = steps.into_iter().filter(|step| !matches!(step, Step::Advance(_))).collect();
        follow(&store(reach.clone()).await?, &ManualClock::at(0), &still).await?;
    }
    Ok(())
}

#[tokio::test]
async fn one_server_keeps_the_contract() -> Result<()> {
    let server = RedisServer::start(&[]).await?;
    keeps_the_promises(&single(&server)).await?;
    follows_the_model(&single(&server), 48).await
}

#[tokio::test]
async fn a_cluster_keeps_the_contract() -> Result<()> {
    let mut cluster = RedisCluster::start().await?;
    let reach = reach(Servers::Cluster { urls: cluster.urls() });
    keeps_the_promises(&reach).await?;
    follows_the_model(&reach, 16).await?;
    for node in cluster.nodes() {
        let keys: u64 = node.command(&["DBSIZE"]).await?;
        assert!(keys > 0, "every node holds some of the transactions");
    }
    Ok(())
}

#[tokio::test]
async fn two_sidecars_see_one_store() -> Result<()> {
    use riskgate_store::{Terminal, TransactionStore};

    use crate::stage::{KEY, held, order, settled, shared};

    let server = RedisServer::start(&[]).await?;
    let (one, other) = (shared(single(&server)).await?, shared(single(&server)).await?);
    one.open(KEY, order()).await?;
    let seen = other.get(KEY).await?.context("the order that the other opened")?;
    assert_eq!(seen.order, Some(order()));
    other.hold(KEY, held()).await?;
    let seen = one.get(KEY).await?.context("known")?;
    assert_eq!(seen.terminal, Some(Terminal::Held(held())));
    assert_eq!(one.settle(KEY, settled("one"), None).await?, None);
    assert_eq!(other.settle(KEY, settled("other"), None).await?, Some(settled("one")));
    Ok(())
}
