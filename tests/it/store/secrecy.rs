//! What somebody can read who reads the server.

use anyhow::{Context, Result};
use harness::RedisServer;
use riskgate_store::{Settled, StoreError, TransactionStore};

use crate::stage::{KEY, PREFIX, held, keys, named, order, settled, shared, single};

#[tokio::test]
async fn nothing_of_a_user_is_readable_in_the_server() -> Result<()> {
    let server = RedisServer::start(&[]).await?;
    let store = shared(single(&server)).await?;
    store.open(KEY, order()).await?;
    store.hold(KEY, held()).await?;
    let mut everything = server.everything().await?;
    let answer: Settled = settled("Karin Svensson 199001012385");
    store.settle(KEY, answer, Some("hmac:0011 record".into())).await?;
    everything += &server.everything().await?;
    assert!(everything.contains("riskgate:shop:retail:bankid:"), "the search finds what is there");
    for secret in [
        "199001012385",
        "Karin",
        "192.0.2.17",
        "Mozilla",
        "131daac9",
        "5a5a5a",
        "hmac:",
        "login",
        "returnRisk",
    ] {
        assert!(!everything.contains(secret), "{secret} is readable in the server");
    }
    Ok(())
}

#[tokio::test]
async fn keys_rotate_without_a_lost_answer() -> Result<()> {
    let server = RedisServer::start(&[]).await?;
    let with = |ring: &'static [u8]| named(single(&server), PREFIX.to_owned(), keys(ring));

    let store = with(&[1]).await?;
    store.open(KEY, order()).await?;
    // First every sidecar learns to read the new key, then they write with it, at last the old one goes.
    store.reconfigure(single(&server), keys(&[1, 2]))?;
    let other = with(&[2, 1]).await?;
    assert_eq!(other.get(KEY).await?.context("known")?.order, Some(order()));
    other.settle(KEY, settled("new"), None).await?;
    assert!(store.get(KEY).await?.context("known")?.terminal.is_some(), "read with the second key");
    let last = with(&[2]).await?;
    let seen = last.get(KEY).await?.context("known")?;
    assert!(seen.terminal.is_some(), "what was settled with the new key");
    assert_eq!(
        seen.order, None,
        "the facts were sealed with a key that is gone, and nobody needs them any more"
    );
    Ok(())
}

#[tokio::test]
async fn what_no_key_opens_is_an_error_and_never_an_answer() -> Result<()> {
    let server = RedisServer::start(&[]).await?;
    let mine = shared(single(&server)).await?;
    let stranger = named(single(&server), PREFIX.to_owned(), keys(&[9])).await?;
    mine.open(KEY, order()).await?;
    assert!(matches!(stranger.get(KEY).await, Err(StoreError::Unreadable(_))));
    mine.settle(KEY, settled("mine"), Some("record".into())).await?;
    assert!(matches!(stranger.get(KEY).await, Err(StoreError::Unreadable(_))));
    let settled_too = stranger.settle(KEY, settled("stranger's"), None).await;
    assert!(matches!(settled_too, Err(StoreError::Unreadable(_))), "{settled_too:?}");
    assert!(mine.get(KEY).await?.context("known")?.terminal.is_some(), "the first is the answer still");
    Ok(())
}

#[tokio::test]
async fn a_value_that_was_moved_to_another_order_does_not_open() -> Result<()> {
    let server = RedisServer::start(&[]).await?;
    let store = shared(single(&server)).await?;
    store.settle(KEY, settled("approved"), None).await?;
    let other = riskgate_store::Key { reference: "another", ..KEY };
    store.open(other, order()).await?;
    let names: Vec<String> = server.command(&["KEYS", "*bankid*"]).await?;
    for (from, to) in [(&names[0], &names[1]), (&names[1], &names[0])] {
        // Whoever may write in the server copies the approved answer to the order of somebody else.
        let copy =
            "local s = redis.call('HGET', KEYS[1], 's') if s then redis.call('HSET', KEYS[2], 's', s) end";
        server.command::<redis::Value>(&["EVAL", copy, "2", from, to]).await?;
    }
    assert!(matches!(store.get(other).await, Err(StoreError::Unreadable(_))));
    Ok(())
}
