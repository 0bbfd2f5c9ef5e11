//! `riskgate policy compile`: the configuration that the operator would write.

use std::path::PathBuf;

use clap::Args;

use crate::exit::{Exit, Failure};
use crate::output::{Form, OutputArgs, print, print_json};
use crate::policy_file::{Choice, load, warn};

/// Print the sidecar configuration that the operator would write for a policy
///
/// `riskgate-sidecar --config` takes it as it is. Problems and warnings go to standard error.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0   the configuration was printed
  1   the policy has problems, told on standard error; nothing was printed
  2   the command line is wrong")]
pub(crate) struct CompileArgs {
    /// The policy, a YAML file; - is standard input
    #[arg(value_name = "POLICY.yaml")]
    file: PathBuf,
    #[command(flatten)]
    choice: Choice,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: CompileArgs) -> Result<Exit, Failure> {
    let CompileArgs { file, choice, output } = args;
    let chosen = load(&file, &choice)?;
    warn(&chosen.warnings);
    match output.output {
        Form::Text => print(&chosen.entry.config.to_yaml()?)?,
        Form::Json => print_json(&chosen.entry.config)?,
    }
    Ok(Exit::Fine)
}
