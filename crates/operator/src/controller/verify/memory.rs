//! What was seen last, and until when that holds. Pods that come and go are a pass each time; the API server is asked for Secrets
//! no more often for them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::Looked;
use crate::watches::PolicyKey;

/// What cannot be used is looked at so many times as often: somebody is putting it right.
const HASTE: u32 = 6;

/// The policy that was looked at: its identity and its generation.
type Of = (Option<String>, Option<i64>);

/// What was seen, by policy.
#[derive(Default)]
pub(in crate::controller) struct Memory(Mutex<HashMap<PolicyKey, Seen>>);

struct Seen {
    of: Of,
    looked: Looked,
    due: Instant,
}

impl Memory {
    /// What was seen of this generation of a policy, while it holds.
    pub(super) fn recall(&self, key: &PolicyKey, of: &Of) -> Option<Looked> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = seen.get(key).filter(|seen| seen.of == *of && Instant::now() < seen.due)?;
        Some(seen.looked.clone())
    }

    /// Keeps what was seen at `now`.
    pub(super) fn keep(&self, key: &PolicyKey, of: Of, looked: &Looked, every: Duration, now: Timestamp) {
        let seen = Seen { of, looked: looked.clone(), due: Instant::now() + holds(looked, every, now) };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), seen);
    }

    /// How long what was seen of a policy still holds.
    pub(in crate::controller) fn due(&self, key: &PolicyKey) -> Option<Duration> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(key).map(|seen| seen.due.saturating_duration_since(Instant::now()))
    }

    /// That a policy is gone.
    pub(in crate::controller) fn forget(&self, key: &PolicyKey) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

/// How long it holds: until a certificate ends, at most.
fn holds(looked: &Looked, every: Duration, now: Timestamp) -> Duration {
    match looked {
        Looked::At(verdict) if verdict.faults.is_empty() => {
            let left =
                verdict.ends.map(|ends| Duration::try_from(ends.duration_since(now)).unwrap_or_default());
            // A certificate holds through its last second.
            left.map_or(every, |left| every.min(left + Duration::from_secs(1)))
        }
        Looked::At(_) => every / HASTE,
        Looked::Unasked | Looked::Forbidden(_) => every,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Fault, Verdict};
    use super::*;
    use crate::reason::Reason;

    const EVERY: Duration = Duration::from_secs(60);

    fn verdict(fault: bool, ends: Option<Timestamp>) -> Looked {
        let fault = fault.then(|| Fault { reason: Reason::RefInvalid, message: String::new() });
        Looked::At(Verdict { faults: fault.into_iter().collect(), warnings: Vec::new(), ends })
    }

    #[test]
    fn what_is_wrong_is_looked_at_more_often_and_an_end_is_not_missed() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let at = |seconds| Some(now + Duration::from_secs(seconds));
        for (looked, seconds) in [
            (verdict(false, None), 60),
            (verdict(false, at(3600)), 60),
            (verdict(false, at(20)), 21),
            (verdict(true, at(20)), 10),
            (Looked::Forbidden(String::new()), 60),
        ] {
            assert_eq!(holds(&looked, EVERY, now), Duration::from_secs(seconds), "{looked:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_verdict_is_of_one_generation_and_of_its_time() {
        let key = PolicyKey { namespace: "shop".to_owned(), name: "retail".to_owned() };
        let of = |generation| (Some("uid".to_owned()), Some(generation));
        let memory = Memory::default();
        memory.keep(&key, of(1), &verdict(false, None), EVERY, Timestamp::now());
        assert_eq!(memory.recall(&key, &of(1)), Some(verdict(false, None)));
        assert_eq!(memory.recall(&key, &of(2)), None);
        assert_eq!(memory.due(&key), Some(EVERY));
        tokio::time::advance(EVERY).await;
        assert_eq!((memory.recall(&key, &of(1)), memory.due(&key)), (None, Some(Duration::ZERO)));
        memory.forget(&key);
        assert_eq!(memory.due(&key), None);
    }
}
