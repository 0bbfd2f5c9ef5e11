//! What the design names and this version of riskgate does not have: refused by name, so that nobody believes a policy to
//! be enforced that is not.

use super::node::{Entry, Mistake, child};

/// What is to be said about a field of a later version; nothing about a field that no version has. `parent` is the path
/// of the object it stands in.
pub(super) fn field(parent: &str, entry: &Entry) -> Option<Mistake> {
    let message = match (parent, entry.key.as_str()) {
        ("spec", "egressProxy") => {
            "egressProxy is not in this version of riskgate: providers are reached directly; leave it out"
                .to_owned()
        }
        _ => return None,
    };
    Some(Mistake { at: entry.at, path: child(parent, &entry.key), message })
}
