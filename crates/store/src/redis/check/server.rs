//! How a server is set up: version, role, memory, persistence.

use redis::{Cmd, FromRedisValue};

use super::{Connection, Finding};

/// The oldest version whose scripts the sidecar's are written for.
const OLDEST: u32 = 6;

/// Checks the server behind `connection`, called `name`.
pub(super) async fn check(name: &str, connection: &Connection) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Some(info) = ask::<String>(connection, redis::cmd("INFO")).await else {
        findings.push(Finding::warned(
            format!("server {name}"),
            "the user may not ask for INFO, so that eviction, persistence and version are not checked",
            "give the user +info, or have the server's operator confirm maxmemory-policy noeviction",
        ));
        return findings;
    };
    let info = Info(&info);
    findings.push(version(name, &info));
    findings.push(role(name, &info));
    findings.push(eviction(name, &info));
    findings.push(persistence(name, &info));
    findings
}

async fn ask<T: FromRedisValue>(connection: &Connection, command: Cmd) -> Option<T> {
    connection.query(&command).await.ok()
}

/// The answer to INFO: `name:value`, one a line.
struct Info<'a>(&'a str);

impl Info<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
    }
}

fn version(name: &str, info: &Info<'_>) -> Finding {
    let (kind, version) = match info.get("valkey_version") {
        Some(version) => ("Valkey", version),
        None => ("Redis", info.get("redis_version").unwrap_or("of an unknown version")),
    };
    let check = format!("version {name}");
    let major: Option<u32> = version.split('.').next().and_then(|major| major.parse().ok());
    if major.is_some_and(|major| major < OLDEST) {
        Finding::failed(check, format!("{kind} {version}"), "use Redis 6 or newer, or Valkey")
    } else {
        Finding::passed(check, format!("{kind} {version}"))
    }
}

fn role(name: &str, info: &Info<'_>) -> Finding {
    let check = format!("role {name}");
    match info.get("role") {
        Some("slave") if info.get("cluster_enabled") != Some("1") => Finding::failed(
            check,
            "a replica, which takes no changes",
            "write the URL of the primary, or use sentinel, which finds it",
        ),
        Some("slave") => Finding::passed(check, "a replica of the cluster"),
        _ => Finding::passed(check, "takes changes"),
    }
}

fn eviction(name: &str, info: &Info<'_>) -> Finding {
    let check = format!("eviction {name}");
    match (info.get("maxmemory_policy"), info.get("maxmemory")) {
        (Some("noeviction"), Some("0")) => Finding::passed(check, "noeviction, without a limit"),
        (Some("noeviction"), _) => {
            let limit = info.get("maxmemory_human").unwrap_or("some");
            Finding::passed(check, format!("noeviction at {limit}"))
        }
        (Some(policy), _) => Finding::warned(
            check,
            format!(
                "maxmemory-policy {policy}: a full server drops open orders and answers that cannot be had again"
            ),
            "set maxmemory-policy noeviction; a full server then refuses new orders and loses none",
        ),
        (None, _) => Finding::warned(
            check,
            "not known",
            "have the server's operator confirm maxmemory-policy noeviction",
        ),
    }
}

fn persistence(name: &str, info: &Info<'_>) -> Finding {
    let check = format!("persistence {name}");
    let replicas = info.get("connected_slaves").is_some_and(|count| count != "0");
    match (info.get("aof_enabled"), replicas) {
        (Some("1"), _) => Finding::passed(check, "appends to a file"),
        (_, true) => Finding::passed(check, "in memory, with replicas"),
        _ => Finding::warned(
            check,
            "in one server's memory: its restart loses open orders, which are then judged by the strictest flow, and answers that \
             applications have not read",
            "set appendonly yes (appendfsync everysec is enough), or run replicas",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redis::check::Grade;

    const INFO: &str = "# Server\r\nredis_version:7.0.15\r\nrole:master\r\nconnected_slaves:0\r\nmaxmemory:0\r\n\
                        maxmemory_policy:noeviction\r\naof_enabled:1\r\n";

    fn grades(info: &str) -> [Grade; 4] {
        let info = Info(info);
        [version("a", &info), role("a", &info), eviction("a", &info), persistence("a", &info)]
            .map(|found| found.grade)
    }

    #[test]
    fn what_a_server_says_of_itself_is_graded() {
        use Grade::{Failed, Passed, Warned};
        assert_eq!(grades(INFO), [Passed; 4]);
        assert_eq!(grades(&INFO.replace("7.0.15", "5.0.3")), [Failed, Passed, Passed, Passed]);
        assert_eq!(grades(&INFO.replace("role:master", "role:slave")), [Passed, Failed, Passed, Passed]);
        assert_eq!(grades(&INFO.replace("noeviction", "allkeys-lru")), [Passed, Passed, Warned, Passed]);
        assert_eq!(grades(&INFO.replace("aof_enabled:1", "aof_enabled:0")), [Passed, Passed, Passed, Warned]);
        let replicated = INFO.replace("aof_enabled:1", "aof_enabled:0").replace("slaves:0", "slaves:1");
        assert_eq!(grades(&replicated), [Passed; 4]);
    }
}
