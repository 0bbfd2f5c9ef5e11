//! When requests are due.

use std::time::{Duration, Instant};

/// A schedule. With a rate it is open: a request is due at its time whether or not the answers to earlier ones have come, and
/// its latency counts from then, so that a stalled server cannot hide its stall by holding up the loader. Without a rate it is
/// closed: a request is due as soon as a connection is free.
#[derive(Debug)]
pub(crate) struct Pace {
    /// The time from one request to the next.
    interval: Option<Duration>,
    next: Instant,
}

impl Pace {
    /// A schedule that starts at `start`, of so many requests a second; closed without a number.
    pub(crate) fn new(start: Instant, rate: Option<f64>) -> Self {
        Self { interval: rate.map(|rate| Duration::from_secs_f64(1.0 / rate)), next: start }
    }

    /// Takes the request that is due at `now`, if one is: the time from which its latency counts.
    pub(crate) fn take(&mut self, now: Instant) -> Option<Instant> {
        let Some(interval) = self.interval else { return Some(now) };
        let due = self.next;
        if due > now {
            return None;
        }
        self.next = due + interval;
        Some(due)
    }

    /// How long from `now` until the next is due; none when only an answer can make one due.
    pub(crate) fn wait(&self, now: Instant) -> Option<Duration> {
        self.interval.map(|_| self.next.saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_stall_held_up_is_due_when_it_was_due() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut pace = Pace::new(start, Some(100.0));
        assert_eq!(pace.take(start), Some(start));
        assert_eq!((pace.take(at(9)), pace.wait(at(9))), (None, Some(Duration::from_millis(1))));
        // Nothing was taken for 30 ms: three are due, each since its own time.
        let taken: Vec<_> = std::iter::from_fn(|| pace.take(at(39))).collect();
        assert_eq!(taken, [at(10), at(20), at(30)]);
    }

    #[test]
    fn a_closed_schedule_follows_the_connections() {
        let now = Instant::now();
        let mut pace = Pace::new(now, None);
        assert_eq!((pace.take(now), pace.take(now), pace.wait(now)), (Some(now), Some(now), None));
    }
}
