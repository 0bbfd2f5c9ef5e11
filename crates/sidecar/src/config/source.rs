//! Where the configuration comes from.

use std::path::{Path, PathBuf};

use riskgate_core::SidecarConfig;

/// Where the configuration comes from: a compiled file in a pod, a policy file on a laptop.
pub trait ConfigSource: Send + Sync {
    /// Reads the configuration as it is now.
    ///
    /// # Errors
    ///
    /// What is wrong, where, and what to write instead, for people.
    fn read(&self) -> Result<SidecarConfig, String>;

    /// The file whose changes are followed.
    fn path(&self) -> &Path;
}

/// A compiled configuration file, as the operator writes it.
#[derive(Debug, Clone)]
pub struct ConfigFile {
    path: PathBuf,
}

impl ConfigFile {
    /// The file at `path`.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }
}

impl ConfigSource for ConfigFile {
    fn read(&self) -> Result<SidecarConfig, String> {
        let path = self.path.display();
        let text = std::fs::read_to_string(&self.path).map_err(|error| format!("{path}: {error}"))?;
        SidecarConfig::from_yaml(&text).map_err(|error| format!("{path}: {error}"))
    }

    fn path(&self) -> &Path {
        &self.path
    }
}
