//! A connection that many operations use at once: to one server, or to every node of a cluster.

use redis::aio::MultiplexedConnection;
use redis::cluster_async::ClusterConnection;
use redis::{Cmd, FromRedisValue, RedisResult};

/// A connection. Operations on it are interleaved, never queued behind a lock.
#[derive(Clone)]
pub(crate) enum Connection {
    /// To one server.
    One(MultiplexedConnection),
    /// To a cluster.
    Cluster(ClusterConnection),
}

impl Connection {
    /// Sends a command and reads its answer.
    pub(crate) async fn query<T: FromRedisValue>(&self, command: &Cmd) -> RedisResult<T> {
        match self {
            Self::One(connection) => command.query_async(&mut connection.clone()).await,
            Self::Cluster(connection) => command.query_async(&mut connection.clone()).await,
        }
    }

    /// Whether it answers: the server, or every primary of the cluster.
    pub(crate) async fn ping(&self) -> RedisResult<()> {
        self.query::<redis::Value>(&redis::cmd("PING")).await.map(drop)
    }
}
