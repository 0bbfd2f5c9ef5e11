//! A command-line tool, run to its end.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(60);

/// What a tool said, and whether it was content.
#[derive(Debug)]
pub struct Said {
    /// Whether it exited with 0.
    pub success: bool,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Said {
    /// Its standard output where it was content.
    ///
    /// # Errors
    /// Where it was not, with its standard error.
    pub fn content(self, what: &str) -> Result<String> {
        if !self.success {
            bail!("{what}: {}", self.stderr.trim());
        }
        Ok(self.stdout)
    }
}

/// Runs a tool in a home of its own, with `input` on standard input. What it caches must be of no other API server.
pub(crate) async fn run(
    program: &Path,
    home: &Path,
    arguments: &[impl AsRef<OsStr>],
    input: &str,
) -> Result<Said> {
    run_with(program, home, arguments, &[], input).await
}

/// The same, with more in its environment.
pub(crate) async fn run_with(
    program: &Path,
    home: &Path,
    arguments: &[impl AsRef<OsStr>],
    environment: &[(&str, &OsStr)],
    input: &str,
) -> Result<Said> {
    let name = program.display();
    let mut child = Command::new(program)
        .args(arguments)
        .env("HOME", home)
        .env_remove("KUBECONFIG")
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {name}"))?;
    let mut stdin = child.stdin.take().context("stdin is a pipe")?;
    let run = async {
        // Who reads none of it may close it.
        let _ = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
        child.wait_with_output().await
    };
    let output = timeout(PATIENCE, run).await.with_context(|| format!("{name} runs for {PATIENCE:?}"))??;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok(Said { success: output.status.success(), stdout: text(output.stdout), stderr: text(output.stderr) })
}
