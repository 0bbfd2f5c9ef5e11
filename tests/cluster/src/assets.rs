//! Where the programs of the control plane are.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

/// Names a folder whose programs come first, as `setup-envtest` prints it.
const GIVEN: &str = "KUBEBUILDER_ASSETS";

/// The folders that are searched, in order.
pub(crate) struct Assets(Vec<PathBuf>);

impl Assets {
    /// `KUBEBUILDER_ASSETS` where it is set, then what `make cluster-assets` built.
    pub(crate) fn locate() -> Result<Self> {
        let script = harness::root().join("tests/scripts/cluster-assets");
        let said = Command::new(&script).arg("--where").output().context("cannot run cluster-assets")?;
        ensure!(said.status.success(), "{}: {}", script.display(), String::from_utf8_lossy(&said.stderr));
        let built = String::from_utf8(said.stdout)?;
        let built = built.lines().map(PathBuf::from);
        let given = std::env::var_os(GIVEN).filter(|folder| !folder.is_empty()).map(PathBuf::from);
        Ok(Self(given.into_iter().chain(built).collect()))
    }

    /// The path of one program.
    ///
    /// # Errors
    /// When no folder holds it; the message says how to get it.
    pub(crate) fn program(&self, name: &str) -> Result<PathBuf> {
        let candidates = self.0.iter().map(|folder| folder.join(name));
        if let Some(program) = candidates.into_iter().find(|path| path.is_file()) {
            return Ok(program);
        }
        let searched = self.0.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>();
        bail!(
            "no {name} in {}: run `make cluster-assets` once, which builds it, or set {GIVEN}",
            searched.join(" or ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_folder_that_holds_a_program_wins() {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let assets = Assets(folders.iter().map(|folder| folder.path().to_owned()).collect());
        std::fs::write(folders[1].path().join("etcd"), "").unwrap();
        assert_eq!(assets.program("etcd").unwrap(), folders[1].path().join("etcd"));
        std::fs::write(folders[0].path().join("etcd"), "").unwrap();
        assert_eq!(assets.program("etcd").unwrap(), folders[0].path().join("etcd"));
    }

    #[test]
    fn a_missing_program_fails_with_the_command_that_builds_it() {
        let error = Assets(vec!["/nowhere".into()]).program("kube-apiserver").unwrap_err().to_string();
        assert!(error.starts_with("no kube-apiserver in /nowhere: run `make cluster-assets`"), "{error}");
    }
}
