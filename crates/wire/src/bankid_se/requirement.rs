//! `requirement`: what an order requires of the user (bankid-se.md section 2.3).

use riskgate_core::{Requirement, RequirementSet, Threshold};

use crate::json::{Edits, Object, Value};
use crate::protocol::Malformed;

/// The member of an order.
pub(super) const NAME: &str = "requirement";
/// The member that riskgate takes over.
const RISK: &str = "risk";

/// The `requirement` of one order.
pub(super) struct Requirements<'a> {
    /// Its members; none when the order has no such object.
    pub(super) object: Option<Object<'a>>,
}

impl<'a> Requirements<'a> {
    /// Reads the `requirement` of an order.
    pub(super) fn of(order: &Object<'a>) -> Self {
        Self { object: order.get(NAME).object() }
    }

    /// The member `name`.
    pub(super) fn get(&self, name: &str) -> Value<'a> {
        self.object.as_ref().map_or(Value::Absent, |object| object.get(name))
    }

    /// What it requires of the user.
    pub(super) fn carried(&self) -> RequirementSet {
        let mut carried = RequirementSet::default();
        for requirement in [Requirement::PinCode, Requirement::Mrtd] {
            if self.get(member(requirement)) == Value::Bool(true) {
                carried.insert(requirement);
            }
        }
        carried
    }

    /// The threshold that the application set by `requirement.risk`: the risk that it still accepts, in any case of letters
    /// (BankID's own sample sends `LOW`).
    ///
    /// # Errors
    ///
    /// [`Malformed::Member`] for a value that BankID never had.
    pub(super) fn threshold(&self) -> Result<Option<Threshold>, Malformed> {
        match self.get(RISK) {
            Value::Absent | Value::Null => return Ok(None),
            Value::Text(text) if text.eq_ignore_ascii_case("low") => return Ok(Some(Threshold::Moderate)),
            Value::Text(text) if text.eq_ignore_ascii_case("moderate") => return Ok(Some(Threshold::High)),
            _ => {}
        }
        Err(Malformed::Member {
            member: "requirement.risk",
            expected: "write low or moderate, or leave it out",
        })
    }

    /// Takes `risk` out of the order, and the whole object where nothing is left in it: BankID has no such member any more
    /// (bankid-se.md section 0.1), and an empty object is none that it documents.
    pub(super) fn take_over_risk(&self, order: &mut Edits) {
        let Some(object) = &self.object else { return };
        let has_risk = self.get(RISK) != Value::Absent;
        if object.len() == usize::from(has_risk) {
            order.remove(NAME);
        } else if has_risk {
            let mut edits = Edits::default();
            edits.remove(RISK);
            order.set(NAME, edits.apply(Some(object), 256));
        }
    }
}

/// The member that carries `requirement`.
pub(super) fn member(requirement: Requirement) -> &'static str {
    match requirement {
        Requirement::PinCode => "pinCode",
        Requirement::Mrtd => "mrtd",
    }
}
