//! Order references.

use std::borrow::Cow;

use crate::json::{Object, Value};
use crate::protocol::Malformed;

/// The longest `orderRef` that is taken, in bytes. BankID's are UUIDs of 36 (bankid-se.md section 3); a bound keeps what an
/// application can make the store look up small.
const LONGEST: usize = 256;

/// The `orderRef` of a collect or cancel request.
pub(super) fn of_request(body: &[u8]) -> Result<String, Malformed> {
    let order_ref = of(&Object::read(body)?);
    order_ref.map(Cow::into_owned).ok_or(Malformed::Member {
        member: "orderRef",
        expected: "write the orderRef of the order, a string of 1 to 256 characters",
    })
}

/// The `orderRef` that an object carries, if it is one.
pub(super) fn of<'a>(object: &Object<'a>) -> Option<Cow<'a, str>> {
    match object.get("orderRef") {
        Value::Text(text) if (1..=LONGEST).contains(&text.len()) => Some(text),
        _ => None,
    }
}
