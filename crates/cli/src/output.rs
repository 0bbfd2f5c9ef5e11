//! What commands print on standard output.

use std::io::{self, Write};

use clap::{Args, ValueEnum};
use serde::Serialize;

/// In which form a command answers.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct OutputArgs {
    /// For people, or for programs: one line of JSON (docs/cli.md describes its members)
    #[arg(long, short, value_enum, value_name = "FORM", default_value_t)]
    pub(crate) output: Form,
}

/// The form of an answer: for people, or for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Form {
    #[default]
    Text,
    Json,
}

/// Prints text. A reader that has had enough (`riskgate … | head`) is no error.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Prints a value as one line of JSON.
pub(crate) fn print_json(value: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_string(value)?;
    line.push('\n');
    print(&line)
}
