//! Bodies that every reader understands alike.
//!
//! The provider's server reads members whatever the case of their names (other-systems.md section B: System.Text.Json), so
//! that `sessionId` and `SessionId` are one member to it. A body with both would mean one thing here and another there.

use std::borrow::Cow;

use serde_json::Value;

use crate::json::{JsonError, Object, Value as Member};
use crate::protocol::Malformed;

/// Reads an answer of the provider: one object without members that stand twice.
pub(super) fn answer(body: &[u8]) -> Result<Value, JsonError> {
    Object::read(body)?;
    // What the strict reader takes, this one takes, too.
    serde_json::from_slice(body).map_err(JsonError::from)
}

/// The member `name` of a request, in whatever case it is written.
pub(super) fn member<'a>(request: &Object<'a>, name: &'static str) -> Result<Member<'a>, Malformed> {
    let mut found = request.names().filter(|said| said.eq_ignore_ascii_case(name));
    let said: Option<Cow<'a, str>> = found.next();
    if found.next().is_some() {
        return Err(Malformed::Member {
            member: name,
            expected: "write it once: names are read whatever their case",
        });
    }
    Ok(said.map_or(Member::Absent, |said| request.get(&said)))
}

/// Whether anything below `value` is named as only a result's members are, or says that a session is complete. Looked for at
/// every depth and in every case, so that a frame or an event that nobody knows yet cannot carry one past.
pub(super) fn carries_result(value: &Value) -> bool {
    const RESULT: [&str; 9] = [
        "user",
        "personalnumber",
        "givenname",
        "surname",
        "signature",
        "token",
        "completedat",
        "ipintelligence",
        "secureurl",
    ];
    match value {
        Value::Object(members) => members.iter().any(|(name, value)| {
            let name = name.to_ascii_lowercase();
            let named = RESULT.contains(&name.as_str()) && !value.is_null();
            let complete = name == "status" && value.as_str().is_some_and(is_complete);
            named || complete || carries_result(value)
        }),
        Value::Array(items) => items.iter().any(carries_result),
        _ => false,
    }
}

/// Whether a status says that a session is complete.
pub(super) fn is_complete(status: &str) -> bool {
    ["complete", "completed"].iter().any(|word| status.eq_ignore_ascii_case(word))
}
