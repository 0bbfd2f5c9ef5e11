//! A folder of MaxMind DB files, read again when they change.
//!
//! Such a folder is a mounted volume, often over a network, where the system tells of no change: the files' times are looked at
//! every now and then instead. What is read is verified before it is used, and the last good version of a file stays in use until
//! the next is.

mod file;
mod scan;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use riskgate_core::ip::AddressFacts;
use tokio::time::{MissedTickBehavior, interval};

pub use self::file::{Database, FileError, Kind};
use self::scan::State;
pub use self::scan::{FileState, ScanError};

/// How often the folder is looked at.
const EVERY: Duration = Duration::from_secs(10);

/// The databases of a folder.
#[derive(Debug)]
pub struct Databases {
    folder: PathBuf,
    max_bytes: u64,
    state: ArcSwap<State>,
}

impl Databases {
    /// The databases of `folder`, read now, and looked at again for as long as the value lives. A file over `max_bytes` is not
    /// read. Blocks the thread while it reads; must be called within a tokio runtime.
    ///
    /// What cannot be read is told in the log, and until it can be, [`Databases::look_up`] says that something is missing.
    #[must_use]
    pub fn open(folder: PathBuf, max_bytes: u64) -> Arc<Self> {
        Self::open_every(folder, max_bytes, EVERY)
    }

    /// The same, with an interval of the caller's.
    #[must_use]
    pub fn open_every(folder: PathBuf, max_bytes: u64, every: Duration) -> Arc<Self> {
        let state = State::scan(&folder, max_bytes, &State::default());
        let databases = Arc::new(Self { folder, max_bytes, state: ArcSwap::from_pointee(state) });
        databases.follow(every);
        databases
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The most that a file may have.
    #[must_use]
    pub fn max_bytes(&self) -> u64 {
        self.max_bytes
    }

    /// What is known of each file.
    #[must_use]
    pub fn files(&self) -> Vec<FileState> {
        self.state.load().files()
    }

    /// What the databases say of an address together, and whether something is missing that they might have said.
    #[must_use]
    pub fn look_up(&self, address: IpAddr) -> (AddressFacts, bool) {
        let state = self.state.load();
        let mut missing = state.is_missing();
        let mut facts = AddressFacts::default();
        for database in state.databases() {
            match database.look_up(address) {
                Ok(said) => facts = facts.or(said),
                Err(error) => {
                    tracing::debug!(%error, kind = %database.kind(), "a record of a database does not read");
                    missing = true;
                }
            }
        }
        (facts, missing)
    }

    fn follow(self: &Arc<Self>, every: Duration) {
        let databases = Arc::downgrade(self);
        tokio::spawn(async move {
            let mut ticks = interval(every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks.tick().await; // the first is now
            loop {
                ticks.tick().await;
                let Some(databases) = databases.upgrade() else { return };
                let scanned = tokio::task::spawn_blocking(move || databases.refresh()).await;
                if let Err(error) = scanned {
                    tracing::error!(%error, "the databases could not be looked at");
                }
            }
        });
    }

    /// Looks at the folder now. Blocks.
    pub fn refresh(&self) {
        let before = self.state.load_full();
        let now = State::scan(&self.folder, self.max_bytes, &before);
        self.state.store(Arc::new(now));
    }
}
