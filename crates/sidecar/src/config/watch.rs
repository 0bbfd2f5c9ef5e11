//! Noticing changes: of a file, of a folder below the credentials, or of Kubernetes' `..data` symlink.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

/// How long a change is let to settle: several files of one change are one reload.
const SETTLE: Duration = Duration::from_millis(20);
/// How often everything is read without an event: some file systems tell of no change.
pub const POLL: Duration = Duration::from_secs(10);

/// Tells when something below the watched paths may have changed.
pub struct Changes {
    events: mpsc::Receiver<()>,
    // Held so that waiting never ends at once where there is no watcher.
    _sender: mpsc::Sender<()>,
    fingerprint: [u8; 32],
    file: PathBuf,
    folder: PathBuf,
    _watcher: Option<RecommendedWatcher>,
}

impl Changes {
    /// Watches `file` and everything below `folder`. Where the system gives no events, polling alone remains.
    #[must_use]
    pub fn watch(file: &Path, folder: &Path) -> Self {
        let (sender, events) = mpsc::channel(1);
        let watcher = watcher(file, folder, sender.clone())
            .inspect_err(
                |error| tracing::warn!(%error, "changes are polled for: the system gives no file events"),
            )
            .ok();
        let fingerprint = fingerprint(file, folder);
        Self {
            events,
            _sender: sender,
            fingerprint,
            file: file.to_owned(),
            folder: folder.to_owned(),
            _watcher: watcher,
        }
    }

    /// Waits until the content of a watched file differs from what it was at the last call, or until [`POLL`] has passed.
    /// True when something differs.
    pub async fn next(&mut self) -> bool {
        // An event or the poll interval: both end in a comparison of contents.
        if tokio::time::timeout(POLL, self.events.recv()).await.is_ok() {
            tokio::time::sleep(SETTLE).await;
            while self.events.try_recv().is_ok() {}
        }
        let now = fingerprint(&self.file, &self.folder);
        let changed = now != self.fingerprint;
        self.fingerprint = now;
        changed
    }
}

fn watcher(file: &Path, folder: &Path, sender: mpsc::Sender<()>) -> notify::Result<RecommendedWatcher> {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let places = Places {
        parent: parent.canonicalize().map_err(notify::Error::io)?,
        name: file.file_name().unwrap_or_default().to_owned(),
        folder: folder.canonicalize().map_err(notify::Error::io)?,
    };
    let (parent, folder) = (places.parent.clone(), places.folder.clone());
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if event.map_or(true, |event| places.concerns(&event)) {
            // A full channel already holds the news; a closed one means that nobody listens any more.
            let _full = sender.try_send(());
        }
    })?;
    watcher.watch(&parent, RecursiveMode::NonRecursive)?;
    watcher.watch(&folder, RecursiveMode::Recursive)?;
    Ok(watcher)
}

/// What is watched, to tell news from what happens beside it: a decision log in the folder of the configuration would
/// otherwise be news at every line.
struct Places {
    parent: PathBuf,
    name: OsString,
    folder: PathBuf,
}

impl Places {
    fn concerns(&self, event: &Event) -> bool {
        !matches!(event.kind, EventKind::Access(_)) && event.paths.iter().any(|path| self.is_watched(path))
    }

    /// The file itself, Kubernetes' `..data` beside it, or anything among the credentials.
    fn is_watched(&self, path: &Path) -> bool {
        let beside = path.parent() == Some(&self.parent);
        let name = path.file_name().unwrap_or_default();
        path.starts_with(&self.folder)
            || beside && (name == self.name || name.as_encoded_bytes().starts_with(b".."))
    }
}

/// A hash over the contents of the file and of every file in `secrets/*/*` and `configmaps/*/*`.
fn fingerprint(file: &Path, folder: &Path) -> [u8; 32] {
    let mut hash = Sha256::new();
    add_file(&mut hash, file);
    for kind in ["secrets", "configmaps"] {
        for entry in sorted(&folder.join(kind)) {
            for key in sorted(&entry) {
                add_file(&mut hash, &key);
            }
        }
    }
    hash.finalize().into()
}

fn add_file(hash: &mut Sha256, path: &Path) {
    let content = std::fs::read(path).ok();
    hash.update(path.as_os_str().as_encoded_bytes());
    hash.update([0, u8::from(content.is_some())]);
    if let Some(content) = content {
        hash.update(content.len().to_le_bytes());
        hash.update(&content);
    }
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_beside_the_configuration_is_no_news() {
        let places = Places {
            parent: "/run/riskgate".into(),
            name: "config.v1.yaml".into(),
            folder: "/run/credentials".into(),
        };
        for watched in
            ["/run/riskgate/config.v1.yaml", "/run/riskgate/..data", "/run/credentials/secrets/rp/tls.crt"]
        {
            assert!(places.is_watched(Path::new(watched)), "{watched}");
        }
        for other in ["/run/riskgate/decisions.jsonl", "/run/riskgate/sub/config.v1.yaml"] {
            assert!(!places.is_watched(Path::new(other)), "{other}");
        }
    }
}
