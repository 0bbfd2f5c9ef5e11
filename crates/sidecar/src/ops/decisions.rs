//! The decision log: one JSON line a decision, written before the application sees the answer.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use riskgate_core::DecisionRecord;
use riskgate_core::config::DecisionLog as Target;

/// How many records the admin endpoint remembers.
const RECENT: usize = 100;

/// The decision log.
///
/// A line is written with one `write` and before the answer leaves: a process that is killed has logged every decision that
/// anybody saw. Nothing is buffered, so there is nothing to lose.
pub struct DecisionLog {
    inner: Mutex<Inner>,
}

struct Inner {
    target: Target,
    sink: Sink,
    recent: VecDeque<Vec<u8>>,
}

enum Sink {
    Stdout(io::Stdout),
    File(std::fs::File),
}

impl DecisionLog {
    /// A log to `target`.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened for appending.
    pub fn open(target: &Target) -> io::Result<Self> {
        let sink = Sink::open(target)?;
        let inner = Inner { target: target.clone(), sink, recent: VecDeque::with_capacity(RECENT) };
        Ok(Self { inner: Mutex::new(inner) })
    }

    /// Follows a change of the configuration.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened; the log stays where it was.
    pub fn follow(&self, target: &Target) -> io::Result<()> {
        let mut inner = self.lock();
        if inner.target != *target {
            inner.sink = Sink::open(target)?;
            inner.target = target.clone();
        }
        Ok(())
    }

    /// Writes a record.
    pub fn write(&self, record: &DecisionRecord<'_>) {
        // A record has no map whose keys are not text, so that it cannot fail to serialise.
        self.append(|line| serde_json::to_writer(line, record).is_ok());
    }

    /// Writes a record that is JSON already.
    pub fn write_line(&self, record: &[u8]) {
        self.append(|line| {
            line.extend_from_slice(record);
            true
        });
    }

    fn append(&self, fill: impl FnOnce(&mut Vec<u8>) -> bool) {
        let mut inner = self.lock();
        // The oldest line gives its room to the newest.
        let mut line =
            if inner.recent.len() == RECENT { inner.recent.pop_front() } else { None }.unwrap_or_default();
        line.clear();
        if !fill(&mut line) {
            return;
        }
        line.push(b'\n');
        if let Err(error) = inner.sink.write_line(&line) {
            tracing::error!(%error, "a decision could not be logged");
        }
        line.pop();
        inner.recent.push_back(line);
    }

    /// The most recent records, oldest first, as a JSON array.
    #[must_use]
    pub fn recent(&self) -> String {
        let inner = self.lock();
        let lines: Vec<Cow<'_, str>> =
            inner.recent.iter().map(|line| String::from_utf8_lossy(line)).collect();
        format!("[{}]", lines.join(","))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        // A panic while logging leaves at most half a line; the log goes on.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink {
    fn open(target: &Target) -> io::Result<Self> {
        match target {
            Target::Stdout => Ok(Self::Stdout(io::stdout())),
            Target::File(path) => Ok(Self::File(OpenOptions::new().create(true).append(true).open(path)?)),
        }
    }

    fn write_line(&mut self, line: &[u8]) -> io::Result<()> {
        match self {
            Self::Stdout(stdout) => {
                // Standard output is line-buffered: a whole line is one write.
                let mut stdout = stdout.lock();
                stdout.write_all(line)?;
                stdout.flush()
            }
            Self::File(file) => file.write_all(line),
        }
    }
}
