//! The real kubectl.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use kube::config::Kubeconfig;
use tempfile::TempDir;

use crate::tool::{Said, run, run_with};

/// kubectl with a kubeconfig of its own, in a home of its own.
pub struct Kubectl {
    program: PathBuf,
    home: TempDir,
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
        let kubeconfig = format!("--kubeconfig={}", self.kubeconfig().display());
        let arguments: Vec<&str> =
            [kubeconfig.as_str()].into_iter().chain(arguments.iter().copied()).collect();
        run(&self.program, self.home.path(), &arguments, input).await
    }

    /// Runs a plugin: a program of `folder`, as kubectl finds it on the path.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn plugin(&self, folder: &Path, arguments: &[&str]) -> Result<Said> {
        let paths = std::env::var_os("PATH").unwrap_or_default();
        let paths =
            std::env::join_paths([folder.to_owned()].into_iter().chain(std::env::split_paths(&paths)))?;
        // Flags before a plugin's name are not passed on.
        let kubeconfig = self.kubeconfig();
        let environment = [("PATH", paths.as_os_str()), ("KUBECONFIG", kubeconfig.as_os_str())];
        run_with(&self.program, self.home.path(), arguments, &environment, "").await
    }

    /// Runs it, and returns its standard output.
    ///
    /// # Errors
    /// As [`run`](Self::run), and when it is not content, with its standard error.
    pub async fn say(&self, arguments: &[&str]) -> Result<String> {
        self.run(arguments, "").await?.content(&format!("kubectl {}", arguments.join(" ")))
    }

    /// `kubectl apply` of a text.
    ///
    /// # Errors
    /// As [`say`](Self::say).
    pub async fn apply(&self, manifest: &str) -> Result<String> {
        self.run(&["apply", "-f", "-"], manifest).await?.content("kubectl apply")
    }

    /// `kubectl apply` of a file or folder.
    ///
    /// # Errors
    /// As [`say`](Self::say).
    pub async fn apply_files(&self, path: &Path) -> Result<String> {
        self.say(&["apply", "--recursive", "-f", &path.display().to_string()]).await
    }
}
