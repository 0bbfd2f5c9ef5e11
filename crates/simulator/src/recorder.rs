//! The traffic, kept for assertions: bounded, and worth waiting for.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use serde::Serialize;
use thiserror::Error;
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::http::{Answer, Delivery, Exchange};
use crate::options::Recording;
use crate::sync::lock;

/// One request as it came, and the status it was answered with.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record {
    sequence: u64,
    provider: &'static str,
    /// RFC 3339, by the simulator's clock.
    time: String,
    method: String,
    path: String,
    /// In the order of the wire; names in lower case.
    headers: Vec<(String, String)>,
    body: String,
    /// SHA-256 in lower-case hexadecimal digits.
    client_certificate: Option<String>,
    /// None while the request is being answered.
    status: Option<u16>,
    /// Whether that answer arrived, or was cut off or swallowed by a scripted fault.
    delivery: Option<Delivery>,
}

impl Record {
    fn size(&self) -> usize {
        let headers: usize = self.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        headers + self.body.len() + self.path.len()
    }
}

/// Which records are meant; everything left out matches.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// The exact path.
    pub(crate) path: Option<String>,
    pub(crate) method: Option<String>,
    /// Only records after this sequence number.
    pub(crate) after: Option<u64>,
    /// Only records that were answered already (true) or are being answered (false).
    pub(crate) answered: Option<bool>,
}

impl Filter {
    fn matches(&self, record: &Record) -> bool {
        self.path.as_ref().is_none_or(|path| *path == record.path)
            && self.method.as_ref().is_none_or(|method| *method == record.method)
            && self.after.is_none_or(|after| record.sequence > after)
            && self.answered.is_none_or(|answered| record.status.is_some() == answered)
    }
}

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
        let parts = &exchange.parts;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut record = Record {
            sequence: 0,
            provider,
            time: self.clock.calendar(self.clock.now()).to_string(),
            method: parts.method.to_string(),
            path: exchange.path().to_owned(),
            headers: parts
                .headers
                .iter()
                .map(|(name, value)| (name.to_string(), text(value.as_bytes())))
                .collect(),
            body: exchange.body.as_deref().map(text).unwrap_or_default(),
            client_certificate: exchange.client.fingerprint().map(|fingerprint| fingerprint.to_string()),
            status: None,
            delivery: None,
        };
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
