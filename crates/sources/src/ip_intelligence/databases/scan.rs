//! One look at the folder: what is new is read, what is gone is left, what is broken leaves its last good version in use.

use std::fs::{self, File, Metadata};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use super::file::{Database, FileError, Kind};

/// The most files of a folder that are read.
const MOST_FILES: usize = 16;

/// Why a file, or the folder, is of no use at the moment.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// It is larger than the policy allows.
    #[error(
        "it has more than {0} bytes; write a larger databases.maxBytes, and a memory limit that leaves room for it"
    )]
    TooLarge(u64),
    /// It changed while it was read.
    #[error("it is being written")]
    Unfinished,
    /// It is no database.
    #[error(transparent)]
    File(#[from] FileError),
}

/// What is known of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileState {
    /// Its name.
    pub name: String,
    /// What it tells, and when it was built; none while no version of it could be used.
    pub in_use: Option<(Kind, u64)>,
    /// Whether it is there now in a version that can be used.
    pub is_current: bool,
}

/// What tells one version of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    length: u64,
    modified: (i64, i64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }
}

#[derive(Debug, Clone)]
struct Entry {
    name: String,
    /// The version that was looked at last; none where it is to be looked at again.
    stamp: Option<Stamp>,
    /// What is wrong with that version; nothing where it is the one in use.
    fault: Option<String>,
    database: Option<Arc<Database>>,
}

/// What the folder held at one look.
#[derive(Debug, Default)]
pub(super) struct State {
    entries: Vec<Entry>,
    /// What is wrong with the folder itself.
    fault: Option<String>,
}

impl State {
    /// Looks at the folder. Blocks.
    pub(super) fn scan(folder: &Path, max_bytes: u64, before: &Self) -> Self {
        let folder_shown = folder.display();
        let names = match names(folder) {
            Ok(names) => names,
            Err(error) => {
                let fault = Some(error.to_string());
                if fault != before.fault {
                    tracing::error!(folder = %folder_shown, %error, "the folder of databases cannot be read");
                }
                return Self { entries: before.entries.clone(), fault };
            }
        };
        let fault = names.is_empty().then(|| "it holds no file *.mmdb".to_owned());
        if let Some(fault) = fault.as_ref().filter(|_| fault != before.fault) {
            tracing::error!(folder = %folder_shown, fault, "the folder of databases is of no use");
        }
        let entries = names
            .into_iter()
            .map(|name| {
                let known = before.entries.iter().find(|entry| entry.name == name);
                look_at(folder, name, max_bytes, known)
            })
            .collect();
        Self { entries, fault }
    }

    /// The databases in use, in the order of their files' names.
    pub(super) fn databases(&self) -> impl Iterator<Item = &Database> {
        self.entries.iter().filter_map(|entry| entry.database.as_deref())
    }

    /// Whether something is not known that the folder should tell: a file of which no version could be used, or no file at all.
    pub(super) fn is_missing(&self) -> bool {
        self.entries.is_empty() || self.entries.iter().any(|entry| entry.database.is_none())
    }

    pub(super) fn files(&self) -> Vec<FileState> {
        let state = |entry: &Entry| FileState {
            name: entry.name.clone(),
            in_use: entry.database.as_ref().map(|database| (database.kind(), database.built())),
            is_current: entry.fault.is_none(),
        };
        self.entries.iter().map(state).collect()
    }
}

/// The databases' names, sorted. What begins with a dot is Kubernetes', or somebody's who is still writing.
fn names(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        names.extend(
            name.to_str().filter(|name| name.ends_with(".mmdb") && !name.starts_with('.')).map(str::to_owned),
        );
    }
    names.sort();
    if names.len() > MOST_FILES {
        tracing::error!(folder = %folder.display(), files = names.len(), most = MOST_FILES, "too many databases: the rest is not read");
        names.truncate(MOST_FILES);
    }
    Ok(names)
}

fn look_at(folder: &Path, name: String, max_bytes: u64, known: Option<&Entry>) -> Entry {
    let path = folder.join(&name);
    let stamp = fs::metadata(&path).map(|metadata| Stamp::of(&metadata)).ok();
    if let Some(known) = known.filter(|known| stamp.is_some() && known.stamp == stamp) {
        return known.clone();
    }
    match read(&path, max_bytes) {
        Ok((database, stamp)) => {
            tracing::info!(file = name, kind = %database.kind(), built = database.built(), "a database was read");
            Entry { name, stamp: Some(stamp), fault: None, database: Some(Arc::new(database)) }
        }
        Err(error) => {
            let database = known.and_then(|known| known.database.clone());
            let fault = error.to_string();
            if known.and_then(|known| known.fault.as_ref()) != Some(&fault) {
                let stays = database.is_some();
                tracing::error!(file = name, %error, stays, "a database cannot be used; its last good version stays where there is one");
            }
            // What is being written, or cannot be reached, is looked at again; what is broken only when it changes.
            let settled = matches!(error, ScanError::File(_) | ScanError::TooLarge(_));
            Entry { name, stamp: stamp.filter(|_| settled), fault: Some(fault), database }
        }
    }
}

fn read(path: &Path, max_bytes: u64) -> Result<(Database, Stamp), ScanError> {
    let mut file = File::open(path)?;
    let before = Stamp::of(&file.metadata()?);
    if before.length > max_bytes {
        return Err(ScanError::TooLarge(max_bytes));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(before.length).unwrap_or_default());
    (&mut file).take(max_bytes.saturating_add(1)).read_to_end(&mut bytes)?;
    if Stamp::of(&file.metadata()?) != before || bytes.len() as u64 != before.length {
        return Err(ScanError::Unfinished);
    }
    Ok((Database::new(bytes)?, before))
}
