//! Whether a configured store serves, told in words: for people who set one up (`riskgate check store`).
//!
//! Each check asks the real servers with the real login, and does what the sidecar does. What fails says what to do about it.

mod probe;
mod sentinel;
mod server;

use redis::{ErrorKind, RedisError};
use tokio::time::timeout;

use super::link::{Connection, Target};
use super::{Reach, RedisOptions, Servers};

/// What one check came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was checked, in one word, and where that matters the server.
    pub check: String,
    /// How it went.
    pub grade: Grade,
    /// What was seen.
    pub seen: String,
    /// What to do about it, where there is something to do.
    pub hint: Option<&'static str>,
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// As it should be.
    Passed,
    /// The store serves, and something about it is unwise.
    Warned,
    /// The store does not serve.
    Failed,
}

impl Finding {
    fn passed(check: impl Into<String>, seen: impl Into<String>) -> Self {
        Self { check: check.into(), grade: Grade::Passed, seen: seen.into(), hint: None }
    }

    fn warned(check: impl Into<String>, seen: impl Into<String>, hint: &'static str) -> Self {
        Self { check: check.into(), grade: Grade::Warned, seen: seen.into(), hint: Some(hint) }
    }

    fn failed(check: impl Into<String>, seen: impl Into<String>, hint: &'static str) -> Self {
        Self { check: check.into(), grade: Grade::Failed, seen: seen.into(), hint: Some(hint) }
    }
}

/// Checks a store. It ends within seconds whatever the servers do, and leaves nothing behind in them.
pub async fn check(options: RedisOptions) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut reachable = false;
    for url in options.reach.servers.urls() {
        match connect(&alone(&options.reach, url)).await {
            Ok(connection) => {
                findings.push(Finding::passed(format!("connect {url}"), "connected and logged in"));
                match &options.reach.servers {
                    Servers::Sentinel { master_name, .. } => {
                        let told = sentinel::check(url, &connection, master_name).await;
                        // One that cannot tell is as good as none.
                        reachable |= told.grade == Grade::Passed;
                        findings.push(told);
                    }
                    Servers::Single { .. } | Servers::Cluster { .. } => {
                        reachable = true;
                        findings.extend(server::check(url, &connection).await);
                    }
                }
            }
            Err(unreached) => findings.push(unreached.finding(&format!("connect {url}"))),
        }
    }
    if !reachable {
        return findings;
    }
    if let Some(found) = together(&options.reach, &mut findings).await {
        findings.push(found);
        return findings;
    }
    findings.extend(probe::check(options).await);
    findings
}

/// Sentinels name a server, nodes are a cluster; gives what stands in the way of the store.
async fn together(reach: &Reach, findings: &mut Vec<Finding>) -> Option<Finding> {
    match &reach.servers {
        Servers::Single { .. } => None,
        Servers::Sentinel { master_name, .. } => match connect(reach).await {
            Ok(connection) => {
                findings.push(Finding::passed("sentinel", format!("they name a server for {master_name:?}")));
                findings.extend(server::check(master_name, &connection).await);
                None
            }
            Err(unreached) => Some(Finding::failed("sentinel", unreached.seen, unreached.hint)),
        },
        Servers::Cluster { .. } => match connect(reach).await {
            Ok(_) => {
                findings.push(Finding::passed("cluster", "every primary answers"));
                None
            }
            Err(unreached) => Some(Finding::failed(
                "cluster",
                unreached.seen,
                "the nodes must reach each other, hold every slot (CLUSTER INFO says cluster_state:ok), and announce \
                 addresses that sidecars reach and that their certificates name",
            )),
        },
    }
}

/// One of the servers by itself; a Sentinel with the login for Sentinels.
fn alone(reach: &Reach, url: &str) -> Reach {
    let mut alone = Reach { servers: Servers::Single { url: url.to_owned() }, ..reach.clone() };
    if matches!(reach.servers, Servers::Sentinel { .. }) {
        alone.login.username = alone.login.sentinel_username.take();
        alone.login.password = alone.login.sentinel_password.take();
    }
    alone
}

struct Unreached {
    seen: String,
    hint: &'static str,
}

impl Unreached {
    fn finding(self, check: &str) -> Finding {
        Finding::failed(check, self.seen, self.hint)
    }
}

const NO_SERVER: &str = "check host, port, and that network policies let the pods reach it";
const NO_ANSWER_TO_TLS: &str = "check host, port, and that network policies let the pods reach it; a server that speaks no TLS on this \
                                port is silent, too: rediss:// is for its TLS port";

async fn connect(reach: &Reach) -> Result<Connection, Unreached> {
    let mut target =
        Target::new(reach).map_err(|error| Unreached { seen: error.to_string(), hint: NO_SERVER })?;
    match timeout(reach.limits.connect, target.connect()).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(Unreached { hint: hint(reach, &error), seen: error.to_string() }),
        Err(_) => Err(Unreached {
            seen: format!("no connection within {} ms", reach.limits.connect.as_millis()),
            hint: silent(reach),
        }),
    }
}

fn hint(reach: &Reach, error: &RedisError) -> &'static str {
    let said = error.to_string().to_lowercase();
    if error.kind() == ErrorKind::MasterNameNotFoundBySentinel {
        "the Sentinels must watch a primary under store.redis.sentinel.masterName that says of itself that it is one"
    } else if said.contains("certificate") || said.contains("unknownissuer") {
        "the certificate must name this host, be in date, and lead to store.redis.trustBundleRef (without it, to a public root)"
    } else if sentinel::is_forbidden(error) {
        match reach.servers {
            Servers::Sentinel { .. } => probe::RIGHTS,
            _ => "give the user the rights that docs/shared-store.md lists",
        }
    } else if said.contains("tls") || said.contains("corrupt message") || said.contains("eof") {
        "the server may speak no TLS on this port, or only TLS: rediss:// and redis:// must fit"
    } else if error.kind() == ErrorKind::AuthenticationFailed
        || said.contains("auth")
        || said.contains("wrongpass")
    {
        match reach.login.password {
            Some(_) => {
                "the Secret that store.redis.credentialsRef names must hold the user and password of the server"
            }
            None => "the server wants a login: write store.redis.credentialsRef",
        }
    } else if error.is_timeout() {
        silent(reach)
    } else {
        NO_SERVER
    }
}

/// What to do about servers that say nothing.
fn silent(reach: &Reach) -> &'static str {
    if reach.servers.urls().iter().any(|url| url.starts_with("rediss://")) {
        NO_ANSWER_TO_TLS
    } else {
        NO_SERVER
    }
}
