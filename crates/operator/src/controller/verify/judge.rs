//! What the objects that a policy names are worth to it. Pure.

use jiff::{SignedDuration, Timestamp};
use riskgate_inject::references::{Kind, Reference};

use super::Objects;
use super::contents::{Flaw, check, wanted};
use crate::reason::Reason;

/// A certificate that ends within this is warned of: banks take some days.
const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What was found, without anything of the objects' contents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::controller) struct Verdict {
    /// What cannot be used, in the order of the policy's fields.
    pub(in crate::controller) faults: Vec<Fault>,
    /// What will not be usable much longer.
    pub(in crate::controller) warnings: Vec<String>,
    /// When the first certificate ends.
    pub(in crate::controller) ends: Option<Timestamp>,
}

/// Something that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::controller) struct Fault {
    /// What kind of fault.
    pub(in crate::controller) reason: Reason,
    /// The field, the object, the key, and what to put there.
    pub(in crate::controller) message: String,
}

/// Judges every reference.
pub(super) fn judge(references: &[Reference], objects: &Objects, now: Timestamp) -> Verdict {
    let mut verdict = Verdict::default();
    for reference in references {
        let Reference { field, kind, name, holds } = reference;
        let kind_name = match kind {
            Kind::Secret => "Secret",
            Kind::ConfigMap => "ConfigMap",
            Kind::Claim => continue,
        };
        let mut fault = |reason, what: String| {
            verdict.faults.push(Fault { reason, message: format!("{field}: {what}") });
        };
        let Some(entries) = objects.get(&(*kind, name.clone())).and_then(Option::as_ref) else {
            fault(
                Reason::RefNotFound,
                format!("there is no {kind_name} {name}; make it, and {}", wanted(holds)),
            );
            continue;
        };
        match check(holds, entries, now) {
            Ok(None) => {}
            Ok(Some(ends)) => {
                if ends.duration_since(now) <= SOON {
                    verdict.warnings.push(format!(
                        "{field}: the certificate in {kind_name} {name} ends on {}; order the next one",
                        ends.strftime("%Y-%m-%d")
                    ));
                }
                verdict.ends = Some(verdict.ends.map_or(ends, |first| first.min(ends)));
            }
            Err(Flaw::Missing(keys)) => fault(
                Reason::RefNotFound,
                format!("{kind_name} {name} has no {}; {}", keys.join(" and no "), wanted(holds)),
            ),
            Err(Flaw::Unusable { key, why }) => {
                fault(Reason::RefInvalid, format!("{kind_name} {name}, {key}: {why}"));
            }
        }
    }
    verdict
}

#[cfg(test)]
mod tests;
