//! Servers that are down, slow, full, wiped, or that take our login no more.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use harness::{PATIENCE, RedisServer, eventually};
use riskgate_store::redis::{Limits, Login, Reach, RedisOptions};
use riskgate_store::{RedisStore, StoreError, TransactionStore};

use crate::stage::{KEY, LIMITS, keys, order, settled, shared, single};

/// An operation, with the time it took.
async fn timed(store: &RedisStore) -> (Result<(), StoreError>, Duration) {
    let began = Instant::now();
    let got = store.get(KEY).await.map(drop);
    (got, began.elapsed())
}

async fn heals(store: &RedisStore) -> Result<()> {
    eventually("the store to heal", PATIENCE, || async { Ok(store.open(KEY, order()).await?) }).await
}

#[tokio::test]
async fn a_server_that_is_down_fails_at_once_and_heals() -> Result<()> {
    let mut server = RedisServer::start(&[]).await?;
    let store = shared(single(&server)).await?;
    store.open(KEY, order()).await?;
    server.kill().await?;
    assert!(matches!(store.get(KEY).await, Err(StoreError::Unavailable(_))));
    eventually("operations to fail without a wait", PATIENCE, || async {
        match timed(&store).await {
            (Err(_), took) if took < Duration::from_millis(5) => Ok(()),
            other => bail!("{other:?}"),
        }
    })
    .await?;
    server.restart().await?;
    heals(&store).await?;
    assert!(store.get(KEY).await?.is_some());
    Ok(())
}

#[tokio::test]
async fn a_store_starts_without_a_server_and_finds_it_later() -> Result<()> {
    let mut server = RedisServer::start(&[]).await?;
    server.kill().await?;
    let options = RedisOptions { reach: single(&server), prefix: "riskgate:".to_owned(), keys: keys(&[1]) };
    let store = RedisStore::start(options)?;
    assert!(store.admit().await.is_err());
    server.restart().await?;
    heals(&store).await
}

#[tokio::test]
async fn a_server_that_stalls_costs_a_bounded_time_and_heals() -> Result<()> {
    let mut server = RedisServer::start(&[]).await?;
    let limits = Limits { operation: Duration::from_millis(100), ..LIMITS };
    let store = shared(Reach { limits, ..single(&server) }).await?;
    store.open(KEY, order()).await?;
    server.process().pause()?;
    let (got, took) = timed(&store).await;
    assert!(got.is_err());
    assert!(took < Duration::from_secs(1), "two attempts of 100 ms took {took:?}");
    eventually("operations to fail without a wait", PATIENCE, || async {
        match timed(&store).await {
            (Err(_), took) if took < Duration::from_millis(5) => Ok(()),
            other => bail!("{other:?}"),
        }
    })
    .await?;
    server.process().resume()?;
    heals(&store).await
}

#[tokio::test]
async fn a_full_server_takes_answers_and_no_orders() -> Result<()> {
    let server = RedisServer::start(&["--maxmemory-policy", "noeviction"]).await?;
    let store = shared(single(&server)).await?;
    store.settle(KEY, settled("kept"), Some("a record".into())).await?;
    let open = riskgate_store::Key { reference: "open", ..KEY };
    store.open(open, order()).await?;
    server.command::<()>(&["CONFIG", "SET", "maxmemory", "1"]).await?;
    let other = riskgate_store::Key { reference: "another", ..KEY };
    let refused = store.open(other, order()).await.unwrap_err();
    assert!(refused.to_string().contains("maxmemory"), "{refused}");
    assert!(store.admit().await.is_err(), "a failure ends what was proven before it");
    assert!(store.get(KEY).await?.context("kept")?.terminal.is_some());
    store.hold(other, crate::stage::held()).await?;
    assert_eq!(store.settle(other, settled("an answer cannot be had again"), None).await?, None);
    assert!(store.admit().await.is_err(), "an answer that is taken proves nothing for orders");
    store.mark_unresolved(open).await?;
    assert!(store.get(open).await?.context("open")?.unresolved);
    eventually("the lease of the record to be over", PATIENCE, || async {
        match store.claim_record(KEY).await? {
            riskgate_store::Claim::Yours(_) => Ok(()),
            other => bail!("{other:?}"),
        }
    })
    .await?;
    server.command::<()>(&["CONFIG", "SET", "maxmemory", "0"]).await?;
    heals(&store).await
}

#[tokio::test]
async fn a_wiped_server_knows_nothing_and_serves_on() -> Result<()> {
    let server = RedisServer::start(&[]).await?;
    let store = shared(single(&server)).await?;
    store.open(KEY, order()).await?;
    server.command::<()>(&["FLUSHALL"]).await?;
    server.command::<()>(&["SCRIPT", "FLUSH"]).await?;
    assert_eq!(store.get(KEY).await?, None);
    assert_eq!(store.settle(KEY, settled("later"), None).await?, None, "the scripts are sent anew");
    assert!(store.get(KEY).await?.context("known")?.terminal.is_some());
    Ok(())
}

#[tokio::test]
async fn a_password_rotates_without_a_failed_operation() -> Result<()> {
    let server = RedisServer::start(&[]).await?;
    let user = ["ACL", "SETUSER", "riskgate", "on", ">first", "~riskgate:*", "+@all"];
    server.command::<()>(&user).await?;
    let login = |password: &str| Login {
        username: Some("riskgate".to_owned()),
        password: Some(password.to_owned().into()),
        ..Login::default()
    };
    let reach = |password: &str| Reach { login: login(password), ..single(&server) };
    let store = shared(reach("first")).await?;
    store.open(KEY, order()).await?;

    // A wrong password does not end what works.
    store.reconfigure(reach("wrong"), keys(&[1]))?;
    for _ in 0..20 {
        store.get(KEY).await?;
        tokio::task::yield_now().await;
    }
    server.command::<()>(&["ACL", "SETUSER", "riskgate", ">second"]).await?;
    store.reconfigure(reach("second"), keys(&[1]))?;
    let logged_in_since = |list: &str| list.lines().filter(|line| line.contains("user=riskgate")).count();
    eventually("the new login", PATIENCE, || async {
        store.get(KEY).await?;
        let clients: String = server.command(&["CLIENT", "LIST"]).await?;
        let log: Vec<redis::Value> = server.command(&["ACL", "LOG"]).await?;
        if logged_in_since(&clients) == 0 || log.is_empty() {
            bail!("{clients}")
        }
        Ok(())
    })
    .await?;
    // The old password is taken away, and whoever is logged in with it is cut off.
    server.command::<()>(&["ACL", "SETUSER", "riskgate", "<first"]).await?;
    server.command::<u64>(&["CLIENT", "KILL", "USER", "riskgate"]).await?;
    heals(&store).await
}

/// How many connections the server has taken.
async fn connections(server: &RedisServer) -> Result<u64> {
    let stats: String = server.command(&["INFO", "stats"]).await?;
    let taken = stats.lines().find_map(|line| line.strip_prefix("total_connections_received:"));
    Ok(taken.context("INFO stats")?.trim().parse()?)
}

#[tokio::test]
async fn a_server_that_became_a_replica_is_asked_again_at_a_pace() -> Result<()> {
    let (server, primary) = (RedisServer::start(&[]).await?, RedisServer::start(&[]).await?);
    let pauses =
        Limits { first_pause: Duration::from_millis(50), longest_pause: Duration::from_secs(2), ..LIMITS };
    let store = shared(Reach { limits: pauses, ..single(&server) }).await?;
    store.open(KEY, order()).await?;
    server.command::<()>(&["REPLICAOF", "127.0.0.1", &primary.port().to_string()]).await?;
    let before = connections(&server).await?;
    let (began, mut refused) = (Instant::now(), 0_u64);
    while began.elapsed() < Duration::from_secs(1) {
        let failed = store.open(KEY, order()).await.unwrap_err();
        assert!(matches!(failed, StoreError::Unavailable(_)), "{failed}");
        refused += 1;
        tokio::task::yield_now().await;
    }
    let made = connections(&server).await? - before;
    assert!(made <= 12 && refused > 10 * made, "{made} connections for {refused} operations");
    server.command::<()>(&["REPLICAOF", "NO", "ONE"]).await?;
    heals(&store).await
}
