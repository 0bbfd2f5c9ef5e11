//! The traffic, kept for assertions: bounded, and worth waiting for.

mod record;

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::Notify;

pub(crate) use self::record::{Filter, Record};
use crate::clock::Clock;
use crate::http::{Answer, Exchange};
use crate::options::Recording;
use crate::sync::lock;

/// Why waiting for records ended without them.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum WaitError {
    #[error("recording is off: start the simulator with --record 10000, say")]
    Off,
    #[error("only {seen} matching requests came within {waited:?}")]
    TimedOut { seen: usize, waited: Duration },
}

/// A request's place in the recording; None when nothing is recorded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Receipt(Option<u64>);

#[derive(Debug)]
pub(crate) struct Recorder {
    limits: Recording,
    clock: Clock,
    kept: Mutex<Kept>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Kept {
    records: VecDeque<Record>,
    bytes: usize,
    next_sequence: u64,
    forgotten: u64,
}

impl Kept {
    fn drop_oldest(&mut self) {
        if let Some(record) = self.records.pop_front() {
            self.bytes = self.bytes.saturating_sub(record.size());
            self.forgotten += 1;
        }
    }
}

impl Recorder {
    pub(crate) fn new(limits: Recording, clock: Clock) -> Self {
        Self { limits, clock, kept: Mutex::default(), changed: Notify::new() }
    }

    pub(crate) fn record(&self, provider: &'static str, exchange: &Exchange) -> Receipt {
        if self.limits.requests == 0 {
            return Receipt(None);
        }
        let mut record = Record::of(provider, exchange, self.clock.calendar(self.clock.now()));
        let mut kept = lock(&self.kept);
        kept.next_sequence += 1;
        record.sequence = kept.next_sequence;
        kept.bytes += record.size();
        kept.records.push_back(record);
        while kept.records.len() > self.limits.requests || kept.bytes > self.limits.bytes {
            kept.drop_oldest();
        }
        let receipt = Receipt(Some(kept.next_sequence));
        drop(kept);
        self.changed.notify_waiters();
        receipt
    }

    pub(crate) fn answered(&self, receipt: Receipt, answer: &Answer) {
        let Some(sequence) = receipt.0 else { return };
        let mut kept = lock(&self.kept);
        if let Ok(index) = kept.records.binary_search_by_key(&sequence, |record| record.sequence)
            && let Some(record) = kept.records.get_mut(index)
        {
            record.status = Some(answer.status.as_u16());
            record.delivery = Some(answer.delivery);
        }
        drop(kept);
        self.changed.notify_waiters();
    }

    pub(crate) fn matching(&self, filter: &Filter) -> Vec<Record> {
        lock(&self.kept).records.iter().filter(|record| filter.matches(record)).cloned().collect()
    }

    fn count(&self, filter: &Filter) -> usize {
        lock(&self.kept).records.iter().filter(|record| filter.matches(record)).count()
    }

    /// Waits until `count` kept records match.
    pub(crate) async fn wait(
        &self,
        filter: &Filter,
        count: usize,
        patience: Duration,
    ) -> Result<Vec<Record>, WaitError> {
        if self.limits.requests == 0 {
            return Err(WaitError::Off);
        }
        let arrived = async {
            loop {
                let mut changed = std::pin::pin!(self.changed.notified());
                changed.as_mut().enable();
                if self.count(filter) >= count {
                    return;
                }
                changed.await;
            }
        };
        match tokio::time::timeout(patience, arrived).await {
            Ok(()) => Ok(self.matching(filter)),
            Err(_) => Err(WaitError::TimedOut { seen: self.count(filter), waited: patience }),
        }
    }

    /// How many requests were forgotten to stay within the limits.
    pub(crate) fn forgotten(&self) -> u64 {
        lock(&self.kept).forgotten
    }

    /// Forgets all records; sequence numbers go on.
    pub(crate) fn clear(&self) {
        let mut kept = lock(&self.kept);
        kept.records.clear();
        kept.bytes = 0;
        kept.forgotten = 0;
    }
}
