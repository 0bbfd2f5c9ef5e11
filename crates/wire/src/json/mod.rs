//! JSON as security software reads it: strictly, once, and without touching what nobody asked to change.
//!
//! [`Object::read`] refuses what two readers could understand differently (a member that stands twice, at any depth; text
//! after the end; a byte order mark) and keeps every member's own text, so that [`Edits`] change what they name and nothing
//! else: numbers, escapes and unknown members leave as they came.

mod edits;
mod error;
mod object;
mod scan;
mod strict;

pub(crate) use edits::Edits;
pub(crate) use error::JsonError;
pub(crate) use object::{Object, Value};

/// `text` as a JSON string, quotes included.
pub(crate) fn quoted(text: &str) -> String {
    // A string always serialises.
    serde_json::to_string(text).unwrap_or_default()
}

#[cfg(test)]
mod tests;
