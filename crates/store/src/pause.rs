//! Growing pauses between attempts.

use std::time::Duration;

use crate::random::byte;

/// Growing pauses, each a random part shorter: pods that lost a server together do not come back together.
pub(crate) struct Pause {
    next: Duration,
    longest: Duration,
}

impl Pause {
    /// `first`, doubled each time up to `longest`.
    pub(crate) fn new(first: Duration, longest: Duration) -> Self {
        Self { next: first, longest }
    }

    /// The next pause: at least half of what it grew to.
    pub(crate) fn next(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(self.longest);
        pause.mul_f64(0.5 + f64::from(byte()) / 512.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_are_never_longer_than_the_longest() {
        let (first, longest) = (Duration::from_millis(50), Duration::from_secs(2));
        let mut pause = Pause::new(first, longest);
        let mut grown = first;
        for _ in 0..20 {
            let next = pause.next();
            assert!(next >= grown / 2 && next < grown, "{next:?} of {grown:?}");
            grown = (grown * 2).min(longest);
        }
        assert_eq!(grown, longest);
    }
}
