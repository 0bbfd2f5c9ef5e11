//! Whether a Sentinel tells a sidecar what it asks: that it is one, and which server it watches under the name.

use std::collections::HashMap;

use redis::{RedisError, RedisResult, Value};

use super::{Connection, Finding};

const RIGHTS: &str = "give the user that store.redis.credentialsRef names at the Sentinels (sentinelUsername, else their user default) \
                      the rights `+ping +role +sentinel|masters`, at every Sentinel";
const NO_SENTINEL: &str =
    "write the URLs of Sentinels, by default on port 26379; a server itself is store.redis.url";
const NAME: &str = "write one of the names that `SENTINEL masters` shows in store.redis.sentinel.masterName";

/// Asks the Sentinel behind `connection`, called `url`, as a sidecar does.
pub(super) async fn check(url: &str, connection: &Connection, master_name: &str) -> Finding {
    let check = format!("watches {url}");
    match watched(connection).await {
        Ok(names) if names.iter().any(|name| name == master_name) => {
            Finding::passed(check, format!("{master_name:?}"))
        }
        Ok(names) => Finding::failed(check, format!("{names:?}, and not {master_name:?}"), NAME),
        Err(error) => {
            let hint = if is_forbidden(&error) { RIGHTS } else { NO_SENTINEL };
            Finding::failed(check, error.to_string(), hint)
        }
    }
}

/// The names that it watches servers under.
async fn watched(connection: &Connection) -> RedisResult<Vec<String>> {
    connection.query::<Value>(&redis::cmd("ROLE")).await?;
    let mut command = redis::cmd("SENTINEL");
    command.arg("MASTERS");
    let masters: Vec<HashMap<String, String>> = connection.query(&command).await?;
    Ok(masters.into_iter().filter_map(|mut master| master.remove("name")).collect())
}

/// Whether the user lacks a right.
pub(super) fn is_forbidden(error: &RedisError) -> bool {
    error.code() == Some("NOPERM")
}
