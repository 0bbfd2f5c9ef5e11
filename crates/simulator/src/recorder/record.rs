//! One recorded request, and which ones are meant.

use jiff::Timestamp;
use serde::Serialize;

use crate::http::{Delivery, Exchange};

/// One request as it came, and the status it was answered with.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record {
    pub(super) sequence: u64,
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
    pub(super) status: Option<u16>,
    /// Whether that answer arrived, or was cut off or swallowed by a scripted fault.
    pub(super) delivery: Option<Delivery>,
}

impl Record {
    pub(super) fn of(provider: &'static str, exchange: &Exchange, time: Timestamp) -> Self {
        let parts = &exchange.parts;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            sequence: 0,
            provider,
            time: time.to_string(),
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
        }
    }

    /// The bytes that keeping this costs, roughly.
    pub(super) fn size(&self) -> usize {
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
    pub(super) fn matches(&self, record: &Record) -> bool {
        self.path.as_ref().is_none_or(|path| *path == record.path)
            && self.method.as_ref().is_none_or(|method| *method == record.method)
            && self.after.is_none_or(|after| record.sequence > after)
            && self.answered.is_none_or(|answered| record.status.is_some() == answered)
    }
}
