//! Adds requirements to an order that is ready to be sent.

use bytes::Bytes;
use riskgate_core::{Operation, Requirement};

use super::requirement::{self, Requirements};
use crate::json::{Edits, Object, Value};
use crate::protocol::{Malformed, Tightened};

/// Makes `order` require what `require` names. What it requires already stays, and so does everything else in it.
pub(super) fn tighten(
    operation: Operation,
    order: &Bytes,
    require: &[Requirement],
) -> Result<Tightened, Malformed> {
    let request = Object::read(order)?;
    let sent = request.get(requirement::NAME);
    if !matches!(sent, Value::Absent | Value::Null | Value::Object(_)) {
        // Nothing can be added to it, and replacing it would drop what the application asked for.
        return Err(Malformed::Member { member: requirement::NAME, expected: "write an object" });
    }
    let requirements = Requirements::of(&request);
    let mut carried = requirements.carried();
    let mut edits = Edits::default();
    let mut attached = Vec::new();
    for &wanted in require.iter().filter(|wanted| is_taken(operation, **wanted)) {
        if carried.insert(wanted) {
            let member = requirement::member(wanted);
            edits.set(member, "true".to_owned());
            attached.push(format!("{}.{member}", requirement::NAME));
        }
    }
    let body = if edits.is_empty() {
        order.clone()
    } else {
        let mut outer = Edits::default();
        outer.set(requirement::NAME, edits.apply(requirements.object.as_ref(), 64));
        outer.apply(Some(&request), order.len() + 64).into()
    };
    Ok(Tightened { body, attached, carried })
}

/// Whether BankID takes `requirement` for `operation`: reading an identity document is none of a phone order's
/// (bankid-se.md section 2.3).
fn is_taken(operation: Operation, requirement: Requirement) -> bool {
    !(operation.is_phone() && requirement == Requirement::Mrtd)
}
