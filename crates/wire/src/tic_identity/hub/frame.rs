//! Records: JSON objects, each ended by one separator.

use serde_json::{Value, json};

use crate::json::Object;
use crate::tic_identity::{session, strict};

/// Ends every record.
pub const SEPARATOR: char = '\u{1e}';

/// The longest record that is taken, in bytes.
const LONGEST: usize = 1 << 20;

/// Why a connection's records cannot be read. Nothing more of it is passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// A record is longer than any.
    #[error("a record is longer than 1 MiB")]
    TooLong,
}

/// Why a handshake is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeError {
    /// It is none.
    #[error("the first record is no handshake")]
    NoHandshake,
    /// Another protocol: what it says could not be read.
    #[error("riskgate reads the JSON protocol only: send {{\"protocol\":\"json\",\"version\":1}}")]
    OtherProtocol,
}

/// Splits what comes in messages into records. A record may begin in one message and end in another.
#[derive(Debug, Default)]
pub struct Records {
    begun: String,
}

impl Records {
    /// The records that end in `message`, without their separators.
    ///
    /// # Errors
    ///
    /// [`FrameError`].
    pub fn push(&mut self, message: &str) -> Result<Vec<String>, FrameError> {
        let mut records = Vec::new();
        let mut rest = message;
        while let Some((end, after)) = rest.split_once(SEPARATOR) {
            let mut record = std::mem::take(&mut self.begun);
            record.push_str(end);
            if record.len() > LONGEST {
                return Err(FrameError::TooLong);
            }
            records.push(record);
            rest = after;
        }
        self.begun.push_str(rest);
        if self.begun.len() > LONGEST { Err(FrameError::TooLong) } else { Ok(records) }
    }

    /// Whether a record has begun and not ended.
    #[must_use]
    pub fn is_within(&self) -> bool {
        !self.begun.is_empty()
    }
}

/// Checks the record that opens a connection.
///
/// # Errors
///
/// [`HandshakeError`].
pub fn handshake(record: &str) -> Result<(), HandshakeError> {
    let read = Object::read(record.as_bytes()).map_err(|_| HandshakeError::NoHandshake)?;
    match read.get("protocol").text() {
        Some(protocol) if protocol == "json" => Ok(()),
        Some(_) => Err(HandshakeError::OtherProtocol),
        None => Err(HandshakeError::NoHandshake),
    }
}

/// The record that refuses a handshake, with its separator.
#[must_use]
pub fn handshake_error(error: HandshakeError) -> String {
    format!("{}{SEPARATOR}", json!({ "error": error.to_string() }))
}

/// The session that a record of the application subscribes to; none for any other record.
#[must_use]
pub fn subscribed(record: &str) -> Option<String> {
    let read: Value = strict::answer(record.as_bytes()).ok()?;
    let target = read.get("target")?.as_str()?;
    let first = read.get("arguments")?.as_array()?.first()?;
    (read.get("type")?.as_u64() == Some(1) && target.eq_ignore_ascii_case("Subscribe"))
        .then(|| session::id(first.as_str()?))?
}
