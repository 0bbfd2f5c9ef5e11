//! How long a pass that failed waits: longer each time, for each policy by itself, and from the start again after a success.
//! kube's controller has nothing of the kind (operator-practice.md section 5).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

use crate::watches::PolicyKey;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(300);

/// The waits of every policy whose last pass failed.
#[derive(Default)]
pub(super) struct Backoff(Mutex<HashMap<PolicyKey, ExponentialBackoff>>);

impl Backoff {
    /// How long to wait now.
    pub(super) fn next(&self, key: &PolicyKey) -> Duration {
        let mut waits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let series = waits.entry(key.clone()).or_insert_with(|| {
            let builder = ExponentialBuilder::default().with_min_delay(FIRST).with_max_delay(LONGEST);
            builder.without_max_times().with_jitter().build()
        });
        series.next().unwrap_or(LONGEST)
    }

    /// That a pass succeeded, or that the policy is gone.
    pub(super) fn reset(&self, key: &PolicyKey) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_policy_waits_longer_by_itself_until_it_succeeds() {
        let key = |name: &str| PolicyKey { namespace: "shop".to_owned(), name: name.to_owned() };
        let backoff = Backoff::default();
        let first = backoff.next(&key("a"));
        assert!((FIRST..FIRST * 2).contains(&first), "{first:?}");
        let tenth = (0..10).map(|_| backoff.next(&key("a"))).last().unwrap();
        assert!((LONGEST..=LONGEST * 2).contains(&tenth), "{tenth:?}");
        assert!(backoff.next(&key("b")) < FIRST * 2);
        backoff.reset(&key("a"));
        assert!(backoff.next(&key("a")) < FIRST * 2);
    }
}
