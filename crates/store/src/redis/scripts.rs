//! The state changes, each one script on one key: atomic, without a lock, one round trip.

use std::sync::LazyLock;

use redis::{Cmd, ErrorKind, FromRedisValue, Script, ServerErrorKind};

use super::link::{Link, LinkError};

/// A script, called by its hash; sent whole to a server that does not have it (a new one, a restarted one, each node of a cluster).
pub(super) struct Change {
    code: &'static str,
    hash: LazyLock<String>,
}

macro_rules! change {
    ($name:ident, $file:literal) => {
        pub(super) static $name: Change = {
            const CODE: &str =
                concat!(include_str!("scripts/time.lua"), include_str!(concat!("scripts/", $file)));
            Change { code: CODE, hash: LazyLock::new(|| Script::new(CODE).get_hash().to_owned()) }
        };
    };
}

change!(OPEN, "open.lua");
change!(HOLD, "hold.lua");
change!(SETTLE, "settle.lua");
change!(CLAIM, "claim.lua");
change!(UNRESOLVED, "unresolved.lua");
change!(REMOVE, "remove.lua");

impl Change {
    /// Runs it on the key `name`.
    pub(super) async fn run<T: FromRedisValue>(
        &self,
        link: &Link,
        name: &str,
        arguments: impl Fn(&mut Cmd),
    ) -> Result<T, LinkError> {
        let command = |how: &str, script: &str| {
            let mut command = redis::cmd(how);
            command.arg(script).arg(1).arg(name);
            arguments(&mut command);
            command
        };
        match link.query(&command("EVALSHA", &self.hash)).await {
            Err(LinkError::Refused(error))
                if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) =>
            {
                link.query(&command("EVAL", self.code)).await
            }
            done => done,
        }
    }
}
