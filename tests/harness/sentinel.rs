//! A real Redis Sentinel that watches over a server with a replica.

use anyhow::{Result, ensure};
use redis::FromRedisValue;
use tempfile::TempDir;

use crate::process::Process;
use crate::redis::{RedisServer, command, free_port, server_program};
use crate::spawn::tethered;
use crate::wait::{PATIENCE, eventually};

/// A primary, a replica, and a Sentinel that knows them as `main`.
pub struct SentinelGroup {
    /// What is primary at first.
    pub primary: RedisServer,
    /// What takes over.
    pub replica: RedisServer,
    port: u16,
    _sentinel: Process,
    _folder: TempDir,
}

impl SentinelGroup {
    /// Starts all three, and waits until the Sentinel knows the replica.
    ///
    /// # Errors
    /// When one of them does not start.
    pub async fn start() -> Result<Self> {
        let primary = RedisServer::start(&[]).await?;
        let replica = RedisServer::start(&["--replicaof", "127.0.0.1", &primary.port().to_string()]).await?;
        let (folder, port) = (tempfile::tempdir()?, free_port()?);
        let file = folder.path().join("sentinel.conf");
        let watched = primary.port();
        std::fs::write(
            &file,
            format!(
                "port {port}\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 {watched} 1\n\
                 sentinel down-after-milliseconds main 500\nsentinel failover-timeout main 5000\n"
            ),
        )?;
        let mut sentinel = tethered(server_program());
        sentinel.current_dir(folder.path()).arg(&file).arg("--sentinel");
        let sentinel = Process::start("redis-sentinel", sentinel)?;
        let watching = |line: &str| line.contains("+monitor master main").then_some(());
        sentinel.stdout().wait("the Sentinel to watch", PATIENCE, watching).await?;
        let group = Self { primary, replica, port, _sentinel: sentinel, _folder: folder };
        eventually("the Sentinel to know the replica", PATIENCE, || async {
            let known: Vec<redis::Value> = group.command(&["SENTINEL", "REPLICAS", "main"]).await?;
            ensure!(known.len() == 1, "{known:?}");
            Ok(())
        })
        .await?;
        Ok(group)
    }

    /// One command for the Sentinel, over a connection of its own.
    ///
    /// # Errors
    /// When it refuses it, or does not answer.
    pub async fn command<T: FromRedisValue>(&self, words: &[&str]) -> Result<T> {
        command(&self.url(), words).await
    }

    /// The Sentinel's URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}
