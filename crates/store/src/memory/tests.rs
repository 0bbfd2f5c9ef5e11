//! The embedded store against the contract, and what is its own: the account and the bound.

use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;
use tokio::runtime::Builder;

use super::*;
use crate::conformance::{ManualClock, follow, promises, steps};
use crate::transaction::{COMPLETE_FOR, DECIDED_FOR, Final, OPEN_FOR};

const ROOMY: u64 = 1 << 30;

fn store(max_bytes: u64) -> (MemoryStore, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(0));
    (MemoryStore::new(max_bytes, Arc::clone(&clock) as Arc<dyn Clock>), clock)
}

fn order(number: usize) -> Order {
    Order {
        operation: riskgate_core::Operation::Auth,
        flow: Some("login".into()),
        application_threshold: None,
        carried: riskgate_core::RequirementSet::default(),
        certificate: "c".repeat(64).into(),
        attached: ["returnRisk".to_owned()].into(),
        lint: Arc::default(),
        signals: Arc::default(),
        subject: Some(format!("{number:012}").into()),
        client_ip: None,
        user_agent: None,
    }
}

fn key(reference: &str) -> Key<'_> {
    Key { provider: "bankid", reference }
}

fn answer(body: Bytes) -> Settled {
    Settled { status: 200, headers: Vec::new(), body, outcome: Final::Complete }
}

#[tokio::test]
async fn it_keeps_the_promises() {
    promises(|clock| async { MemoryStore::new(ROOMY, clock) }).await.unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// And when all is over, not a byte is left in the account, whatever the way there.
    #[test]
    fn it_does_what_the_model_does(steps in steps()) {
        Builder::new_current_thread().build().unwrap().block_on(async {
            let (store, clock) = store(ROOMY);
            follow(&store, &clock, &steps).await?;
            clock.advance(DECIDED_FOR); // the longest window
            let usage = store.usage();
            let table = store.swept();
            prop_assert_eq!(usage.open, 0);
            prop_assert_eq!(table.footprint_of_entries(), 0);
            Ok::<_, TestCaseError>(())
        })?;
    }
}

#[tokio::test]
async fn a_full_store_refuses_orders_and_takes_answers() {
    let (store, clock) = store(8 * 1024);
    let mut admitted = 0;
    let full = loop {
        match store.admit().await {
            Ok(()) => store.open(key(&admitted.to_string()), order(admitted)).await.unwrap(),
            Err(error) => break error,
        }
        admitted += 1;
    };
    let usage = store.usage();
    assert_eq!(full, StoreError::Full { bytes: usage.bytes, max_bytes: 8 * 1024 });
    assert!(usage.bytes >= 8 * 1024 && usage.bytes < 9 * 1024, "{usage:?}");
    assert_eq!(usage.open, admitted as u64);

    // Nothing was evicted, and each order gets its answer, far past the bound.
    for number in 0..admitted {
        assert!(store.get(key(&number.to_string())).await.unwrap().is_some());
        let settled = answer(vec![b'x'; 10_000].into());
        assert_eq!(store.settle(key(&number.to_string()), settled, None).await.unwrap(), None);
    }
    assert!(store.usage().bytes > 10_000 * admitted as u64);
    assert!(matches!(store.admit().await, Err(StoreError::Full { .. })));

    // When their time is over there is room again.
    clock.advance(COMPLETE_FOR);
    store.admit().await.unwrap();
    assert_eq!(store.usage().open, 0);
}

#[tokio::test]
async fn a_moved_bound_holds_at_once_and_drops_nothing() {
    let (store, _clock) = store(ROOMY);
    store.open(key("a"), order(1)).await.unwrap();
    store.set_max_bytes(1);
    assert!(matches!(store.admit().await, Err(StoreError::Full { max_bytes: 1, .. })));
    assert!(store.get(key("a")).await.unwrap().is_some());
    store.set_max_bytes(ROOMY);
    store.admit().await.unwrap();
}

#[tokio::test]
async fn what_many_orders_share_is_counted_once() {
    let (store, _clock) = store(ROOMY);
    store.open(key("00"), order(0)).await.unwrap();
    let first = store.usage().bytes;
    // Within one growth step of the index, so that only the orders themselves differ.
    store.open(key("01"), order(1)).await.unwrap();
    let second = store.usage().bytes - first;
    assert!(second + 200 < first, "the first took {first}, the second {second}");

    let mut unlike = order(2);
    unlike.certificate = "d".repeat(64).into();
    store.open(key("02"), unlike).await.unwrap();
    let third = store.usage().bytes - first - second;
    assert!(third > second + 200, "the second took {second}, the third, which shares nothing, {third}");
}

#[tokio::test]
async fn more_shared_parts_than_are_kept_are_kept_unshared() {
    let (store, clock) = store(ROOMY);
    let mut left = Vec::new();
    for round in 0..2 {
        for number in 0..1000 {
            let mut unlike = order(number);
            unlike.flow = Some(format!("flow-{round}-{number}").into());
            store.open(key(&number.to_string()), unlike.clone()).await.unwrap();
            let kept = store.get(key(&number.to_string())).await.unwrap().unwrap();
            assert_eq!(kept.order, Some(unlike));
        }
        assert!(store.swept().shared_parts() <= 256);
        clock.advance(OPEN_FOR);
        assert_eq!(store.usage().open, 0);
        assert_eq!(store.swept().footprint_of_entries(), 0);
        left.push(store.usage().bytes);
    }
    // Their index may have grown a step; the parts themselves take 80 KiB.
    assert!(left[1] < left[0] + 16 * 1024, "parts that are no longer kept are still counted: {left:?}");
}

/// A body that is a slice of a large read buffer must not keep the buffer.
#[tokio::test]
async fn a_small_body_is_not_a_large_buffer() {
    let (store, _clock) = store(ROOMY);
    let buffer = Bytes::from(vec![b'x'; 64 * 1024]);
    store.settle(key("a"), answer(buffer.slice(10..20)), None).await.unwrap();
    store
        .hold(key("b"), Held { status: 200, headers: Vec::new(), body: buffer.slice(10..20) })
        .await
        .unwrap();
    assert!(buffer.is_unique(), "the store holds on to the buffer");
}

#[tokio::test]
async fn nothing_of_a_user_is_shown() {
    let (store, _clock) = store(ROOMY);
    let mut order = order(199_001_012_385);
    order.client_ip = Some("192.0.2.77".parse().unwrap());
    order.user_agent = Some("Secret-Agent".into());
    let secret = Bytes::from_static(b"name and signature");
    store.open(key("a"), order).await.unwrap();
    store.hold(key("a"), Held { status: 200, headers: Vec::new(), body: secret.clone() }).await.unwrap();
    let held = format!("{store:?} {:?}", store.get(key("a")).await.unwrap());
    store.settle(key("a"), answer(secret), None).await.unwrap();
    let settled = format!("{store:?} {:?}", store.get(key("a")).await.unwrap());
    for shown in [held, settled] {
        assert!(shown.contains("Auth") && shown.contains("18 bytes"), "{shown}");
        for secret in ["199001012385", "192.0.2.77", "Secret-Agent", "signature"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }
}
