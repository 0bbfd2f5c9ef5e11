//! The commands, one module each.

mod check;
mod completions;
mod demo;
mod explain;
mod inject;
mod policy;
mod sidecar;
mod status;
mod uninject;

use std::process::ExitCode;

use clap::Subcommand;

use crate::exit::Failure;

/// What `riskgate` can be asked for.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(demo::DemoArgs),
    Sidecar(sidecar::SidecarArgs),
    /// Check, compile and explain policy files; no cluster needed
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    Inject(inject::InjectArgs),
    Uninject(uninject::UninjectArgs),
    Check(check::CheckArgs),
    Status(status::StatusArgs),
    /// Tell why something in a cluster is as it is
    #[command(subcommand)]
    Explain(explain::ExplainCommand),
    Completions(completions::CompletionsArgs),
}

impl Command {
    /// Does what was asked for.
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::Demo(args) => demo::run(args).map(ExitCode::from),
            Self::Sidecar(args) => sidecar::run(args),
            Self::Policy(command) => command.run().map(ExitCode::from),
            Self::Inject(args) => inject::run(&args).map(ExitCode::from),
            Self::Uninject(args) => uninject::run(&args).map(ExitCode::from),
            Self::Check(args) => check::run(args).map(ExitCode::from),
            Self::Status(args) => status::run(&args).map(ExitCode::from),
            Self::Explain(command) => command.run().map(ExitCode::from),
            Self::Completions(args) => completions::run(&args).map(ExitCode::from),
        }
    }
}
