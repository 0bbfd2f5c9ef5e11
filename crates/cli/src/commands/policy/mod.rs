//! `riskgate policy`: what can be done with policy files, without a cluster.

mod compile;
mod explain;
mod validate;

use clap::Subcommand;

use crate::exit::{Exit, Failure};

/// What can be done with policy files.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    Compile(compile::CompileArgs),
    Validate(validate::ValidateArgs),
    Explain(explain::ExplainArgs),
}

impl PolicyCommand {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        match self {
            Self::Compile(args) => compile::run(args),
            Self::Validate(args) => validate::run(args),
            Self::Explain(args) => explain::run(args),
        }
    }
}
