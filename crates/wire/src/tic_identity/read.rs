//! What the provider's answers say (other-systems.md section B.2). Members that nobody asks for are not looked at.

use serde_json::Value;

use super::{intelligence, session, strict};
use crate::protocol::{Cancelled, Completed, Reading, Started, Unreadable};

/// The provider's words for a session that it does not know (any more).
const GONE: [&str; 2] = ["session_not_found", "session_expired"];

pub(super) fn started(status: u16, body: &[u8]) -> Result<Started, Unreadable> {
    match status {
        200 | 201 => {
            let answer = strict::answer(body)?;
            session::of(&answer).map(Started::Open).ok_or_else(|| form("no sessionId"))
        }
        _ => refusal(status, body).map(|_| Started::Refused),
    }
}

/// Reads the answer to a poll, a status request or a collect: they say the same things in the same words.
pub(super) fn result(reference: &str, status: u16, body: &[u8]) -> Result<Reading, Unreadable> {
    if status != 200 {
        let code = refusal(status, body)?;
        return Ok(if is_gone(status, code.as_deref()) {
            Reading::NoSuchTransaction
        } else {
            Reading::Refused
        });
    }
    let answer = strict::answer(body)?;
    if session::of(&answer).ok_or_else(|| form("no sessionId"))? != reference {
        return Err(Unreadable::OtherTransaction);
    }
    state(&answer)
}

/// How a session stands, by an object with its members.
pub(super) fn state(answer: &Value) -> Result<Reading, Unreadable> {
    let said = answer.get("status").and_then(Value::as_str).ok_or_else(|| form("no status"))?;
    let said = said.to_ascii_lowercase();
    match said.as_str() {
        word if strict::is_complete(word) => Ok(Reading::Complete(completed(answer))),
        // These pass to the application without a verdict, so nothing of a result may travel with them.
        "pending" | "failed" | "cancelled" | "expired" if strict::carries_result(answer) => {
            Err(form("a result in a session that is not complete"))
        }
        "pending" => Ok(Reading::Pending),
        "failed" | "cancelled" | "expired" => Ok(Reading::Failed),
        _ => Err(Unreadable::UnknownState),
    }
}

/// What a completed session says, wherever it is said.
pub(super) fn completed(holder: &Value) -> Completed {
    let intelligence = intelligence::of(holder);
    let subject = holder.pointer("/user/personalNumber").and_then(Value::as_str);
    let mut completed = Completed { subject: subject.map(str::to_owned), ..Completed::default() };
    if let Some(said) = intelligence {
        completed.indication = Some(said.assessment);
        completed.score = said.score;
        completed.indicators = said.indicators;
        completed.device_ip = said.device_ip;
    }
    completed
}

/// Reads the answer to a request that ends a session.
pub(super) fn cancelled(status: u16, body: &[u8]) -> Result<Cancelled, Unreadable> {
    match status {
        200 | 204 if body.is_empty() => Ok(Cancelled::Ended),
        200 if passing(body)?.get("cancelled") == Some(&Value::Bool(true)) => Ok(Cancelled::Ended),
        200 => Ok(Cancelled::Refused),
        _ if is_gone(status, refusal(status, body)?.as_deref()) => Ok(Cancelled::NoSuchTransaction),
        _ => Ok(Cancelled::Refused),
    }
}

/// Whether an error says that the session is not known (any more).
fn is_gone(status: u16, code: Option<&str>) -> bool {
    status == 404 || code.is_some_and(|code| GONE.contains(&code))
}

/// Checks an answer that is none of a session's result: it may say anything else.
pub(super) fn without_result(status: u16, body: &[u8]) -> Result<(), Unreadable> {
    match status {
        200..=299 if body.is_empty() => Ok(()),
        200..=299 => passing(body).map(drop),
        _ => refusal(status, body).map(drop),
    }
}

fn passing(body: &[u8]) -> Result<Value, Unreadable> {
    let answer = strict::answer(body)?;
    if strict::carries_result(&answer) {
        return Err(form("a result where there is none"));
    }
    Ok(answer)
}

/// The provider's own refusal: its code, where it has one. Errors come as `{"error":{"code"}}`, as `{"error":"code"}`, as
/// other objects of the server's framework, and empty (section B.2).
fn refusal(status: u16, body: &[u8]) -> Result<Option<String>, Unreadable> {
    if !(400..600).contains(&status) {
        return Err(Unreadable::Status(status));
    }
    if body.is_empty() {
        return Ok(None);
    }
    let answer = passing(body)?;
    let code = answer.pointer("/error/code").or_else(|| answer.get("error"));
    Ok(code.and_then(Value::as_str).map(str::to_owned))
}

fn form(what: &str) -> Unreadable {
    Unreadable::Form(what.to_owned())
}
