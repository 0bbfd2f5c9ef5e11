//! Recognise: which flow a request that starts a transaction belongs to.

use http::{HeaderMap, HeaderName};
use riskgate_core::config::{Mode, SidecarConfig};
use riskgate_core::{Flow, Operation};

/// The request header that names a flow.
const FLOW: HeaderName = HeaderName::from_static("riskgate-flow");

/// A header `Riskgate-Flow` that selects nothing; the text says what to write.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoSuchFlow(pub(super) String);

/// The flow that covers `operation`: the one that the header names, else the default. `None` when no flow covers it.
///
/// In Monitor nothing may change an outcome, so that a header that selects nothing takes the default.
pub(super) fn flow<'a>(
    config: &'a SidecarConfig,
    provider: &str,
    (operation, others): (Operation, &[Operation]),
    headers: &HeaderMap,
) -> Result<Option<&'a Flow>, NoSuchFlow> {
    let covers = |flow: &Flow| {
        flow.covers(provider, operation) || others.iter().any(|other| flow.covers(provider, *other))
    };
    let first = std::iter::once(&operation).chain(others);
    let default = first.into_iter().find_map(|operation| config.default_flow(provider, *operation));
    let mut named = headers.get_all(&FLOW).iter();
    let Some(name) = named.next() else { return Ok(default) };
    let selected = match name.to_str() {
        Ok(name) if named.next().is_none() => config.flow(name).filter(|flow| covers(flow)),
        _ => None,
    };
    match selected {
        Some(flow) => Ok(Some(flow)),
        None if config.mode == Mode::Monitor => Ok(default),
        None => {
            let covering: Vec<&str> =
                config.flows.iter().filter(|flow| covers(flow)).map(|flow| flow.name.as_str()).collect();
            Err(NoSuchFlow(format!(
                "Riskgate-Flow: write one flow that covers {operation}: {}",
                covering.join(", ")
            )))
        }
    }
}
