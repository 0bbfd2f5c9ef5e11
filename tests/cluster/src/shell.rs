//! A person's shell: helm, kubectl and riskgate on the path, a kubeconfig, and a clone of this tree as the current folder.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use anyhow::Result;
use harness::{binary, root};
use kube::config::Kubeconfig;
use tempfile::TempDir;

use crate::assets::Assets;
use crate::tool::{Said, run_with};

/// What of the clone a page may name.
const CLONE: [&str; 2] = ["charts", "examples"];

/// A shell in a folder of its own.
pub struct Shell {
    folder: TempDir,
    path: std::ffi::OsString,
}

impl Shell {
    /// Opens one. The API server has no route to Services (test-components.md section 1): every release is told the address
    /// `webhooks` in place of its own.
    ///
    /// # Errors
    /// When a program is missing.
    pub(crate) fn open(kubeconfig: &Kubeconfig, webhooks: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join(".kube"))?;
        fs::write(folder.path().join(".kube/config"), serde_yaml::to_string(kubeconfig)?)?;
        for part in CLONE {
            symlink(root().join(part), folder.path().join(part))?;
        }
        let (assets, programs) = (Assets::locate()?, folder.path().join("bin"));
        fs::create_dir(&programs)?;
        symlink(assets.program("kubectl")?, programs.join("kubectl"))?;
        symlink(binary("riskgate")?, programs.join("riskgate"))?;
        let helm = format!(
            "#!/bin/sh\ncase $1 in install|upgrade) set -- \"$@\" --set webhook.url={webhooks} ;; esac\nexec '{}' \"$@\"\n",
            assets.program("helm")?.display()
        );
        fs::write(programs.join("helm"), helm)?;
        fs::set_permissions(programs.join("helm"), fs::Permissions::from_mode(0o755))?;
        let others = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths([programs].into_iter().chain(std::env::split_paths(&others)))?;
        Ok(Self { folder, path })
    }

    /// A file in the current folder.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command, with more in its environment.
    ///
    /// # Errors
    /// When it does not end. What it refuses is no error.
    pub async fn run(&self, command: &str, variables: &[(&str, &str)]) -> Result<Said> {
        let script = format!("set -euo pipefail\ncd \"$HOME\"\n{command}");
        let mut environment = vec![("PATH", self.path.as_os_str())];
        environment.extend(variables.iter().map(|(name, value)| (*name, value.as_ref())));
        run_with(Path::new("/bin/bash"), self.folder.path(), &["-c", &script], &environment, "").await
    }
}
