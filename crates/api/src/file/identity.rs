//! Whether a document is a policy, told by `apiVersion` and `kind`.

use kube::Resource;

use super::node::{Content, Mistake, Node};
use super::wording;
use crate::policy::RiskPolicy;

/// What a document is, by its own word.
pub(super) enum Identity {
    /// A policy.
    Policy,
    /// An object of that other kind.
    Other(String),
    /// Not clear: why.
    Mistaken(Mistake),
}

/// Told by `apiVersion` and `kind`; a policy that misspells one of them must not be skipped without a word.
pub(super) fn identify(root: &Node) -> Identity {
    let (version, kind) = (RiskPolicy::api_version(&()), RiskPolicy::kind(&()));
    let mistaken = |field: &str, message: String| {
        let at = root.get(field).map_or(root.at, |entry| entry.value.at);
        Identity::Mistaken(Mistake { at, path: field.to_owned(), message })
    };
    let said = |field: &str| root.get(field).and_then(|entry| entry.value.text());
    if !matches!(root.content, Content::Map(_)) {
        return mistaken(
            "",
            format!("this is no Kubernetes object; write apiVersion: {version}, kind: {kind}"),
        );
    }
    let group = format!("{}/", RiskPolicy::group(&()));
    match (said("apiVersion"), said("kind")) {
        (Some(named), Some(of)) if named == version && of == kind => Identity::Policy,
        (Some(named), Some(of)) if of == kind => mistaken(
            "apiVersion",
            format!("{named:?} has no {kind} that this riskgate reads; write {version}"),
        ),
        (None, Some(of)) if of == kind => {
            mistaken("apiVersion", format!("apiVersion is missing; write apiVersion: {version}"))
        }
        (Some(named), of) if named.starts_with(&group) => {
            let of = of.map_or_else(
                || "kind is missing".to_owned(),
                |of| format!("{of:?} is no kind of riskgate's"),
            );
            mistaken("kind", format!("{of}; write kind: {kind}"))
        }
        (_, Some(of)) if wording::meant(of, &[&*kind]).is_some() => {
            mistaken("kind", format!("{of:?} is near to {kind} and not the same; write kind: {kind}"))
        }
        (_, Some(of)) => Identity::Other(of.to_owned()),
        (_, None) => mistaken("kind", format!("kind is missing; write kind: {kind}, apiVersion: {version}")),
    }
}
