//! What becomes of the CA next. Pure.

use std::time::Duration;

use jiff::Timestamp;

use super::Terms;
use super::shared::Authorities;

/// What is to be done with the CAs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing.
    Rest,
    /// Make the next one, to be trusted beside the current.
    Introduce,
    /// Sign with the next one; the current stays trusted.
    Switch,
    /// Trust the one before no longer.
    Retire,
    /// Begin anew: nothing that is there can be used any more.
    Replace,
}

/// `trusted` is for how long every webhook configuration has been seen to name all that is to be trusted now.
pub(super) fn step(ca: &Authorities, trusted: Option<Duration>, now: Timestamp, terms: Terms) -> Step {
    let expired = now >= ca.current.not_after();
    if let Some(next) = &ca.next {
        let usable = now < next.not_after();
        // An expired one is trusted by nobody, and there is nothing to wait for.
        let learned = trusted.is_some_and(|trusted| trusted >= terms.overlap);
        return match (usable, learned || expired) {
            (false, _) => Step::Replace,
            (true, true) => Step::Switch,
            (true, false) => Step::Rest,
        };
    }
    if expired {
        return Step::Replace;
    }
    if ca.current.not_after().duration_since(now).unsigned_abs() <= terms.authority / 3 {
        return Step::Introduce;
    }
    let signs = now.duration_since(ca.since);
    // What the old one signed last has expired, and every replica had time to see that another signs.
    if ca.old.is_some() && !signs.is_negative() && signs.unsigned_abs() >= terms.leaf + terms.overlap {
        return Step::Retire;
    }
    Step::Rest
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::authority::Authority;
    use super::*;

    const TERMS: Terms = Terms {
        authority: Duration::from_secs(3000),
        leaf: Duration::from_secs(100),
        overlap: Duration::from_secs(10),
    };

    fn start() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    fn at(second: u64) -> Timestamp {
        start() + Duration::from_secs(second)
    }

    fn authority(made: u64) -> Arc<Authority> {
        Arc::new(Authority::generate(at(made), TERMS.authority).unwrap())
    }

    fn ca(next: Option<u64>, old: bool) -> Authorities {
        Authorities {
            current: authority(0),
            next: next.map(authority),
            old: old.then(String::new),
            since: start(),
        }
    }

    fn seconds(seconds: u64) -> Option<Duration> {
        Some(Duration::from_secs(seconds))
    }

    #[test]
    fn the_next_is_made_when_a_third_is_left() {
        assert_eq!(step(&ca(None, false), seconds(60), at(1999), TERMS), Step::Rest);
        assert_eq!(step(&ca(None, false), seconds(60), at(2000), TERMS), Step::Introduce);
        assert_eq!(step(&ca(None, false), None, at(2999), TERMS), Step::Introduce);
    }

    #[test]
    fn it_signs_once_every_api_server_trusts_it() {
        let both = ca(Some(2000), false);
        assert_eq!(step(&both, None, at(2500), TERMS), Step::Rest);
        assert_eq!(step(&both, seconds(9), at(2500), TERMS), Step::Rest);
        assert_eq!(step(&both, seconds(10), at(2500), TERMS), Step::Switch);
        // The current one ended before: nothing is lost any more.
        assert_eq!(step(&both, None, at(3000), TERMS), Step::Switch);
    }

    #[test]
    fn the_old_one_is_trusted_as_long_as_something_that_it_signed_is_valid() {
        let after = ca(None, true);
        assert_eq!(step(&after, seconds(60), at(109), TERMS), Step::Rest);
        assert_eq!(step(&after, seconds(60), at(110), TERMS), Step::Retire);
        // A clock that went back.
        assert_eq!(step(&after, seconds(60), start() - Duration::from_secs(500), TERMS), Step::Rest);
    }

    #[test]
    fn what_expired_is_replaced_at_once() {
        assert_eq!(step(&ca(None, false), None, at(3000), TERMS), Step::Replace);
        assert_eq!(step(&ca(Some(0), false), seconds(60), at(3000), TERMS), Step::Replace);
    }
}
