//! `riskgate status`: what is in force, in one view.

use clap::Args;
use comfy_table::{ContentArrangement, Table, presets};
use jiff::Timestamp;
use riskgate_api::RiskPolicy;
use serde::Serialize;

use crate::cluster::policies::{Known, policies};
use crate::cluster::{Cluster, ClusterArgs, block_on, leader, operators, told};
use crate::exit::{Exit, Failure};
use crate::output::{Form, OutputArgs, print, print_json};

/// Show the operator, and what became of each policy
///
/// Policies of every namespace, or of the one of --namespace. `riskgate check` looks deeper, and says what to do.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0   every policy is ready, and a replica of the operator leads
  1   not so, or the cluster cannot be asked
  2   the command line is wrong")]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    cluster: ClusterArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// The answer for programs.
#[derive(Debug, Serialize)]
struct Status {
    operators: Vec<Running>,
    policies: Vec<Known>,
}

/// An operator.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Running {
    namespace: String,
    name: String,
    version: String,
    replicas: i32,
    available: i32,
    /// The replica that leads, or null.
    leader: Option<String>,
    /// Why none does, or why that is not known.
    without_leader: Option<String>,
}

pub(super) fn run(args: &StatusArgs) -> Result<Exit, Failure> {
    let status = block_on(async { ask(&args.cluster.connect().await?).await })?;
    match args.output.output {
        Form::Text => print(&status.text())?,
        Form::Json => print_json(&status)?,
    }
    let leads = status.operators.iter().any(|operator| operator.leader.is_some());
    let fine = leads && status.policies.iter().all(|policy| policy.ready);
    Ok(if fine { Exit::Fine } else { Exit::No })
}

async fn ask(cluster: &Cluster) -> anyhow::Result<Status> {
    let list = cluster.list::<RiskPolicy>().await;
    let list = list.map_err(|error| anyhow::anyhow!("policies cannot be asked for: {}", told(&error)))?;
    let mut running = Vec::new();
    // Who may not see the operator's namespace still sees what became of policies.
    for operator in operators(&cluster.client).await.unwrap_or_default() {
        let leads = match operator.lease(&cluster.client).await {
            Ok(lease) => leader(&lease.unwrap_or_default(), Timestamp::now()),
            Err(error) => Err(told(&error)),
        };
        running.push(Running {
            namespace: operator.namespace,
            name: operator.name,
            version: operator.version,
            replicas: operator.replicas,
            available: operator.available,
            leader: leads.clone().ok(),
            without_leader: leads.err(),
        });
    }
    Ok(Status { operators: running, policies: policies(&list) })
}

impl Status {
    fn text(&self) -> String {
        let mut text = String::new();
        for operator in &self.operators {
            let Running { namespace, name, version, replicas, available, leader, without_leader } = operator;
            let leads = match (leader, without_leader) {
                (Some(leader), _) => format!("{leader} leads"),
                (None, Some(why)) => format!("no leader: {why}"),
                (None, None) => "no leader".to_owned(),
            };
            text.push_str(&format!(
                "operator {namespace}/{name} {version}: {available} of {replicas} replicas, {leads}\n"
            ));
        }
        if self.operators.is_empty() {
            text.push_str("operator: none was found\n");
        }
        text.push('\n');
        if self.policies.is_empty() {
            text.push_str("no policy\n");
            return text;
        }
        let mut table = Table::new();
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Disabled)
            .set_header(["NAMESPACE", "POLICY", "MODE", "READY", "REASON", "PODS", "CURRENT"]);
        for policy in &self.policies {
            let mode = if policy.mode.is_empty() { "Enforce" } else { &policy.mode };
            let ready = if policy.ready { "True" } else { "False" };
            let (pods, current) = (policy.pods.to_string(), policy.current.to_string());
            table.add_row([
                &*policy.namespace,
                &*policy.name,
                mode,
                ready,
                &*policy.reason,
                &*pods,
                &*current,
            ]);
        }
        if let Some(first) = table.column_mut(0) {
            first.set_padding((0, 1));
        }
        for line in table.lines() {
            text.push_str(line.trim_end());
            text.push('\n');
        }
        for policy in self.policies.iter().filter(|policy| !policy.ready) {
            text.push_str(&format!("\n{}/{}: {}\n", policy.namespace, policy.name, policy.message));
        }
        text
    }
}
