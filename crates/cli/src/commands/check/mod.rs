//! `riskgate check`: whether what a policy relies on is there and set up well, asked of the real thing.

mod store;

use clap::Subcommand;

use crate::exit::{Exit, Failure};

/// What can be checked.
#[derive(Debug, Subcommand)]
pub(crate) enum CheckCommand {
    Store(store::StoreArgs),
}

impl CheckCommand {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        match self {
            Self::Store(args) => store::run(args),
        }
    }
}
