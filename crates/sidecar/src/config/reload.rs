//! Reloading: a change is validated whole, then swapped; what is invalid is refused, and the last good snapshot stays.

use std::sync::Arc;

use riskgate_core::SidecarConfig;

use super::made_with::MadeWith;
use super::snapshot::{Snapshot, SnapshotError, Surroundings};
use super::source::ConfigSource;

/// Makes snapshots from the configuration source and the credentials.
pub struct Loader {
    source: Box<dyn ConfigSource>,
    around: Surroundings,
    made_with: MadeWith,
}

/// Why a configuration was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It does not read.
    #[error("{0}")]
    Config(String),
    /// Something that it names cannot be used.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// It changes what a running sidecar cannot change.
    #[error("{0}: needs a new pod, or a restart outside a cluster")]
    NeedsRestart(String),
}

impl Loader {
    /// A loader for `source` with credentials and the rest of `around`. What the pod was made with is no change.
    #[must_use]
    pub fn new(source: Box<dyn ConfigSource>, around: Surroundings, made_with: MadeWith) -> Self {
        Self { source, around, made_with }
    }

    /// The ports that the pod was made with.
    #[must_use]
    pub fn made_with(&self) -> &MadeWith {
        &self.made_with
    }

    /// The folders and files whose changes are followed.
    #[must_use]
    pub fn watched(&self) -> (&std::path::Path, &std::path::Path) {
        (self.source.path(), self.around.credentials.folder())
    }

    /// What snapshots are made from besides the configuration.
    #[must_use]
    pub fn around(&self) -> &Surroundings {
        &self.around
    }

    /// Makes a snapshot of what is there now.
    ///
    /// # Errors
    ///
    /// [`LoadError`]; nothing was changed.
    pub fn load(&self, previous: Option<&Arc<Snapshot>>) -> Result<Snapshot, LoadError> {
        let config = self.source.read().map_err(LoadError::Config)?;
        if let Some(previous) = previous {
            keeps(&previous.config, &config, &self.made_with)?;
        }
        Ok(Snapshot::build(config, &self.around, previous.map(Arc::as_ref))?)
    }
}

impl Loader {
    /// Makes the snapshot in force anew, without the certificates whose time is over. What changed on disk plays no part, so
    /// that an invalid change keeps no key in memory.
    ///
    /// # Errors
    ///
    /// [`LoadError`] when a credential of the configuration in force is gone.
    pub fn renew(&self, current: &Snapshot) -> Result<Snapshot, LoadError> {
        Ok(Snapshot::build(current.config.clone(), &self.around, Some(current))?)
    }
}

/// Ports and provider names are injected into the application's environment when its pod is made: they cannot follow. Nor can
/// the kind of store.
fn keeps(old: &SidecarConfig, new: &SidecarConfig, made_with: &MadeWith) -> Result<(), LoadError> {
    let listeners = |config: &SidecarConfig| {
        config.providers.iter().map(|entry| (entry.name.clone(), made_with.listen(entry))).collect::<Vec<_>>()
    };
    let own = |config: &SidecarConfig| (made_with.admin(config), made_with.health(config));
    if listeners(old) != listeners(new) {
        return Err(LoadError::NeedsRestart("providers: another set of names and ports".to_owned()));
    }
    if own(old) != own(new) {
        return Err(LoadError::NeedsRestart("ports: other ports".to_owned()));
    }
    // What is open is in one of the two, and is not carried over.
    if old.store.redis.is_some() != new.store.redis.is_some() {
        return Err(LoadError::NeedsRestart("store: memory and redis are not exchanged".to_owned()));
    }
    Ok(())
}
