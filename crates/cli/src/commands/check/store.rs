//! `riskgate check store`: the shared store of a policy, asked over the network with the policy's own credentials.

use anyhow::Context;
use clap::Args;
use riskgate_sidecar::config::credentials::Credentials;
use riskgate_sidecar::config::shared_store::SharedStoreSettings;
use riskgate_store::redis::{Finding, check};

use super::report::{Check, Grade, report};
use crate::exit::{Exit, Failure};
use crate::output::OutputArgs;
use crate::policy_file::{PolicyArgs, load, warn};

/// Tell what is wrong with the shared store of a policy
///
/// Connects to the servers of `spec.store.redis` as a sidecar would, with TLS, login and seal keys, and does with a
/// transaction of its own what a sidecar does with each. Each line is one check; what is wrong says what to do about it.
/// Nothing is left in the servers.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0   the store serves
  1   it does not; with --strict also: something about it is unwise
  2   the command line is wrong
  78  the policy or a credential cannot be used")]
pub(crate) struct StoreArgs {
    #[command(flatten)]
    policy: PolicyArgs,
    /// Fail on what is unwise, too
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    output: OutputArgs,
}

impl From<Finding> for Check {
    fn from(finding: Finding) -> Self {
        let Finding { check, grade, seen, hint } = finding;
        let result = match grade {
            riskgate_store::redis::Grade::Passed => Grade::Passed,
            riskgate_store::redis::Grade::Warned => Grade::Warned,
            riskgate_store::redis::Grade::Failed => Grade::Failed,
        };
        Self { check, result, seen, hint: hint.map(str::to_owned) }
    }
}

pub(super) fn run(args: StoreArgs) -> Result<Exit, Failure> {
    let StoreArgs { policy: PolicyArgs { policy, choice, credentials }, strict, output } = args;
    let chosen = load(&policy, &choice).map_err(Failure::configuration)?;
    warn(&chosen.warnings);
    let settings = SharedStoreSettings::read(&chosen.entry.config, &Credentials::new(credentials));
    let Some(settings) = settings.map_err(Failure::configuration)? else {
        let memory = "the policy keeps transactions in each sidecar's memory, where nothing can be wrong; to share them, write \
                      store: { redis: { url: rediss://HOST:6379, sealKeysRef: { name: SECRET, keys: [KEY] } } }";
        return Err(Failure::configuration(anyhow::Error::msg(memory)));
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let findings = runtime.block_on(check(settings.options()));
    let checks: Vec<Check> = findings.into_iter().map(Check::from).collect();
    Ok(report(&checks, output.output, strict, "the store serves", "the store does not serve")?)
}
