//! Stores over servers of the test's own.

#![allow(clippy::expect_used, reason = "helpers of tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::Result;
use harness::RedisServer;
use riskgate_core::{Clock, Operation, RequirementSet};
use riskgate_store::redis::{Limits, Login, Reach, RedisOptions, Servers};
use riskgate_store::{Final, Held, Key, KeyRing, Order, RedisStore, Settled, TransactionStore};

pub(crate) const KEY: Key<'static> =
    Key { provider: "bankid", reference: "131daac9-16c6-4618-beb0-365768f37288" };

/// Generous with the time of an operation, because the machine of a test is busy; quick to try again.
pub(crate) const LIMITS: Limits = Limits {
    operation: Duration::from_millis(1000),
    connect: Duration::from_secs(2),
    first_pause: Duration::from_millis(10),
    longest_pause: Duration::from_millis(50),
};

pub(crate) fn single(server: &RedisServer) -> Reach {
    reach(Servers::Single { url: server.url() })
}

pub(crate) fn reach(servers: Servers) -> Reach {
    Reach { servers, login: Login::default(), roots: None, limits: LIMITS }
}

pub(crate) fn keys(bytes: &[u8]) -> KeyRing {
    KeyRing::new(bytes.iter().map(|byte| vec![*byte; 32]).collect()).expect("whole keys")
}

/// Options with names of their own.
fn unique(reach: Reach) -> RedisOptions {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let prefix = format!("riskgate:test:{}:", NUMBER.fetch_add(1, Ordering::Relaxed));
    RedisOptions { reach, prefix, keys: keys(&[1]) }
}

/// A store with names of its own, connected, whose time is that of `clock`.
pub(crate) async fn store_on(reach: Reach, clock: Arc<dyn Clock>) -> Result<RedisStore> {
    let store = RedisStore::start_on(unique(reach), clock)?;
    store.admit().await?;
    Ok(store)
}

/// A store with names of its own, connected.
pub(crate) async fn store(reach: Reach) -> Result<RedisStore> {
    let RedisOptions { reach, prefix, keys } = unique(reach);
    named(reach, prefix, keys).await
}

/// A store with these names and keys, connected.
pub(crate) async fn named(reach: Reach, prefix: String, keys: KeyRing) -> Result<RedisStore> {
    let store = RedisStore::start(RedisOptions { reach, prefix, keys })?;
    store.admit().await?;
    Ok(store)
}

/// What names the transactions of sidecars of one policy.
pub(crate) const PREFIX: &str = "riskgate:shop:retail:";

/// One of several stores that sidecars of one policy have.
pub(crate) async fn shared(reach: Reach) -> Result<RedisStore> {
    named(reach, PREFIX.to_owned(), keys(&[1])).await
}

pub(crate) fn order() -> Order {
    Order {
        operation: Operation::Auth,
        flow: Some("login".into()),
        application_threshold: None,
        carried: RequirementSet::default(),
        certificate: "5a".repeat(32).into(),
        attached: ["returnRisk".to_owned()].into(),
        lint: Arc::default(),
        signals: Arc::default(),
        subject: Some("199001012385".into()),
        client_ip: Some("192.0.2.17".parse().expect("an address")),
        user_agent: Some("Mozilla/5.0 (X11)".into()),
    }
}

pub(crate) fn held() -> Held {
    Held { status: 200, headers: Vec::new(), body: r#"{"name":"Karin Svensson"}"#.into() }
}

pub(crate) fn settled(body: &'static str) -> Settled {
    Settled { status: 200, headers: Vec::new(), body: body.into(), outcome: Final::Complete }
}
