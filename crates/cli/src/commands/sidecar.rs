//! `riskgate sidecar`: the sidecar of a pod on a laptop, straight from a policy file.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use riskgate_sidecar::ops::log::LogHandle;
use riskgate_sidecar::{ConfigSource, MadeWith, Options, run as sidecar};

use crate::exit::Failure;
use crate::policy_file::PolicyArgs;
use crate::policy_source::PolicySource;

/// Run a sidecar from a policy file, following its changes
///
/// The same as `riskgate-sidecar`, with the policy compiled on the way: every port may be 0, and when it is ready it
/// prints one line of JSON with the ports taken. Decision records follow on standard output, one a line; everything
/// else goes to standard error, as JSON. A change of the policy file is taken whole or refused with the lines to
/// correct; ports, and the names of providers, change with a restart only. SIGTERM and Ctrl-C drain, a second one ends
/// at once.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0   drained
  1   failed, or ended before everything was finished
  2   the command line is wrong
  78  the policy or a credential cannot be used")]
pub(crate) struct SidecarArgs {
    #[command(flatten)]
    policy: PolicyArgs,
    /// Databases of addresses: DIR/CLAIM/*.mmdb; by default DIR/databases of the credentials
    #[arg(long, value_name = "DIR")]
    databases: Option<PathBuf>,
    /// This pod's name, for decision records; by default the name of the machine
    #[arg(long, env = "POD_NAME", hide_env_values = true, value_name = "NAME")]
    pod: Option<String>,
}

pub(super) fn run(args: SidecarArgs) -> Result<ExitCode, Failure> {
    let SidecarArgs { policy: PolicyArgs { policy, choice, credentials }, databases, pod } = args;
    let log = LogHandle::install();
    // One thread, as in the pod: what is measured here holds there.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let source = PolicySource::new(policy, choice);
    if std::io::stderr().is_terminal() {
        // People get the lines to correct as they are; programs get them as a line of the log.
        source.read().map_err(|problems| Failure::configuration(anyhow::Error::msg(problems)))?;
    }
    let options = Options {
        source: Box::new(source),
        credentials,
        databases,
        made_with: MadeWith::default(),
        pod: pod.unwrap_or_else(sidecar::host_name),
        log,
    };
    Ok(runtime.block_on(sidecar::serve(options)))
}
