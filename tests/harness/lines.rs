//! The output of a process, line by line, while it runs.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::sync::watch;
use tokio::time::timeout;

/// Everything that one stream of a process has printed so far. Clones share it.
#[derive(Clone)]
pub struct Lines {
    seen: Arc<Mutex<Vec<String>>>,
    /// Whether the stream is closed; notified at every line.
    closed: watch::Receiver<bool>,
}

impl Lines {
    /// Reads the stream on a thread of its own until it is closed.
    pub(crate) fn collect(stream: impl Read + Send + 'static) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (sender, closed) = watch::channel(false);
        let shared = Arc::clone(&seen);
        thread::spawn(move || {
            let mut reader = BufReader::new(stream);
            let mut line = Vec::new();
            while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                let text = String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned();
                shared.lock().unwrap_or_else(PoisonError::into_inner).push(text);
                sender.send_replace(false);
                line.clear();
            }
            sender.send_replace(true);
        });
        Self { seen, closed }
    }

    /// What was printed so far.
    #[must_use]
    pub fn all(&self) -> Vec<String> {
        self.from(0)
    }

    /// What was printed so far, from the line of this number on.
    #[must_use]
    pub fn from(&self, number: usize) -> Vec<String> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(number..).unwrap_or_default().to_vec()
    }

    /// The last lines in one text, for a message.
    #[must_use]
    pub fn tail(&self) -> String {
        let all = self.all();
        all[all.len().saturating_sub(20)..].join("\n")
    }

    /// Waits for a line, among those printed already and those to come, of which `pick` makes something.
    ///
    /// # Errors
    /// When none comes within the deadline, or before the stream is closed; with the last lines.
    pub async fn wait<T>(
        &self,
        what: &str,
        deadline: Duration,
        pick: impl FnMut(&str) -> Option<T>,
    ) -> Result<T> {
        let found = timeout(deadline, self.find(pick)).await;
        match found {
            Ok(Some(found)) => Ok(found),
            Ok(None) => bail!("the output ended without {what}:\n{}", self.tail()),
            Err(_) => bail!("waited {deadline:?} for {what}; the output so far:\n{}", self.tail()),
        }
    }

    /// Waits for the line of this number, counted from 0.
    ///
    /// # Errors
    /// When it does not come within the deadline, or before the stream is closed; with the last lines.
    pub async fn nth(&self, number: usize, deadline: Duration) -> Result<String> {
        let mut before = number;
        let pick = |line: &str| match before.checked_sub(1) {
            Some(rest) => {
                before = rest;
                None
            }
            None => Some(line.to_owned()),
        };
        self.wait(&format!("line {number}"), deadline, pick).await
    }

    /// Waits until the stream is closed, that is until nobody can print any more.
    ///
    /// # Errors
    /// When it is still open at the deadline.
    pub async fn closed(&self, deadline: Duration) -> Result<()> {
        let mut closed = self.closed.clone();
        let end = timeout(deadline, closed.wait_for(|closed| *closed)).await;
        end.context("the output is still open")?.context("the reader is gone")?;
        Ok(())
    }

    async fn find<T>(&self, mut pick: impl FnMut(&str) -> Option<T>) -> Option<T> {
        let mut progress = self.closed.clone();
        let mut next = 0;
        loop {
            let closed = *progress.borrow_and_update();
            let fresh = self.from(next);
            next += fresh.len();
            if let Some(found) = fresh.iter().find_map(|line| pick(line)) {
                return Some(found);
            }
            if closed || progress.changed().await.is_err() {
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PATIENCE;

    #[tokio::test]
    async fn lines_are_found_before_and_after_they_are_asked_for() {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let lines = Lines::collect(reader);
        let waiting = lines.clone();
        let found = tokio::spawn(async move {
            waiting.wait("two", PATIENCE, |line| line.strip_prefix("two ").map(str::to_owned)).await
        });
        std::io::Write::write_all(&mut writer, b"one\ntwo words\n").unwrap();
        assert_eq!(found.await.unwrap().unwrap(), "words");
        drop(writer);
        lines.closed(PATIENCE).await.unwrap();
        assert_eq!(lines.all(), ["one", "two words"]);
        let missing = lines.wait("three", PATIENCE, |line| (line == "three").then_some(())).await;
        assert!(missing.unwrap_err().to_string().starts_with("the output ended without three"));
    }
}
