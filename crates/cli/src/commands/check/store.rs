//! `riskgate check store`: the shared store of a policy, asked over the network with the policy's own credentials.

use anyhow::Context;
use clap::Args;
use riskgate_sidecar::config::credentials::Credentials;
use riskgate_sidecar::config::shared_store::SharedStoreSettings;
use riskgate_store::redis::{Finding, Grade, check};
use serde::Serialize;

use crate::exit::{Exit, Failure};
use crate::output::{Form, OutputArgs, print, print_json};
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

/// The answer for programs.
#[derive(Debug, Serialize)]
struct Answer {
    /// Whether sidecars can use the store.
    usable: bool,
    checks: Vec<Check>,
}

/// One check.
#[derive(Debug, Serialize)]
struct Check {
    check: String,
    /// `passed`, `warned` or `failed`.
    result: &'static str,
    seen: String,
    hint: Option<&'static str>,
}

impl From<Finding> for Check {
    fn from(finding: Finding) -> Self {
        let Finding { check, grade, seen, hint } = finding;
        Self { check, result: word(grade), seen, hint }
    }
}

fn word(grade: Grade) -> &'static str {
    match grade {
        Grade::Passed => "passed",
        Grade::Warned => "warned",
        Grade::Failed => "failed",
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
    let worst = findings.iter().map(|finding| finding.grade).max().unwrap_or(Grade::Failed);
    match output.output {
        Form::Text => print(&text(&findings))?,
        Form::Json => {
            let checks = findings.into_iter().map(Check::from).collect();
            print_json(&Answer { usable: worst < Grade::Failed, checks })?;
        }
    }
    let allowed = if strict { Grade::Passed } else { Grade::Warned };
    Ok(if worst > allowed { Exit::No } else { Exit::Fine })
}

/// One line a check, and below it what to do.
fn text(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        text.push_str(&format!("{}  {}: {}\n", word(finding.grade), finding.check, finding.seen));
        if let Some(hint) = finding.hint {
            text.push_str(&format!("        {hint}\n"));
        }
    }
    let count = |grade| findings.iter().filter(|finding| finding.grade == grade).count();
    let (failed, warned) = (count(Grade::Failed), count(Grade::Warned));
    let verdict = if failed == 0 { "the store serves" } else { "the store does not serve" };
    text.push_str(&format!("{verdict}: {failed} failed, {warned} unwise, {} checks\n", findings.len()));
    text
}
