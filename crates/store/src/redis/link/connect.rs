//! Making a connection: to one server, to the master that Sentinels name, or to a cluster.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::select_ok;
use redis::cluster::ClusterClient;
use redis::sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType};
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisError,
    RedisResult, TlsCertificates, TlsMode,
};

use super::connection::Connection;
use crate::redis::options::{Limits, Login, Reach, Servers};

/// How many operations may be on their way over one connection. More wait, and time out where they stand: without a bound
/// a stalled server would be told of hours of work.
const IN_FLIGHT: usize = 1024;

/// Why no connection can ever be made like this.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SetupError {
    /// A URL does not read.
    #[error("{url:?} is no URL of a server ({reason}); write rediss://HOST:PORT")]
    Url {
        /// The URL.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The roots do not read, or the client cannot be made of these parts.
    #[error("{0}")]
    Client(String),
}

/// Where connections are made to.
pub(crate) struct Target {
    kind: Kind,
    limits: Limits,
}

enum Kind {
    One(Box<Client>),
    /// One client a Sentinel: asked at once, so that one that cannot be reached delays nobody.
    Sentinel(Vec<SentinelClient>),
    Cluster(Box<ClusterClient>),
}

impl Target {
    /// Reads URLs, roots and login; connects to nothing.
    pub(crate) fn new(reach: &Reach) -> Result<Self, SetupError> {
        let certificates = TlsCertificates { client_tls: None, root_cert: reach.roots.clone() };
        let kind = match &reach.servers {
            Servers::Single { url } => Kind::One(Box::new(single(url, &reach.login, certificates)?)),
            Servers::Sentinel { urls, master_name } => {
                let client = |url| {
                    sentinel(std::slice::from_ref(url), master_name, &reach.login, certificates.clone())
                };
                Kind::Sentinel(urls.iter().map(client).collect::<Result<_, _>>()?)
            }
            Servers::Cluster { urls } => {
                Kind::Cluster(Box::new(cluster(urls, &reach.login, certificates, reach.limits)?))
            }
        };
        Ok(Self { kind, limits: reach.limits })
    }

    /// Makes a connection that was logged in and answered. Bounded by the caller.
    pub(crate) async fn connect(&mut self) -> RedisResult<Connection> {
        // The link's own limit comes first: it is kept by whoever waits.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.limits.connect))
            .set_response_timeout(Some(self.limits.operation * 2))
            .set_concurrency_limit(IN_FLIGHT);
        let connection = match &mut self.kind {
            Kind::One(client) => {
                Connection::One(client.get_multiplexed_async_connection_with_config(&config).await?)
            }
            Kind::Sentinel(clients) => {
                let asked =
                    clients.iter_mut().map(|client| client.get_async_connection_with_config(&config).boxed());
                Connection::One(select_ok(asked).await?.0)
            }
            Kind::Cluster(client) => Connection::Cluster(client.get_async_connection().await?),
        };
        connection.ping().await?;
        Ok(connection)
    }
}

fn single(url: &str, login: &Login, certificates: TlsCertificates) -> Result<Client, SetupError> {
    let info = info(url)?;
    let mut settings = info.redis_settings().clone();
    if let Some(username) = &login.username {
        settings = settings.set_username(username);
    }
    if let Some(password) = &login.password {
        settings = settings.set_password(password.as_str());
    }
    let info = info.set_redis_settings(settings);
    if is_tls(&info) { Client::build_with_tls(info, certificates) } else { Client::open(info) }
        .map_err(client)
}

fn sentinel(
    urls: &[String],
    master_name: &str,
    login: &Login,
    certificates: TlsCertificates,
) -> Result<SentinelClient, SetupError> {
    let infos = infos(urls)?;
    let tls = infos.iter().any(is_tls);
    let addresses: Vec<ConnectionAddr> = infos.iter().map(|info| info.addr().clone()).collect();
    let mut builder =
        SentinelClientBuilder::new(addresses, master_name, SentinelServerType::Master).map_err(client)?;
    if tls {
        builder = builder
            .set_client_to_redis_tls_mode(TlsMode::Secure)
            .set_client_to_redis_certificates(certificates.clone())
            .set_client_to_sentinel_certificates(certificates);
    }
    if let Some(username) = &login.username {
        builder = builder.set_client_to_redis_username(username);
    }
    if let Some(password) = &login.password {
        builder = builder.set_client_to_redis_password(password.as_str());
    }
    if let Some(username) = &login.sentinel_username {
        builder = builder.set_client_to_sentinel_username(username);
    }
    if let Some(password) = &login.sentinel_password {
        builder = builder.set_client_to_sentinel_password(password.as_str());
    }
    builder.build().map_err(client)
}

fn cluster(
    urls: &[String],
    login: &Login,
    certificates: TlsCertificates,
    limits: Limits,
) -> Result<ClusterClient, SetupError> {
    let infos = infos(urls)?;
    let tls = infos.iter().any(is_tls);
    let mut builder = ClusterClient::builder(infos)
        // Part of the whole: a node that cannot be reached leaves time for the others.
        .connection_timeout(limits.connect / 3)
        .response_timeout(limits.operation * 2)
        .connection_concurrency_limit(IN_FLIGHT)
        // Redirections are followed within one operation's time; what takes longer is ours to try again.
        .retries(2)
        .min_retry_wait(1)
        .max_retry_wait(u64::try_from(Duration::as_millis(&(limits.operation / 4))).unwrap_or(1).max(2));
    if tls {
        builder = builder.tls(TlsMode::Secure).certs(certificates);
    }
    if let Some(username) = &login.username {
        builder = builder.username(username);
    }
    if let Some(password) = &login.password {
        builder = builder.password(password.as_str());
    }
    builder.build().map_err(client)
}

fn infos(urls: &[String]) -> Result<Vec<ConnectionInfo>, SetupError> {
    urls.iter().map(|url| info(url)).collect()
}

fn info(url: &str) -> Result<ConnectionInfo, SetupError> {
    url.into_connection_info()
        .map_err(|error| SetupError::Url { url: url.to_owned(), reason: error.to_string() })
}

fn is_tls(info: &ConnectionInfo) -> bool {
    matches!(info.addr(), ConnectionAddr::TcpTls { .. })
}

#[expect(clippy::needless_pass_by_value, reason = "it is the end of a chain of errors")]
fn client(error: RedisError) -> SetupError {
    SetupError::Client(error.to_string())
}
