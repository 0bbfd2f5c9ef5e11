//! What the design names and this version of riskgate does not have: refused by name, so that nobody believes a policy to
//! be enforced that is not.

use super::node::{Entry, Mistake, child};

/// The kinds of source of later versions.
const SOURCE_KINDS: [&str; 3] = ["ipIntelligence", "securityData", "ticEnrichment"];
/// The kinds of source of this version.
const SOURCES: &str = "http, oneSpan";
/// The kinds of provider of later versions.
const PROVIDER_KINDS: [&str; 2] = ["bankIdNo", "ticIdentity"];
/// The kinds of provider of this version.
const PROVIDERS: &str = "bankIdSe, oneSpan";

/// What is to be said about a field of a later version; nothing about a field that no version has. `parent` is the path
/// of the object it stands in.
pub(super) fn field(parent: &str, entry: &Entry) -> Option<Mistake> {
    let entry_of = |list: &str| parent.starts_with(list) && parent.ends_with(']');
    let message = match (parent, entry.key.as_str()) {
        ("spec", "egressProxy") => {
            "egressProxy is not in this version of riskgate: providers are reached directly; leave it out"
                .to_owned()
        }
        (_, kind) if entry_of("spec.providers[") && PROVIDER_KINDS.contains(&kind) => {
            format!("provider kind {kind} is not in this version of riskgate; this version has: {PROVIDERS}")
        }
        (_, kind) if entry_of("spec.sources[") && SOURCE_KINDS.contains(&kind) => {
            format!("source kind {kind} is not in this version of riskgate; this version has: {SOURCES}")
        }
        _ => return None,
    };
    Some(Mistake { at: entry.at, path: child(parent, &entry.key), message })
}
