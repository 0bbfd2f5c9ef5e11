//! The store's account against what the process really takes. Alone in its file, so that it has a process of its own.
#![cfg(all(target_os = "linux", target_env = "gnu"))]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "tests fail by panicking")]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use http::{HeaderValue, header};
use riskgate_core::{Operation, RequirementSet, SystemClock};
use riskgate_store::{Final, Key, MemoryStore, Order, Settled, TransactionStore};

const MIB: u64 = 1 << 20;

/// An order as a login through a browser leaves it.
fn order(number: u32) -> Order {
    Order {
        operation: Operation::Auth,
        flow: Some("login".into()),
        application_threshold: None,
        carried: RequirementSet::default(),
        certificate: "5a".repeat(32).into(),
        attached: ["returnRisk", "web.referringDomain", "web.userAgent", "web.deviceIdentifier"]
            .map(str::to_owned)
            .into(),
        lint: Arc::default(),
        signals: Arc::default(),
        subject: Some(format!("{:012}", 190_000_000_000 + u64::from(number)).into()),
        client_ip: Some(IpAddr::V4(Ipv4Addr::from(number))),
        user_agent: Some(format!(
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.{number}.0 Safari/537.36"
        ).into()),
    }
}

fn reference(number: u32) -> String {
    format!("131daac9-16c6-4618-beb0-{number:012}")
}

fn key(reference: &str) -> Key<'_> {
    Key { provider: "bankid", reference }
}

/// The process's own memory, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a process status");
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).expect("a line about memory");
    let kib: u64 = line.split_whitespace().nth(1).expect("a number").parse().expect("a number");
    kib * 1024
}

/// The account may claim more than is taken, never much less.
fn honest(what: &str, claimed: u64, taken: u64) {
    println!("{what}: {claimed} bytes claimed, {taken} taken");
    assert!(taken <= claimed + claimed / 10, "{what}: {taken} bytes taken, only {claimed} claimed");
    assert!(claimed <= taken + taken / 3, "{what}: {claimed} bytes claimed, only {taken} taken");
}

#[tokio::test]
async fn the_account_is_honest_and_ten_thousand_orders_are_small() {
    let store = MemoryStore::new(1 << 40, Arc::new(SystemClock::new()));
    let before = resident();

    for number in 0..10_000 {
        store.open(key(&reference(number)), order(number)).await.unwrap();
    }
    let (claimed, taken) = (store.usage().bytes, resident() - before);
    honest("10,000 orders", claimed, taken);
    assert!(taken < 6 * MIB, "10,000 orders take {taken} bytes");

    for number in 10_000..50_000 {
        store.open(key(&reference(number)), order(number)).await.unwrap();
    }
    honest("50,000 orders", store.usage().bytes, resident() - before);

    for number in 0..5_000 {
        let headers = vec![(header::CONTENT_TYPE, HeaderValue::from_str("application/json").unwrap())];
        let settled =
            Settled { status: 200, headers, body: vec![b'x'; 6000].into(), outcome: Final::Complete };
        store.settle(key(&reference(number)), settled, None).await.unwrap();
    }
    honest("5,000 answers among them", store.usage().bytes, resident() - before);
}
