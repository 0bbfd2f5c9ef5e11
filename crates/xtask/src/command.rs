//! Commands whose output is read.

use std::env;
use std::ffi::OsString;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// The cargo that runs this.
pub(crate) fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// What a command prints.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output =
        command.output().with_context(|| format!("cannot run {}", command.get_program().display()))?;
    ensure!(output.status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout)
        .with_context(|| format!("{} prints UTF-8", command.get_program().display()))
}

/// A line of what the compiler says of itself, without its `start`: `rustc `, `host: `.
pub(crate) fn compiler(start: &str) -> Result<String> {
    let text = output(Command::new("rustc").arg("-vV"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(start));
    Ok(line.with_context(|| format!("rustc -vV has no line {start}…"))?.to_owned())
}
