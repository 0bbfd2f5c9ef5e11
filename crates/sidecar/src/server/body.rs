//! Reading a request body: whole, under a cap and a deadline.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use pingora_core::protocols::http::ServerSession;

/// The longest request body, in bytes (design.md section 4). BankID's longest request stays below 300 KiB.
pub const MAX_BODY: usize = 1 << 20;
/// How much of a body that was refused is still read, so that the application can read the answer.
const MAX_LINGER: usize = 4 << 20;
/// How long a body that was refused is still read.
const LINGER: Duration = Duration::from_secs(2);

/// Why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyError {
    /// Longer than [`MAX_BODY`].
    TooLong,
    /// Not there within the deadline.
    TooSlow,
    /// The connection broke, or the framing is wrong.
    Broken,
}

/// Reads the body whole.
///
/// # Errors
///
/// [`BodyError`]; what was read until then is dropped.
pub async fn read(session: &mut ServerSession, deadline: Duration) -> Result<Bytes, BodyError> {
    match tokio::time::timeout(deadline, read_capped(session)).await {
        Ok(read) => read,
        Err(_) => Err(BodyError::TooSlow),
    }
}

async fn read_capped(session: &mut ServerSession) -> Result<Bytes, BodyError> {
    let mut first = Bytes::new();
    let mut joined = BytesMut::new();
    loop {
        let Some(chunk) = session.read_request_body().await.map_err(|_| BodyError::Broken)? else { break };
        if first.len() + joined.len() + chunk.len() > MAX_BODY {
            return Err(BodyError::TooLong);
        }
        if first.is_empty() && joined.is_empty() {
            first = chunk; // the ordinary case: one chunk, not copied
        } else {
            if joined.is_empty() {
                joined.extend_from_slice(&std::mem::take(&mut first));
            }
            joined.extend_from_slice(&chunk);
        }
    }
    Ok(if joined.is_empty() { first } else { joined.freeze() })
}

/// Reads on for a while after an early answer: a connection closed with unread data is reset, and takes the answer with it.
pub async fn linger(session: &mut ServerSession) {
    let drain = async {
        let mut read = 0;
        while let Ok(Some(chunk)) = session.read_request_body().await {
            read += chunk.len();
            if read > MAX_LINGER {
                break;
            }
        }
    };
    let _too_slow = tokio::time::timeout(LINGER, drain).await;
}
