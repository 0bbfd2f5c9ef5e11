//! What the demo found out, as `--output json` prints it.

use std::collections::BTreeMap;

use riskgate_core::{DecisionRecord, Operation};
use serde::Serialize;

use super::application::Received;
use super::stage::Stage;

/// Everything that the demo found out.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    /// Namespace and name of the policy.
    pub(super) policy: String,
    /// What of the policy is not played.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) left_out: Vec<String>,
    pub(super) rows: Vec<Row>,
    /// Where everything is reached, while it is left running.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) addresses: Option<Addresses>,
}

/// One transaction.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    /// The provider entry of the policy.
    pub(super) provider: String,
    pub(super) operation: Operation,
    /// What the simulated services are made to say of it.
    pub(super) risk: &'static str,
    /// Which sidecars it went through, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) route: Option<Route>,
    pub(super) received: Received,
    /// The sidecar's record; none where nothing was to decide.
    pub(super) decision: Option<DecisionRecord<'static>>,
}

/// Which sidecars a transaction went through, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Route {
    /// Where it was ordered.
    pub(super) ordered: usize,
    /// Where its result was collected; none where the order was refused, or its answer was the result.
    pub(super) collected: Option<usize>,
}

/// Where everything is reached.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Addresses {
    /// The first provider entry, as the application reaches it.
    pub(super) provider: String,
    pub(super) admin: String,
    pub(super) health: String,
    /// The same entry at further sidecars.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) further_providers: Vec<String>,
    /// The policy's other entries, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) other_providers: BTreeMap<String, String>,
    /// The control API of the simulated services.
    pub(super) control: String,
    /// The policy file that the sidecar follows.
    pub(super) policy_file: String,
}

impl Addresses {
    pub(super) fn of(stage: &Stage) -> Self {
        let first = stage.ready().next();
        let health_port = first.and_then(|ready| ready.health.rsplit_once(':')).map_or("", |(_, port)| port);
        let mut entries = stage.config().providers.iter().map(|entry| entry.name.as_str());
        let mut urls = entries.next().map(|name| stage.provider_urls(name)).unwrap_or_default().into_iter();
        let at_first = |name: &str| stage.provider_urls(name).into_iter().next();
        Self {
            provider: urls.next().unwrap_or_default(),
            admin: first.map(|ready| format!("http://{}", ready.admin)).unwrap_or_default(),
            health: format!("http://127.0.0.1:{health_port}"),
            further_providers: urls.collect(),
            other_providers: entries.filter_map(|name| Some((name.to_owned(), at_first(name)?))).collect(),
            control: stage.simulated().running().control(),
            policy_file: stage.policy_file().display().to_string(),
        }
    }
}
