//! A real `redis-server` on a private port and folder; another one that speaks its language where `RISKGATE_REDIS_SERVER` names it.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use redis::{FromRedisValue, Value};
use tempfile::TempDir;

use crate::process::Process;
use crate::spawn::tethered;
use crate::wait::{PATIENCE, eventually};

/// A running server that keeps nothing on disk. Dropping it kills it.
pub struct RedisServer {
    process: Process,
    folder: TempDir,
    port: u16,
    arguments: Vec<String>,
}

/// Names another server than Redis that the tests start, such as `valkey-server`.
const SERVER_VARIABLE: &str = "RISKGATE_REDIS_SERVER";

/// The server that is started.
pub(crate) fn server_program() -> OsString {
    std::env::var_os(SERVER_VARIABLE).unwrap_or_else(|| "redis-server".into())
}

/// A port that was free just now. Whoever takes it meanwhile makes the server fail, and another is tried.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?.local_addr()?.port())
}

impl RedisServer {
    /// Starts one with further arguments of its command line, such as `["--requirepass", "secret"]`.
    ///
    /// # Errors
    /// When `redis-server` (Debian's package of that name) does not start.
    pub async fn start(arguments: &[&str]) -> Result<Self> {
        let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let mut last = None;
        for _ in 0..5 {
            let folder = tempfile::tempdir()?;
            let port = free_port()?;
            match launch(port, &folder, &arguments).await {
                Ok(process) => return Ok(Self { process, folder, port, arguments }),
                Err(error) => last = Some(error),
            }
        }
        Err(last.context("never tried")?)
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `redis://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Its process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// One command, over a connection of its own.
    ///
    /// # Errors
    /// When the server refuses it, or does not answer.
    pub async fn command<T: FromRedisValue>(&self, words: &[&str]) -> Result<T> {
        command(&self.url(), words).await
    }

    /// Everything that it holds, key by key with all fields and values, as one text: to be searched for what must not be there.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn everything(&self) -> Result<String> {
        let names: Vec<String> = self.command(&["KEYS", "*"]).await?;
        let mut all = String::new();
        for name in names {
            let value: Value = match self.command::<String>(&["TYPE", &name]).await?.as_str() {
                "hash" => self.command(&["HGETALL", &name]).await?,
                _ => self.command(&["GET", &name]).await?,
            };
            all.push_str(&name);
            append(&mut all, &value);
        }
        Ok(all)
    }

    /// How many commands it has done, as `INFO commandstats` counts them; those in scripts not among them are counted, too.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn calls(&self, command: &str) -> Result<u64> {
        let stats: String = self.command(&["INFO", "commandstats"]).await?;
        let prefix = format!("cmdstat_{command}:calls=");
        let line = stats.lines().find_map(|line| line.strip_prefix(&prefix));
        Ok(line.and_then(|line| line.split(',').next()?.parse().ok()).unwrap_or(0))
    }

    /// Ends it as a machine that loses its power does.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn kill(&mut self) -> Result<()> {
        self.process.kill();
        self.process.exited(PATIENCE).await.map(drop)
    }

    /// Starts it again, empty, on the port that it had.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn restart(&mut self) -> Result<()> {
        let process = eventually("the port to be free again", PATIENCE, || {
            launch(self.port, &self.folder, &self.arguments)
        });
        self.process = process.await?;
        Ok(())
    }
}

/// One command, over a connection of its own.
pub(crate) async fn command<T: FromRedisValue>(url: &str, words: &[&str]) -> Result<T> {
    let mut connection = redis::Client::open(url)?.get_multiplexed_async_connection().await?;
    let (name, arguments) = words.split_first().context("no command")?;
    redis::cmd(name).arg(arguments).query_async(&mut connection).await.with_context(|| words.join(" "))
}

fn append(text: &mut String, value: &Value) {
    match value {
        Value::BulkString(bytes) => text.push_str(&String::from_utf8_lossy(bytes)),
        Value::Array(values) => values.iter().for_each(|value| append(text, value)),
        Value::Map(pairs) => pairs.iter().for_each(|(key, value)| {
            append(text, key);
            append(text, value);
        }),
        other => text.push_str(&format!("{other:?}")),
    }
}

async fn launch(port: u16, folder: &TempDir, arguments: &[String]) -> Result<Process> {
    let mut command = tethered(server_program());
    command.current_dir(folder.path()).args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
    command.args(["--daemonize", "no", "--protected-mode", "no"]);
    // A port for TLS takes the place of the plain one.
    let option =
        if arguments.iter().any(|argument| argument == "--tls-cert-file") { "--tls-port" } else { "--port" };
    command.args([option, &port.to_string()]);
    if option == "--tls-port" {
        command.args(["--port", "0"]);
    }
    let mut process = Process::start("redis-server", command_with(command, arguments))?;
    let ready = |line: &str| line.contains("Ready to accept connections").then_some(());
    if let Err(error) = process.stdout().wait("redis-server to be ready", PATIENCE, ready).await {
        let status = process.exited(Duration::from_secs(1)).await;
        bail!("redis-server did not start ({status:?}): {error:#}");
    }
    Ok(process)
}

fn command_with(mut command: std::process::Command, arguments: &[String]) -> std::process::Command {
    command.args(arguments);
    command
}

/// Three servers that are one cluster.
pub struct RedisCluster {
    nodes: Vec<RedisServer>,
}

/// The number of hash slots of every cluster.
const SLOTS: usize = 16384;

impl RedisCluster {
    /// Starts one of three nodes, each with a third of the slots, and waits until all agree.
    ///
    /// # Errors
    /// When a node does not start, or they do not find each other.
    pub async fn start() -> Result<Self> {
        let mut nodes = Vec::new();
        for _ in 0..3 {
            let bus = free_port()?.to_string();
            let arguments =
                ["--cluster-enabled", "yes", "--cluster-port", &bus, "--cluster-node-timeout", "2000"];
            nodes.push((RedisServer::start(&arguments).await?, bus));
        }
        let (first, bus) = &nodes[0];
        let (port, bus) = (first.port().to_string(), bus.clone());
        for (index, (node, _)) in nodes.iter().enumerate() {
            let from = index * SLOTS / 3;
            let to = (index + 1) * SLOTS / 3 - 1;
            let range = [from.to_string(), to.to_string()];
            node.command::<()>(&["CLUSTER", "ADDSLOTSRANGE", &range[0], &range[1]]).await?;
            if index > 0 {
                node.command::<()>(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus]).await?;
            }
        }
        let cluster = Self { nodes: nodes.into_iter().map(|(node, _)| node).collect() };
        for node in &cluster.nodes {
            eventually("the cluster to agree", PATIENCE, || async {
                let info: String = node.command(&["CLUSTER", "INFO"]).await?;
                let agrees = info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3");
                ensure!(agrees, "{info}");
                Ok(())
            })
            .await?;
        }
        Ok(cluster)
    }

    /// The URL of each node.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(RedisServer::url).collect()
    }

    /// The nodes.
    pub fn nodes(&mut self) -> &mut [RedisServer] {
        &mut self.nodes
    }
}
