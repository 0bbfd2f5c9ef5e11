//! What a call gives, as golden outputs write it.

use std::fmt;

use riskgate_wire::{Answer, Fault};
use serde_json::{Value, json};

use crate::fault::FAULTS;

/// What `show` makes of an outcome, or the error with its kind.
pub(crate) fn or_error<T, E: fmt::Display + fmt::Debug>(
    outcome: Result<T, E>,
    show: impl FnOnce(T) -> Value,
) -> Value {
    outcome.map_or_else(
        |error| {
            let debug = format!("{error:?}");
            let kind = debug.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
            json!({ "error": kind, "text": error.to_string() })
        },
        show,
    )
}

/// An answer of our own.
pub(crate) fn answer(answer: &Answer) -> Value {
    json!({ "status": answer.status, "contentType": answer.content_type, "body": text(&answer.body) })
}

/// A body as text.
pub(crate) fn text(body: &[u8]) -> &str {
    std::str::from_utf8(body).unwrap()
}

/// The fault of that name.
pub(crate) fn fault(name: &str) -> Fault {
    let known = FAULTS.into_iter().find(|(known, _)| *known == name);
    known.unwrap_or_else(|| panic!("no fault is named {name:?}")).1
}
