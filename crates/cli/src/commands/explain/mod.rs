//! `riskgate explain`: why something in a cluster is as it is.

mod pod;

use clap::Subcommand;

use crate::exit::{Exit, Failure};

/// What can be explained.
#[derive(Debug, Subcommand)]
pub(crate) enum ExplainCommand {
    Pod(pod::PodArgs),
}

impl ExplainCommand {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        match self {
            Self::Pod(args) => pod::run(&args),
        }
    }
}
