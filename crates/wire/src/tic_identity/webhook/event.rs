//! What a webhook says, and the same webhook without a result.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::protocol::{Completed, Unreadable};
use crate::tic_identity::{read, session, strict};

/// The longest name of an event, in bytes.
const LONGEST_NAME: usize = 64;
const FAILED: &str = ".failed";

/// A webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its name, such as `auth.completed`.
    pub name: String,
    /// The session it is about, where it names one.
    pub session: Option<String>,
    /// What kind of notice it is.
    pub kind: Kind,
}

/// What a webhook brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A session's result, or something that only a completed session has: it waits for the decision.
    Result {
        /// What it says of the session.
        completed: Completed,
        /// Whether it says by itself that the session is complete. Else the provider is to be asked.
        is_complete: bool,
    },
    /// Nothing of a result: it passes.
    Notice,
}

/// Reads a webhook. Its members stand in `data`, or at the root (section B.4).
///
/// # Errors
///
/// [`Unreadable`] when it is no event: it must not pass.
pub fn read(body: &[u8]) -> Result<Event, Unreadable> {
    let root = strict::answer(body)?;
    let name = root.get("event").and_then(Value::as_str).ok_or_else(|| form("no event"))?;
    if !(1..=LONGEST_NAME).contains(&name.len()) {
        return Err(form("an event without a usable name"));
    }
    let data = data(&root);
    let session = session::of(data).or_else(|| session::of(&root));
    let kind = if strict::carries_result(&root) || name.to_ascii_lowercase().ends_with(".completed") {
        Kind::Result { completed: read::completed(data), is_complete: is_complete(name, data) }
    } else {
        Kind::Notice
    };
    if session.is_none() && kind != Kind::Notice {
        return Err(form("a result without a usable sessionId"));
    }
    Ok(Event { name: name.to_owned(), session, kind })
}

/// The same webhook about a session that failed, as `…failed` of the same family: what names the session stays, what is of
/// the user does not. None when `body` is no event.
#[must_use]
pub fn refused(body: &[u8], hint: &str) -> Option<Bytes> {
    /// What may stay: nothing of the user, nothing that leads to data of the user.
    const STAYS: [&str; 6] = ["sessionId", "enrichmentId", "provider", "state", "timestamp", "orderRef"];
    let root = strict::answer(body).ok()?;
    let name = root.get("event")?.as_str()?;
    let failed = failed(name);
    let kept = |members: &Map<String, Value>| -> Map<String, Value> {
        let plain = |value: &Value| value.is_string() || value.is_number() || value.is_boolean();
        let stays = |(name, value): &(&String, &Value)| STAYS.contains(&name.as_str()) && plain(value);
        members.iter().filter(stays).map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    let ended = |mut members: Map<String, Value>| {
        members.insert("status".to_owned(), json!("failed"));
        members.insert("hintCode".to_owned(), json!(hint));
        members
    };
    let mut outer = Map::new();
    outer.insert("event".to_owned(), json!(failed));
    outer.extend(kept(root.as_object()?));
    match root.get("data") {
        Some(Value::Object(data)) => {
            outer.insert("data".to_owned(), Value::Object(ended(kept(data))));
        }
        _ => outer = ended(outer),
    }
    Some(Value::Object(outer).to_string().into())
}

/// The name under which a failure of the same family is told: the name of an event, too.
#[must_use]
pub(crate) fn failed(name: &str) -> String {
    let usable = |family: &&str| (1..=LONGEST_NAME - FAILED.len()).contains(&family.len());
    let family = name.split('.').next().filter(usable).unwrap_or("session");
    format!("{family}{FAILED}")
}

/// A completion names its user, or says that the session is complete. An enrichment's status is its own.
fn is_complete(name: &str, data: &Value) -> bool {
    let says = |status: &Value| status.as_str().is_some_and(strict::is_complete);
    let enrichment = name.to_ascii_lowercase().starts_with("enrichment.");
    !enrichment && (data.get("user").is_some_and(Value::is_object) || data.get("status").is_some_and(says))
}

fn data(root: &Value) -> &Value {
    root.get("data").filter(|data| data.is_object()).unwrap_or(root)
}

fn form(what: &str) -> Unreadable {
    Unreadable::Form(what.to_owned())
}
