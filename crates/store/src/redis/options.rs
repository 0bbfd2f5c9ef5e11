//! What a store over Redis or Valkey is made from.

use std::time::Duration;

use zeroize::Zeroizing;

use super::link::{SetupError, Target};
use crate::seal::KeyRing;

/// Everything that a [`super::RedisStore`] needs. What it was made from can change while it runs:
/// [`super::RedisStore::reconfigure`].
#[derive(Debug)]
pub struct RedisOptions {
    /// Where it is, and who we are there.
    pub reach: Reach,
    /// What every key name starts with, such as `riskgate:shop:retail:`. Sidecars that share transactions have the same.
    pub prefix: String,
    /// The keys that values are sealed under.
    pub keys: KeyRing,
}

/// How the servers are reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The servers.
    pub servers: Servers,
    /// Who we are there.
    pub login: Login,
    /// PEM certificates that theirs must lead to; the public web's where there are none.
    pub roots: Option<Vec<u8>>,
    /// How long anything may take.
    pub limits: Limits,
}

impl Reach {
    /// Whether a connection could be made with this; connects to nothing.
    ///
    /// # Errors
    ///
    /// [`SetupError`] where it could not.
    pub fn check(&self) -> Result<(), SetupError> {
        Target::new(self).map(drop)
    }
}

/// Which servers, by URLs of the form `rediss://HOST:PORT` (or `redis://`, without TLS).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Servers {
    /// One server.
    Single {
        /// Its URL.
        url: String,
    },
    /// The server that Sentinels name, with TLS to both or to neither.
    Sentinel {
        /// The Sentinels.
        urls: Vec<String>,
        /// What they call it.
        master_name: String,
    },
    /// A cluster.
    Cluster {
        /// Some of its nodes.
        urls: Vec<String>,
    },
}

impl Servers {
    /// Every URL that is written.
    #[must_use]
    pub fn urls(&self) -> &[String] {
        match self {
            Self::Single { url } => std::slice::from_ref(url),
            Self::Sentinel { urls, .. } | Self::Cluster { urls } => urls,
        }
    }
}

/// A user of the servers' access control list. Nothing of it is shown by `{:?}`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Login {
    /// The user; the server's `default` where there is none.
    pub username: Option<String>,
    /// The password.
    pub password: Option<Zeroizing<String>>,
    /// The user at the Sentinels.
    pub sentinel_username: Option<String>,
    /// The password at the Sentinels.
    pub sentinel_password: Option<Zeroizing<String>>,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Login {{ password: {} }}", self.password.is_some())
    }
}

/// How long anything may take: a user waits for each of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// One operation, sent and answered. A second attempt gets as long again.
    pub operation: Duration,
    /// Making a connection, with TLS and login, or finding the master or the cluster's layout.
    pub connect: Duration,
    /// Between attempts to connect: this at first, doubled each time up to `longest_pause`.
    pub first_pause: Duration,
    /// See `first_pause`.
    pub longest_pause: Duration,
}

impl Default for Limits {
    /// A server in the same cluster answers in well under a millisecond, and its longest regular pauses (a fork for a
    /// snapshot, a slow neighbour) are tens of milliseconds.
    fn default() -> Self {
        Self {
            operation: Duration::from_millis(80),
            connect: Duration::from_millis(500),
            first_pause: Duration::from_millis(50),
            longest_pause: Duration::from_secs(2),
        }
    }
}
