//! Why a body is not the JSON that both sides understand alike.

use crate::protocol::{Malformed, Unreadable};

/// Why a body does not read. Says the kind and the position, and repeats nothing of the body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JsonError {
    /// Starts with a byte order mark, which JSON does not have (RFC 8259 section 8.1).
    #[error("a byte order mark at the start; send UTF-8 without one")]
    ByteOrderMark,
    /// Not UTF-8.
    #[error("not UTF-8 at byte {0}")]
    Encoding(usize),
    /// Not JSON; the parser's own words, which are fixed texts with a position.
    #[error("{0}")]
    Syntax(String),
    /// One object has two members of one name.
    #[error("a member stands twice in its object, at line {line} column {column}")]
    Duplicate {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// JSON, but no object.
    #[error("not a JSON object")]
    NotAnObject,
}

impl From<serde_json::Error> for JsonError {
    fn from(error: serde_json::Error) -> Self {
        // Data errors are those of the visitor in `strict`, and it has one: their text may come from the body.
        match error.classify() {
            serde_json::error::Category::Data => {
                Self::Duplicate { line: error.line(), column: error.column() }
            }
            _ => Self::Syntax(error.to_string()),
        }
    }
}

impl From<JsonError> for Malformed {
    fn from(error: JsonError) -> Self {
        Self::Unreadable(error.to_string())
    }
}

impl From<JsonError> for Unreadable {
    fn from(error: JsonError) -> Self {
        Self::Form(error.to_string())
    }
}
