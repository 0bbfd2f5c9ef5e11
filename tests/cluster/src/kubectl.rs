//! The real kubectl.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use kube::config::Kubeconfig;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(60);

/// kubectl with a kubeconfig of its own, in a home of its own.
pub struct Kubectl {
    program: PathBuf,
    home: TempDir,
}

/// What kubectl said, and whether it was content.
#[derive(Debug)]
pub struct Said {
    /// Whether it exited with 0.
    pub success: bool,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Kubectl {
    pub(crate) fn new(program: PathBuf, kubeconfig: &Kubeconfig) -> Result<Self> {
        let home = tempfile::tempdir()?;
        let kubectl = Self { program, home };
        fs::write(kubectl.kubeconfig(), serde_yaml::to_string(kubeconfig)?)?;
        Ok(kubectl)
    }

    /// Its kubeconfig, for other programs.
    #[must_use]
    pub fn kubeconfig(&self) -> PathBuf {
        self.home.path().join("config")
    }

    /// Runs it, with `input` on standard input.
    ///
    /// # Errors
    /// When it cannot be started, or does not end. What it refuses is no error.
    pub async fn run(&self, arguments: &[&str], input: &str) -> Result<Said> {
        let mut child = Command::new(&self.program)
            .arg("--kubeconfig")
            .arg(self.kubeconfig())
            .args(arguments)
            // Its cache of what the API server has must be of this API server.
            .env("HOME", self.home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("cannot start kubectl")?;
        let mut stdin = child.stdin.take().context("stdin is a pipe")?;
        let run = async {
            stdin.write_all(input.as_bytes()).await?;
            drop(stdin);
            child.wait_with_output().await
        };
        let output = timeout(PATIENCE, run)
            .await
            .with_context(|| format!("kubectl {} runs for {PATIENCE:?}", arguments.join(" ")))??;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok(Said {
            success: output.status.success(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        })
    }

    /// Runs it, and returns its standard output.
    ///
    /// # Errors
    /// As [`run`](Self::run), and when it is not content, with its standard error.
    pub async fn say(&self, arguments: &[&str]) -> Result<String> {
        content(arguments, self.run(arguments, "").await?)
    }

    /// `kubectl apply` of a text.
    ///
    /// # Errors
    /// As [`say`](Self::say).
    pub async fn apply(&self, manifest: &str) -> Result<String> {
        let arguments = ["apply", "-f", "-"];
        content(&arguments, self.run(&arguments, manifest).await?)
    }

    /// `kubectl apply` of a file or folder.
    ///
    /// # Errors
    /// As [`say`](Self::say).
    pub async fn apply_files(&self, path: &Path) -> Result<String> {
        self.say(&["apply", "--recursive", "-f", &path.display().to_string()]).await
    }
}

fn content(arguments: &[&str], said: Said) -> Result<String> {
    if !said.success {
        bail!("kubectl {}: {}", arguments.join(" "), said.stderr.trim());
    }
    Ok(said.stdout)
}
