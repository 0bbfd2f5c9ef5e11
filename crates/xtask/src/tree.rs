//! Where the source tree is, and which files in it are ours.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The root of the workspace.
pub(crate) struct Tree {
    root: PathBuf,
}

impl Tree {
    /// The tree that this command was built from.
    pub(crate) fn locate() -> Result<Self> {
        let built_in = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = built_in.ancestors().nth(2).context("xtask lies in crates/xtask of the workspace")?;
        let root = root.canonicalize().with_context(|| {
            format!(
                "{} is gone; was the tree moved? Run through `cargo xtask`, which builds anew",
                root.display()
            )
        })?;
        Ok(Self { root })
    }

    /// Another tree.
    #[cfg(test)]
    pub(crate) fn at(root: PathBuf) -> Self {
        Self { root }
    }

    /// The root folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Every file under `folder` (relative to the root) whose extension is one of `extensions`, sorted, with paths
    /// relative to the root. Build output, installed packages and hidden folders are left out.
    pub(crate) fn files(&self, folder: &str, extensions: &[&str]) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        self.collect(&self.root.join(folder), extensions, &mut found)?;
        found.sort();
        Ok(found)
    }

    fn collect(&self, folder: &Path, extensions: &[&str], found: &mut Vec<PathBuf>) -> Result<()> {
        let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            if entry.file_type()?.is_dir() {
                if !name.starts_with('.') && !matches!(&*name, "target" | "node_modules") {
                    self.collect(&path, extensions, found)?;
                }
            } else if path.extension().is_some_and(|found| extensions.iter().any(|wanted| found == *wanted)) {
                found.push(path.strip_prefix(&self.root)?.to_owned());
            }
        }
        Ok(())
    }

    /// The text of a file named relative to the root.
    pub(crate) fn read(&self, path: &Path) -> Result<String> {
        let path = self.root.join(path);
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    }
}
