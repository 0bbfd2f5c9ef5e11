//! What the demo found out, as `--output json` prints it.

use riskgate_core::{DecisionRecord, Operation};
use serde::Serialize;

use super::application::Received;
use super::stage::Stage;

/// Everything that the demo found out.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// Namespace and name of the policy.
    pub(super) policy: String,
    pub(super) rows: Vec<Row>,
    /// Where everything is reached, while it is left running.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) addresses: Option<Addresses>,
}

/// One transaction.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) operation: Operation,
    /// What the simulated BankID is made to say of it.
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
    /// Where its result was collected; none where the order was refused.
    pub(super) collected: Option<usize>,
}

/// Where everything is reached.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Addresses {
    /// BankID, as the application reaches it.
    pub(super) provider: String,
    pub(super) admin: String,
    pub(super) health: String,
    /// The same at further sidecars.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) further_providers: Vec<String>,
    /// The simulated BankID's control API.
    pub(super) control: String,
    /// The policy file that the sidecar follows.
    pub(super) policy_file: String,
}

impl Report {
    pub(super) fn new(policy: String, rows: Vec<Row>, addresses: Option<Addresses>) -> Self {
        Self { policy, rows, addresses }
    }
}

impl Addresses {
    pub(super) fn of(stage: &Stage) -> Self {
        let first = stage.ready().next();
        let health_port = first.and_then(|ready| ready.health.rsplit_once(':')).map_or("", |(_, port)| port);
        let mut providers = stage.provider_urls().unwrap_or_default().into_iter();
        Self {
            provider: providers.next().unwrap_or_default(),
            admin: first.map(|ready| format!("http://{}", ready.admin)).unwrap_or_default(),
            health: format!("http://127.0.0.1:{health_port}"),
            further_providers: providers.collect(),
            control: stage.simulator().control(),
            policy_file: stage.policy_file().display().to_string(),
        }
    }
}
