//! What the design names and this version of riskgate does not have: refused by name, so that nobody believes a policy to
//! be enforced that is not.

use super::node::{Content, Entry, Mistake, child};

/// The kinds of source of later versions.
const SOURCE_KINDS: [&str; 5] = ["ipIntelligence", "securityData", "ticEnrichment", "oneSpan", "http"];
/// The kinds of provider of later versions.
const PROVIDER_KINDS: [&str; 3] = ["bankIdNo", "ticIdentity", "oneSpan"];

/// What is to be said about a field of a later version; nothing about a field that no version has. `parent` is the path
/// of the object it stands in.
pub(super) fn field(parent: &str, entry: &Entry) -> Vec<Mistake> {
    let entry_of_providers = parent.starts_with("spec.providers[") && parent.ends_with(']');
    let message = match (parent, entry.key.as_str()) {
        ("spec", "sources") => return sources(entry),
        ("spec", "egressProxy") => {
            "egressProxy is not in this version of riskgate: providers are reached directly; leave it out"
                .to_owned()
        }
        (_, kind) if entry_of_providers && PROVIDER_KINDS.contains(&kind) => {
            format!("provider kind {kind} is not in this version of riskgate; this version has: bankIdSe")
        }
        _ => return Vec::new(),
    };
    vec![Mistake { at: entry.at, path: child(parent, &entry.key), message }]
}

fn sources(sources: &Entry) -> Vec<Mistake> {
    const HAS: &str = "this version has: none (the provider's own indication always counts)";
    let mut said = Vec::new();
    if let Content::List(entries) = &sources.value.content {
        for (index, entry) in entries.iter().enumerate() {
            for (kind, member) in SOURCE_KINDS.iter().filter_map(|kind| Some((kind, entry.get(kind)?))) {
                let message = format!("source kind {kind} is not in this version of riskgate; {HAS}");
                said.push(Mistake { at: member.at, path: format!("spec.sources[{index}].{kind}"), message });
            }
        }
    }
    if said.is_empty() {
        let message = format!("sources are not in this version of riskgate; {HAS}");
        said.push(Mistake { at: sources.at, path: "spec.sources".to_owned(), message });
    }
    said
}
