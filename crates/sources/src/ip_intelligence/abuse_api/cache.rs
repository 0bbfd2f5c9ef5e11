//! What the service said of addresses, for as long as the policy lets it be used.

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lru::LruCache;
use riskgate_core::Millis;
use riskgate_core::ip::AddressFacts;

/// Facts by address. It holds no more than its limit: the address that was not asked about for longest leaves first.
#[derive(Debug)]
pub(super) struct Cache {
    ttl: Millis,
    limit: usize,
    known: Mutex<LruCache<IpAddr, (AddressFacts, Millis)>>,
}

impl Cache {
    pub(super) fn new(ttl: Duration, limit: usize) -> Self {
        let ttl = Millis::try_from(ttl.as_millis()).unwrap_or(Millis::MAX);
        // Unbounded to the crate, which would take the memory of a full cache at once.
        Self { ttl, limit, known: Mutex::new(LruCache::unbounded()) }
    }

    /// Whether another cache would keep the same as long.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        (self.ttl, self.limit) == (other.ttl, other.limit)
    }

    /// What is known of an address at `now`, and how old that is.
    pub(super) fn get(&self, address: IpAddr, now: Millis) -> Option<(AddressFacts, Duration)> {
        let mut known = self.known();
        let (facts, at) = *known.get(&address)?;
        let age = now.saturating_sub(at);
        if age >= self.ttl {
            known.pop(&address);
            return None;
        }
        Some((facts, Duration::from_millis(age)))
    }

    pub(super) fn put(&self, address: IpAddr, facts: AddressFacts, now: Millis) {
        let mut known = self.known();
        known.put(address, (facts, now));
        while known.len() > self.limit {
            known.pop_lru();
        }
    }

    fn known(&self) -> MutexGuard<'_, LruCache<IpAddr, (AddressFacts, Millis)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        [198, 51, 100, last].into()
    }

    #[test]
    fn what_is_too_old_is_forgotten_to_the_millisecond() {
        let cache = Cache::new(Duration::from_secs(60), 8);
        cache.put(address(1), AddressFacts::non_public(), 1000);
        let known = cache.get(address(1), 60_999);
        assert_eq!(known, Some((AddressFacts::non_public(), Duration::from_millis(59_999))));
        assert_eq!(cache.get(address(1), 61_000), None);
        assert_eq!(cache.get(address(1), 1000), None, "it is gone");
    }

    #[test]
    fn a_full_cache_forgets_whom_nobody_asks_about() {
        let cache = Cache::new(Duration::from_secs(60), 2);
        let knows = |last| cache.get(address(last), 0).is_some();
        for last in [1, 2] {
            cache.put(address(last), AddressFacts::default(), 0);
        }
        assert!(knows(1));
        cache.put(address(3), AddressFacts::default(), 0);
        assert!(knows(1) && !knows(2) && knows(3));
    }
}
