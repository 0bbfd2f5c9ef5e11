//! Answers of an outage on their way to the shared store, while nobody asks for them.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::*;
use crate::transaction::{COMPLETE_FOR, FAILED_FOR};

/// Longer than anything here takes, in time that passes at once when nothing else happens.
const LONG: Duration = Duration::from_secs(3600);

impl Case {
    /// What a drain does: waits for what runs.
    async fn drained(&self) -> bool {
        self.tasks.close();
        timeout(LONG, self.tasks.wait()).await.is_ok()
    }

    async fn others_see(&self, key: Key<'_>) -> Option<Terminal> {
        self.store.shared().get(key).await.unwrap().and_then(|known| known.terminal)
    }
}

#[tokio::test(start_paused = true)]
async fn they_are_brought_when_the_store_is_back_and_a_drain_waits_for_it() {
    for when in [WhenStoreUnavailable::Degrade, WhenStoreUnavailable::Refuse] {
        let case = Case::new(when);
        let other = Key { reference: "another", ..KEY };
        case.switch(true);
        case.store.settle(KEY, settled(2), None).await.unwrap();
        case.store.settle(other, settled(4), None).await.unwrap();
        assert_eq!(case.tasks.len(), 1, "one task for all");
        case.switch(false);
        assert!(case.drained().await);
        assert_eq!(case.others_see(KEY).await, Some(Terminal::Settled(settled(2))));
        assert_eq!(case.others_see(other).await, Some(Terminal::Settled(settled(4))));
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_outage_is_made_up_for_as_the_first() {
    let case = Case::new(WhenStoreUnavailable::Degrade);
    for (reference, variant) in [("first", 2), ("second", 3)] {
        let key = Key { reference, ..KEY };
        case.switch(true);
        case.store.settle(key, settled(variant), None).await.unwrap();
        case.switch(false);
        assert!(case.drained().await, "{reference}");
        assert_eq!(case.others_see(key).await, Some(Terminal::Settled(settled(variant))));
    }
}

#[tokio::test(start_paused = true)]
async fn attempts_are_paced_and_go_on() {
    let case = Case::new(WhenStoreUnavailable::Degrade);
    case.switch(true);
    case.store.settle(KEY, settled(4), None).await.unwrap();
    case.heard();
    sleep(Duration::from_secs(60)).await;
    let attempts = case.heard().iter().filter(|operation| **operation == "carry").count();
    // Pauses of one to two seconds, after five shorter ones.
    assert!((28..=66).contains(&attempts), "{attempts} in a minute");
    assert_eq!(case.tasks.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_left_of_their_window_goes_on() {
    let clock = Arc::new(ManualClock::at(1_700_000_000_000));
    let case = Case::on(clock.clone(), WhenStoreUnavailable::Degrade);
    case.switch(true);
    case.store.settle(KEY, settled(4), None).await.unwrap();
    clock.advance(60_000);
    case.switch(false);
    assert!(case.drained().await);
    assert_eq!(*case.store.shared().carried.lock().unwrap(), [COMPLETE_FOR - 60_000]);
}

#[tokio::test(start_paused = true)]
async fn those_whose_time_is_over_are_not_waited_for() {
    let clock = Arc::new(ManualClock::at(1_700_000_000_000));
    let case = Case::on(clock.clone(), WhenStoreUnavailable::Degrade);
    case.switch(true);
    case.store.settle(KEY, settled(4), None).await.unwrap();
    clock.advance(FAILED_FOR);
    assert!(case.drained().await, "the store is still away");
}

#[tokio::test(start_paused = true)]
async fn one_that_another_sidecar_settled_unreadably_is_given_up_and_holds_up_no_other() {
    let case = Case::new(WhenStoreUnavailable::Degrade);
    case.switch(true);
    case.store.settle(KEY, settled(2), None).await.unwrap();
    case.fail(Some(StoreError::Unreadable("sealed under another key".to_owned())));
    assert!(case.drained().await);
    assert_eq!(case.heard(), ["settle", "carry"]);
}
