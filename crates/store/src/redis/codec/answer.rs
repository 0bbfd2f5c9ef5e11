//! Answers: status and headers here, the body behind them as it is.

use http::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

use super::CodecError;
use crate::transaction::Final;

/// Status and headers.
#[derive(Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) status: u16,
    headers: Vec<(String, Vec<u8>)>,
}

/// Status, headers and how the transaction ended.
#[derive(Serialize, Deserialize)]
pub(super) struct SettledHead {
    pub(super) head: Head,
    pub(super) outcome: Outcome,
}

/// Mirror of [`Final`].
#[derive(Serialize, Deserialize)]
pub(super) enum Outcome {
    Complete,
    Failed,
    Exchanged,
    Decided,
}

impl Head {
    pub(super) fn new(status: u16, headers: &[(HeaderName, HeaderValue)]) -> Self {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
            .collect();
        Self { status, headers }
    }

    pub(super) fn headers(&self) -> Result<Vec<(HeaderName, HeaderValue)>, CodecError> {
        self.headers
            .iter()
            .map(|(name, value)| {
                let name = HeaderName::try_from(name.as_str()).map_err(|_| CodecError::Malformed)?;
                let value = HeaderValue::from_bytes(value).map_err(|_| CodecError::Malformed)?;
                Ok((name, value))
            })
            .collect()
    }
}

impl From<Final> for Outcome {
    fn from(outcome: Final) -> Self {
        match outcome {
            Final::Complete => Self::Complete,
            Final::Failed => Self::Failed,
            Final::Exchanged => Self::Exchanged,
            Final::Decided => Self::Decided,
        }
    }
}

impl From<Outcome> for Final {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Complete => Self::Complete,
            Outcome::Failed => Self::Failed,
            Outcome::Exchanged => Self::Exchanged,
            Outcome::Decided => Self::Decided,
        }
    }
}
