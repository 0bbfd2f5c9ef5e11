//! `riskgate completions SHELL`.

use clap::{Args, CommandFactory, ValueEnum};
use clap_complete::{Shell, generate};

use crate::Cli;
use crate::exit::{Exit, Failure};
use crate::output::print;

const WHERE: &str = "\
Where the shells look for them:
  riskgate completions bash > ~/.local/share/bash-completion/completions/riskgate
  riskgate completions zsh > \"${fpath[1]}/_riskgate\"
  riskgate completions fish > ~/.config/fish/completions/riskgate.fish";

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = WHERE)]
pub(crate) struct CompletionsArgs {
    shell: SupportedShell,
}

/// The shells that the scripts are tried in.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum SupportedShell {
    Bash,
    Zsh,
    Fish,
}

impl From<SupportedShell> for Shell {
    fn from(shell: SupportedShell) -> Self {
        match shell {
            SupportedShell::Bash => Self::Bash,
            SupportedShell::Zsh => Self::Zsh,
            SupportedShell::Fish => Self::Fish,
        }
    }
}

pub(super) fn run(args: &CompletionsArgs) -> Result<Exit, Failure> {
    let CompletionsArgs { shell } = *args;
    let mut script = Vec::new();
    generate(Shell::from(shell), &mut Cli::command(), "riskgate", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Fine)
}
