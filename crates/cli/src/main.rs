//! The `riskgate` command: the demo, the sidecar on a laptop, everything that can be done with a policy file without a cluster,
//! and what is to be asked of one. `docs/cli.md` describes each command.

mod cluster;
mod commands;
mod exit;
mod manifest;
mod output;
mod policy_file;
mod policy_source;
mod progress;
mod workloads;

use std::process::ExitCode;

use clap::Parser;

use crate::commands::Command;
use crate::exit::EXIT_CODES;

/// States how much risk each BankID flow may carry, and enforces it.
#[derive(Debug, Parser)]
#[command(name = "riskgate", version, arg_required_else_help = true, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    match Cli::parse().command.run() {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("error: {failure}");
            failure.exit().into()
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
