//! Session ids.

use serde_json::Value;

/// How long a session id is: a GUID with its hyphens (other-systems.md section B.2).
const LENGTH: usize = 36;

/// Whether `text` is a session id. The provider reads GUIDs in other spellings, too; none of those is taken here, so that one
/// session has one name.
pub(super) fn is_id(text: &str) -> bool {
    text.len() == LENGTH
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// The id as it is known everywhere: in lower case, since a GUID is the same in either.
pub(super) fn id(text: &str) -> Option<String> {
    is_id(text).then(|| text.to_ascii_lowercase())
}

/// The id that the member `sessionId` of an answer holds.
pub(super) fn of(answer: &Value) -> Option<String> {
    id(answer.get("sessionId")?.as_str()?)
}
