//! A circuit breaker: a source that keeps failing is left alone for a while, then tried with one question.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use riskgate_core::Millis;

/// When a source is left alone, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerLimits {
    /// Failures in a row that open the circuit; at least 1.
    pub failures: u32,
    /// How long it stays open before one question is let through.
    pub pause: Duration,
}

impl Default for BreakerLimits {
    /// Five failures in a row, ten seconds: a user who tries again a little later meets the source again.
    fn default() -> Self {
        Self { failures: 5, pause: Duration::from_secs(10) }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Questions pass. So many failed in a row.
    Closed { failed: u32 },
    /// None passes until then.
    Open { until: Millis },
    /// One is on its way, and decides.
    Probing,
}

/// What became of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// Nothing that anybody needs to hear of.
    None,
    /// The source is left alone from now on.
    Opened,
    /// The source is back.
    Closed,
}

#[derive(Debug)]
pub(crate) struct Breaker {
    limits: BreakerLimits,
    state: Mutex<State>,
}

/// The right to ask one question. Dropped without a word, as when nobody waits for the answer any more, it leaves the breaker
/// as it was before.
pub(crate) struct Pass<'a> {
    breaker: &'a Breaker,
    probe: bool,
}

impl Breaker {
    pub(crate) fn new(limits: BreakerLimits) -> Self {
        Self { limits, state: Mutex::new(State::Closed { failed: 0 }) }
    }

    /// Whether a question may be asked at `now`.
    pub(crate) fn pass(&self, now: Millis) -> Option<Pass<'_>> {
        let mut state = self.state();
        match *state {
            State::Closed { .. } => Some(Pass { breaker: self, probe: false }),
            State::Open { until } if until <= now => {
                *state = State::Probing;
                Some(Pass { breaker: self, probe: true })
            }
            State::Open { .. } | State::Probing => None,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass<'_> {
    /// The source answered.
    pub(crate) fn succeeded(mut self) -> Change {
        let mut state = self.breaker.state();
        match *state {
            State::Closed { .. } => {
                *state = State::Closed { failed: 0 };
                Change::None
            }
            State::Probing if self.probe => {
                *state = State::Closed { failed: 0 };
                self.probe = false;
                Change::Closed
            }
            // A question from before the circuit opened: too old to say anything about now.
            State::Probing | State::Open { .. } => Change::None,
        }
    }

    /// The source failed at `now`.
    pub(crate) fn failed(mut self, now: Millis) -> Change {
        let BreakerLimits { failures, pause } = self.breaker.limits;
        let until = now.saturating_add(u64::try_from(pause.as_millis()).unwrap_or(Millis::MAX));
        let mut state = self.breaker.state();
        match *state {
            State::Closed { failed } if failed + 1 < failures => {
                *state = State::Closed { failed: failed + 1 };
                Change::None
            }
            State::Closed { .. } => {
                *state = State::Open { until };
                Change::Opened
            }
            State::Probing if self.probe => {
                *state = State::Open { until };
                self.probe = false;
                Change::None
            }
            State::Probing | State::Open { .. } => Change::None,
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.probe {
            *self.breaker.state() = State::Open { until: 0 };
        }
    }
}
