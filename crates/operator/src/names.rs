//! The names by which the operator is known to the API server.

/// Who writes ConfigMaps, to server-side apply.
pub const CONFIG_MANAGER: &str = "riskgate-controller";
/// Who writes the status of policies, to server-side apply.
pub const STATUS_MANAGER: &str = "riskgate-status";
/// Who writes the CA into the webhook configurations, to server-side apply.
pub const CERTIFICATES_MANAGER: &str = "riskgate-certificates";
/// The Service by which the API server reaches the webhooks, unless the command line names other hosts.
pub const WEBHOOK_SERVICE: &str = "riskgate-webhook";
/// Who reports Events.
pub const REPORTER: &str = "riskgate.dev/operator";
/// Begins the name of each metric.
pub const METRICS_PREFIX: &str = "riskgate_operator";
