//! Which records carry a result, and the same records without one.

use serde_json::{Value, json};

use crate::protocol::Completed;
use crate::tic_identity::{read, session, strict};

/// What a record of the provider is to the gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gated {
    /// Nothing of a result: it passes as it came.
    Passes,
    /// It carries a result: it waits for the decision on the session.
    Result {
        /// The session, where the record names one.
        session: Option<String>,
        /// What it says.
        completed: Completed,
    },
    /// It cannot be read, so that it cannot be said what it carries: it must not pass.
    Unreadable,
}

/// Types of records (ASP.NET Core's SignalR hub protocol).
const INVOCATION: u64 = 1;
const STREAM_ITEM: u64 = 2;
const COMPLETION: u64 = 3;

/// Looks at a record of the provider. What it is called does not count, but what stands in it: a result in a record that
/// nobody knows yet is a result.
#[must_use]
pub fn gate(record: &str) -> Gated {
    let Ok(read) = strict::answer(record.as_bytes()) else { return Gated::Unreadable };
    if !strict::carries_result(&read) && !is_completed_event(&read) {
        return Gated::Passes;
    }
    let holder = holder(&read);
    Gated::Result {
        session: holder.and_then(session::of),
        completed: read::completed(holder.unwrap_or(&Value::Null)),
    }
}

/// The record in place of one whose session is refused, without its separator: an event becomes `OnFailed`, or stays
/// `OnStatusChanged` and says `failed`; an answer says `failed`.
#[must_use]
pub fn refused(record: &str, hint: &str) -> Option<String> {
    let read = strict::answer(record.as_bytes()).ok()?;
    let kind = read.get("type").and_then(Value::as_u64);
    let session = holder(&read).and_then(session::of);
    let mut state = json!({ "status": "failed", "hintCode": hint });
    if let (Some(session), Some(state)) = (session, state.as_object_mut()) {
        state.insert("sessionId".to_owned(), json!(session));
    }
    let mut record = json!({ "type": kind? });
    let members = record.as_object_mut()?;
    for name in ["invocationId"] {
        if let Some(value) = read.get(name).filter(|value| value.is_string()) {
            members.insert(name.to_owned(), value.clone());
        }
    }
    match kind? {
        INVOCATION if target(&read).is_some_and(|target| target.eq_ignore_ascii_case("OnStatusChanged")) => {
            members.insert("target".to_owned(), json!("OnStatusChanged"));
            members.insert("arguments".to_owned(), json!([state]));
        }
        INVOCATION => {
            members.insert("target".to_owned(), json!("OnFailed"));
            members.insert("arguments".to_owned(), json!([hint, state]));
        }
        STREAM_ITEM => {
            members.insert("item".to_owned(), state);
        }
        COMPLETION => {
            members.insert("result".to_owned(), state);
        }
        _ => return None,
    }
    Some(record.to_string())
}

fn target(read: &Value) -> Option<&str> {
    read.get("target")?.as_str()
}

/// `OnCompleted` says that a session is complete even where its arguments do not.
fn is_completed_event(read: &Value) -> bool {
    target(read).is_some_and(|target| target.eq_ignore_ascii_case("OnCompleted"))
}

/// The object in a record that has a session's members: the first argument, the item, or the result.
fn holder(read: &Value) -> Option<&Value> {
    let first = read
        .get("arguments")
        .and_then(Value::as_array)
        .and_then(|arguments| arguments.iter().find(|argument| argument.is_object()));
    first.or_else(|| read.get("result")).or_else(|| read.get("item")).filter(|holder| holder.is_object())
}
