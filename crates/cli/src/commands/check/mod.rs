//! `riskgate check`: whether riskgate in a cluster, or what a policy relies on, is there and set up well, asked of the real thing.

mod installation;
mod report;
mod store;

use clap::{Args, Subcommand};

use crate::cluster::{ClusterArgs, block_on};
use crate::exit::{Exit, Failure};
use crate::output::OutputArgs;
use report::report;

/// Tell what is wrong with riskgate in a cluster, or with what a policy relies on
///
/// Asks the cluster of the kubeconfig: whether its RiskPolicy resource is of this version, the operator runs and leads, API servers
/// trust and reach the webhooks, the operator has its rights, and which policies and pods are not as they should be. Each line is
/// one check; what is wrong says what to do about it. Nothing is changed: what is tried is tried as a dry run.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Exit codes:
  0   everything that was checked is well
  1   something is wrong; with --strict also: something is unwise, or could not be asked
  2   the command line is wrong"
)]
pub(crate) struct CheckArgs {
    #[command(subcommand)]
    command: Option<CheckCommand>,
    #[command(flatten)]
    cluster: ClusterArgs,
    /// Fail on what is unwise or could not be asked, too
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// What else can be checked.
#[derive(Debug, Subcommand)]
enum CheckCommand {
    Store(store::StoreArgs),
}

pub(super) fn run(args: CheckArgs) -> Result<Exit, Failure> {
    let CheckArgs { command, cluster, strict, output } = args;
    if let Some(CheckCommand::Store(args)) = command {
        return store::run(args);
    }
    let checks = block_on(async { Ok(installation::checks(&cluster.connect().await?).await) })?;
    Ok(report(&checks, output.output, strict, "riskgate serves", "riskgate does not serve as it should")?)
}
