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
    pub(super) received: Received,
    /// The sidecar's record; none where nothing was to decide.
    pub(super) decision: Option<DecisionRecord<'static>>,
}

/// Where everything is reached.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Addresses {
    /// BankID, as the application reaches it.
    pub(super) provider: String,
    pub(super) admin: String,
    pub(super) health: String,
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
        let ready = stage.ready();
        let health_port = ready.health.rsplit_once(':').map_or("", |(_, port)| port);
        Self {
            provider: stage.provider_url().unwrap_or_default(),
            admin: format!("http://{}", ready.admin),
            health: format!("http://127.0.0.1:{health_port}"),
            control: stage.simulator().control(),
            policy_file: stage.policy_file().display().to_string(),
        }
    }
}
