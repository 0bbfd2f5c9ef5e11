//! The store that the demo's sidecars share: a `redis-server` of the demo's own, or one that the user names.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use riskgate_core::config::{RedisStore, SealKeysRef};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

/// The Secret with the demo's seal key.
const SEAL: &str = "riskgate-demo-seal";
const KEY: &str = "key";
/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many ports are tried: another process may take one between the choice and the server.
const PORTS: u32 = 3;

/// The store, with the server where it is the demo's own.
pub(super) struct SharedRedis {
    url: String,
    _server: Option<Child>,
}

/// Why there is no store.
#[derive(Debug, thiserror::Error)]
pub(super) enum RedisError {
    #[error(
        "redis-server is not on the path; install it (Debian's package redis-server), or write --redis URL"
    )]
    Missing,
    #[error("redis-server did not start; write --redis URL for a server that runs")]
    NotStarted,
    #[error("the seal key cannot be made: {0}")]
    Key(std::io::Error),
}

impl SharedRedis {
    /// The server at `url`, or else one that ends with this.
    pub(super) async fn start(url: Option<String>, credentials: &Path) -> Result<Self, RedisError> {
        write_key(credentials).map_err(RedisError::Key)?;
        if let Some(url) = url {
            return Ok(Self { url, _server: None });
        }
        for _ in 0..PORTS {
            if let Some((port, server)) = server(credentials).await? {
                return Ok(Self { url: format!("redis://127.0.0.1:{port}"), _server: Some(server) });
            }
        }
        Err(RedisError::NotStarted)
    }

    /// What a policy says to use it.
    pub(super) fn config(&self) -> RedisStore {
        RedisStore {
            url: Some(self.url.clone()),
            sentinel: None,
            cluster: None,
            credentials_ref: None,
            trust_bundle_ref: None,
            seal_keys_ref: SealKeysRef { name: SEAL.to_owned(), keys: vec![KEY.to_owned()] },
        }
    }
}

/// A throw-away key.
fn write_key(credentials: &Path) -> std::io::Result<()> {
    let folder = credentials.join("secrets").join(SEAL);
    std::fs::create_dir_all(&folder)?;
    let (one, other) = (uuid::Uuid::new_v4(), uuid::Uuid::new_v4());
    std::fs::write(folder.join(KEY), [one.into_bytes(), other.into_bytes()].concat())
}

/// A server on loopback that keeps nothing; none where its port was taken meanwhile.
async fn server(folder: &Path) -> Result<Option<(u16, Child)>, RedisError> {
    let free = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await;
    let port = free.and_then(|listener| listener.local_addr()).map_err(|_| RedisError::NotStarted)?.port();
    let spawned = Command::new("redis-server")
        .current_dir(folder)
        .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "no"])
        .args(["--maxmemory-policy", "noeviction"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(RedisError::Missing),
        Err(_) => return Err(RedisError::NotStarted),
    };
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        if child.try_wait().is_ok_and(|ended| ended.is_some()) {
            return Ok(None);
        }
        if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_ok() {
            return Ok(Some((port, child)));
        }
        sleep(Duration::from_millis(10)).await;
    }
    Ok(None)
}
