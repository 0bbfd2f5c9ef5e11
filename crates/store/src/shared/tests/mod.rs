//! A shared store that comes and goes.

mod carrying;

use std::sync::Mutex;

use riskgate_core::{Millis, SystemClock, Threshold};

use super::*;
use crate::conformance::samples::{held, order, settled};
use crate::conformance::{ManualClock, promises};

const KEY: Key<'static> = Key { provider: "bankid", reference: "131daac9" };
const ROOM: u64 = 1 << 30;

/// What a [`Switched`] store fails with, while it does.
type Fault = Arc<Mutex<Option<StoreError>>>;

/// A store that fails while it is told to.
struct Switched {
    store: MemoryStore,
    fault: Fault,
    /// For how long answers were carried here.
    carried: Mutex<Vec<Millis>>,
}

impl Switched {
    fn new(clock: Arc<dyn Clock>, fault: Fault) -> Self {
        Self { store: MemoryStore::new(ROOM, clock), fault, carried: Mutex::default() }
    }

    fn store(&self) -> Result<&MemoryStore, StoreError> {
        self.fault.lock().unwrap().clone().map_or(Ok(&self.store), Err)
    }
}

#[async_trait]
impl TransactionStore for Switched {
    async fn admit(&self) -> Result<(), StoreError> {
        self.store()?.admit().await
    }
    async fn open(&self, key: Key<'_>, order: Order) -> Result<(), StoreError> {
        self.store()?.open(key, order).await
    }
    async fn get(&self, key: Key<'_>) -> Result<Option<Transaction>, StoreError> {
        self.store()?.get(key).await
    }
    async fn hold(&self, key: Key<'_>, held: Held) -> Result<(), StoreError> {
        self.store()?.hold(key, held).await
    }
    async fn settle(
        &self,
        key: Key<'_>,
        settled: Settled,
        record: Option<Bytes>,
    ) -> Result<Option<Settled>, StoreError> {
        self.store()?.settle(key, settled, record).await
    }
    async fn carry(
        &self,
        key: Key<'_>,
        settled: Settled,
        left: Millis,
    ) -> Result<Option<Settled>, StoreError> {
        let store = self.store()?;
        self.carried.lock().unwrap().push(left);
        store.settle(key, settled, None).await
    }
    async fn mark_unresolved(&self, key: Key<'_>) -> Result<(), StoreError> {
        self.store()?.mark_unresolved(key).await
    }
    async fn remove(&self, key: Key<'_>) -> Result<(), StoreError> {
        self.store()?.remove(key).await
    }
    fn usage(&self) -> Usage {
        self.store.usage()
    }
}

#[derive(Default)]
struct Heard(Mutex<Vec<&'static str>>);

impl StoreObserver for Heard {
    fn failed(&self, operation: &'static str, _error: &StoreError) {
        self.0.lock().unwrap().push(operation);
    }
}

struct Case {
    store: SharedStore<Switched>,
    fault: Fault,
    heard: Arc<Heard>,
    tasks: TaskTracker,
}

impl Case {
    fn new(when: WhenStoreUnavailable) -> Self {
        Self::on(Arc::new(SystemClock::new()), when)
    }

    fn on(clock: Arc<dyn Clock>, when: WhenStoreUnavailable) -> Self {
        let (fault, heard, tasks) = (Fault::default(), Arc::new(Heard::default()), TaskTracker::new());
        let shared = Switched::new(clock.clone(), fault.clone());
        let store = SharedStore::new(shared, ROOM, clock, when, heard.clone(), tasks.clone());
        Self { store, fault, heard, tasks }
    }

    fn switch(&self, down: bool) {
        self.fail(down.then(|| StoreError::Unavailable("switched off".to_owned())));
    }

    fn fail(&self, fault: Option<StoreError>) {
        *self.fault.lock().unwrap() = fault;
    }

    async fn known(&self) -> Transaction {
        self.store.get(KEY).await.unwrap().unwrap()
    }

    fn heard(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.heard.0.lock().unwrap())
    }
}

#[tokio::test]
async fn with_a_store_that_works_it_keeps_the_contract_whatever_room_its_memory_has() {
    for room in [0, ROOM] {
        contract(room).await;
    }
}

async fn contract(room: u64) {
    let make = |clock: Arc<ManualClock>| async move {
        let shared = Switched::new(clock.clone(), Fault::default());
        let observer = Arc::new(Heard::default());
        SharedStore::new(shared, room, clock, WhenStoreUnavailable::Refuse, observer, TaskTracker::new())
    };
    promises(make).await.unwrap();
}

#[tokio::test]
async fn degraded_it_knows_what_it_learned_itself_and_says_so() {
    let case = Case::new(WhenStoreUnavailable::Degrade);
    case.store.open(KEY, order(1)).await.unwrap();
    case.switch(true);
    let unknown = case.store.get(Key { reference: "of another pod", ..KEY }).await.unwrap();
    assert_eq!(unknown, Some(Transaction { degraded: true, ..Transaction::default() }));
    let other = Key { reference: "made in the outage", ..KEY };
    case.store.admit().await.unwrap();
    case.store.open(other, order(2)).await.unwrap();
    let known = case.store.get(other).await.unwrap().unwrap();
    assert_eq!((known.order, known.degraded), (Some(order(2)), true));
    assert_eq!(case.heard(), ["get", "admit", "open", "get"]);
}

#[tokio::test]
async fn refusing_it_asks_nobody_and_still_loses_no_answer() {
    let case = Case::new(WhenStoreUnavailable::Refuse);
    case.store.open(KEY, order(1)).await.unwrap();
    case.switch(true);
    assert!(matches!(case.store.admit().await, Err(StoreError::Unavailable(_))));
    assert!(matches!(case.store.get(KEY).await, Err(StoreError::Unavailable(_))));
    // An answer was under way when the store went down.
    assert_eq!(case.store.settle(KEY, settled(2), None).await.unwrap(), None);
    assert_eq!(case.known().await.terminal, Some(Terminal::Settled(settled(2))));
}

#[tokio::test]
async fn after_the_outage_both_are_read_together() {
    let case = Case::new(WhenStoreUnavailable::Degrade);
    case.store.open(KEY, order(1)).await.unwrap();
    case.switch(true);
    case.store.hold(KEY, held(1)).await.unwrap();
    case.switch(false);
    let known = case.known().await;
    assert_eq!(known.order, Some(order(1)), "from the shared store");
    assert_eq!(known.terminal, Some(Terminal::Held(held(1))), "from memory");
    assert_eq!(case.store.settle(KEY, settled(2), None).await.unwrap(), None);
    assert_eq!(case.known().await.terminal, Some(Terminal::Settled(settled(2))));
}

#[tokio::test]
async fn an_answer_of_the_outage_is_brought_to_the_others() {
    let case = Case::new(WhenStoreUnavailable::Degrade);
    case.store.open(KEY, order(1)).await.unwrap();
    case.switch(true);
    case.store.settle(KEY, settled(2), None).await.unwrap();
    case.switch(false);
    assert_eq!(case.known().await.terminal, Some(Terminal::Settled(settled(2))));
    let others_see = case.store.shared().get(KEY).await.unwrap().unwrap().terminal;
    assert_eq!(others_see, Some(Terminal::Settled(settled(2))));
}

#[tokio::test]
async fn the_first_settled_answer_stays_the_answer_across_an_outage() {
    let case = Case::new(WhenStoreUnavailable::Degrade);
    case.store.settle(KEY, settled(2), None).await.unwrap();
    case.switch(true);
    case.store.settle(KEY, settled(3), None).await.unwrap();
    case.switch(false);
    assert_eq!(case.known().await.terminal, Some(Terminal::Settled(settled(2))));
}

#[tokio::test]
async fn a_policy_that_changes_is_followed() {
    let case = Case::new(WhenStoreUnavailable::Refuse);
    case.switch(true);
    assert!(case.store.get(KEY).await.is_err());
    case.store.set_when_unavailable(WhenStoreUnavailable::Degrade);
    assert!(case.known().await.degraded);
}

#[tokio::test]
async fn the_threshold_of_an_order_made_before_the_outage_is_known_in_it() {
    let case = Case::new(WhenStoreUnavailable::Degrade);
    let low = Order { application_threshold: Some(Threshold::Moderate), ..order(1) };
    case.store.open(KEY, low.clone()).await.unwrap();
    case.switch(true);
    let known = case.known().await;
    assert_eq!((known.order, known.degraded), (Some(low), true));
}

#[tokio::test]
async fn an_answer_settled_before_the_outage_is_given_again_in_it() {
    for when in [WhenStoreUnavailable::Degrade, WhenStoreUnavailable::Refuse] {
        let case = Case::new(when);
        case.store.open(KEY, order(1)).await.unwrap();
        case.store.hold(KEY, held(1)).await.unwrap();
        case.store.settle(KEY, settled(2), None).await.unwrap();
        case.switch(true);
        assert_eq!(case.known().await.terminal, Some(Terminal::Settled(settled(2))));
        assert_eq!(case.store.settle(KEY, settled(3), None).await.unwrap(), Some(settled(2)));
    }
}

#[tokio::test]
async fn what_another_sidecar_settled_first_is_what_is_remembered() {
    let case = Case::new(WhenStoreUnavailable::Degrade);
    case.store.open(KEY, order(1)).await.unwrap();
    case.store.hold(KEY, held(1)).await.unwrap();
    case.store.shared().settle(KEY, settled(2), None).await.unwrap();
    assert_eq!(case.store.settle(KEY, settled(3), None).await.unwrap(), Some(settled(2)));
    case.switch(true);
    assert_eq!(case.known().await.terminal, Some(Terminal::Settled(settled(2))));
}

#[tokio::test]
async fn the_memory_of_what_it_did_itself_is_bounded() {
    let clock = Arc::new(SystemClock::new());
    let shared = Switched::new(clock.clone(), Fault::default());
    let (observer, tasks) = (Arc::new(Heard::default()), TaskTracker::new());
    let store = SharedStore::new(shared, 64 << 10, clock, WhenStoreUnavailable::Degrade, observer, tasks);
    for number in 0..2_000 {
        let reference = format!("order {number}");
        store.open(Key { reference: &reference, ..KEY }, order(1)).await.unwrap();
    }
    assert!(store.usage().bytes < 80 << 10, "{:?}", store.usage());
    assert_eq!(store.shared().usage().open, 2_000, "the shared store took them all");
}

#[tokio::test]
async fn a_lost_answer_of_an_order_that_only_the_server_knows_is_remembered() {
    let case = Case::new(WhenStoreUnavailable::Degrade);
    case.store.shared().open(KEY, order(1)).await.unwrap();
    case.switch(true);
    case.store.mark_unresolved(KEY).await.unwrap();
    assert!(case.known().await.unresolved);
    case.switch(false);
    let known = case.known().await;
    assert_eq!((known.order, known.unresolved), (Some(order(1)), true));
}

#[tokio::test]
async fn an_answer_of_the_outage_is_brought_also_where_the_server_knows_nothing() {
    let case = Case::new(WhenStoreUnavailable::Degrade);
    case.switch(true);
    case.store.settle(KEY, settled(2), None).await.unwrap();
    case.switch(false);
    assert_eq!(case.known().await.terminal, Some(Terminal::Settled(settled(2))));
    let others_see = case.store.shared().get(KEY).await.unwrap().unwrap().terminal;
    assert_eq!(others_see, Some(Terminal::Settled(settled(2))));
}

#[tokio::test]
async fn what_does_not_read_is_an_error_whatever_the_policy_says_until_it_is_known_here() {
    for when in [WhenStoreUnavailable::Degrade, WhenStoreUnavailable::Refuse] {
        let case = Case::new(when);
        case.fail(Some(StoreError::Unreadable("sealed under another key".to_owned())));
        assert!(matches!(case.store.get(KEY).await, Err(StoreError::Unreadable(_))));
        assert!(matches!(case.store.settle(KEY, settled(3), None).await, Err(StoreError::Unreadable(_))));
        assert!(case.tasks.is_empty(), "another sidecar settled it: there is nothing to bring");
        case.fail(None);
        case.store.settle(KEY, settled(2), None).await.unwrap();
        case.fail(Some(StoreError::Unreadable("sealed under another key".to_owned())));
        assert_eq!(case.known().await.terminal, Some(Terminal::Settled(settled(2))));
    }
}
