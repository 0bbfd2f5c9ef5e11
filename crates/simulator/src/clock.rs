//! The clock that every lifetime is measured with: the machine's, or one that only the control API moves.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use thiserror::Error;

use crate::sync::lock;

/// Which clock the simulator runs on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ClockMode {
    /// The machine's clock.
    #[default]
    Real,
    /// Stands still until `POST /v1/clock/advance` moves it.
    Manual,
}

impl ClockMode {
    /// The word used on the command line and in the control API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Real => "real",
            Self::Manual => "manual",
        }
    }
}

/// An instant of a [`Clock`], counted from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(Duration);

impl Moment {
    pub(crate) fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration))
    }

    pub(crate) fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.0
    }
}

/// The clock was asked to move, but it is the machine's.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("this clock is the machine's: start the simulator with --clock manual to move it")]
pub(crate) struct NotManual;

/// A shared handle; clones show the same time.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    started: Timestamp,
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    Real(Instant),
    Manual(Arc<Mutex<Duration>>),
}

impl Clock {
    pub(crate) fn new(mode: ClockMode) -> Self {
        let source = match mode {
            ClockMode::Real => Source::Real(Instant::now()),
            ClockMode::Manual => Source::Manual(Arc::default()),
        };
        Self { started: Timestamp::now(), source }
    }

    pub(crate) fn mode(&self) -> ClockMode {
        match self.source {
            Source::Real(_) => ClockMode::Real,
            Source::Manual(_) => ClockMode::Manual,
        }
    }

    pub(crate) fn now(&self) -> Moment {
        match &self.source {
            Source::Real(start) => Moment(start.elapsed()),
            Source::Manual(elapsed) => Moment(*lock(elapsed)),
        }
    }

    /// The calendar time of `moment`; its last representable one when that lies beyond.
    pub(crate) fn calendar(&self, moment: Moment) -> Timestamp {
        self.started.checked_add(moment.0).unwrap_or(Timestamp::MAX)
    }

    pub(crate) fn advance(&self, by: Duration) -> Result<Moment, NotManual> {
        match &self.source {
            Source::Real(_) => Err(NotManual),
            Source::Manual(elapsed) => {
                let mut elapsed = lock(elapsed);
                *elapsed = elapsed.saturating_add(by);
                Ok(Moment(*elapsed))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = Clock::new(ClockMode::Manual);
        let twin = clock.clone();
        let start = clock.now();
        assert_eq!(clock.now(), start);
        clock.advance(Duration::from_secs(30)).unwrap();
        assert_eq!(twin.now().since(start), Duration::from_secs(30));
        let calendar = clock.calendar(clock.now()).duration_since(clock.calendar(start));
        assert_eq!(calendar.as_secs(), 30);
    }

    #[test]
    fn the_machines_clock_cannot_be_moved() {
        let clock = Clock::new(ClockMode::Real);
        assert_eq!(clock.advance(Duration::from_secs(1)), Err(NotManual));
    }
}
