//! What the user sees while something takes its time: on a terminal at once, elsewhere once a second.

use std::cell::Cell;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// How often something is said where nobody may be looking.
const INTERVAL: Duration = Duration::from_secs(1);

/// Progress on standard error. Dropping it clears the line.
pub(crate) struct Progress {
    /// When something was said last; at first, when it began.
    said: Cell<Instant>,
    on_terminal: bool,
}

impl Progress {
    /// Nothing has happened yet.
    pub(crate) fn new() -> Self {
        Self { said: Cell::new(Instant::now()), on_terminal: io::stderr().is_terminal() }
    }

    /// Says what happens next.
    pub(crate) fn step(&self, what: &str) {
        if self.on_terminal {
            write(format_args!("\r\x1b[2K{what} …"));
        } else if self.said.get().elapsed() > INTERVAL {
            self.said.set(Instant::now());
            write(format_args!("{what} …\n"));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.on_terminal {
            write(format_args!("\r\x1b[2K"));
        }
    }
}

/// Progress that cannot be told is no reason to stop.
fn write(text: std::fmt::Arguments<'_>) {
    let mut stderr = io::stderr().lock();
    drop(stderr.write_fmt(text).and_then(|()| stderr.flush()));
}
