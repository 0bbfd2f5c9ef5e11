//! The link to the servers: one connection that all operations share, kept by a task of its own.
//!
//! An operation over a connection that does not answer reports it and tries once more over the next one. While no connection
//! can be made, operations fail at once; the keeper alone goes on trying, with growing pauses, and the first connection that
//! answers heals everything.

mod connect;
mod connection;
mod keeper;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use redis::{Cmd, ErrorKind, FromRedisValue, RedisError, ServerErrorKind};
use tokio::sync::watch;
use tokio::time::timeout;

pub use self::connect::SetupError;
pub(super) use self::connect::Target;
pub(super) use self::connection::Connection;
use super::options::Reach;
use super::outage::Outage;

/// How long an answer may still be picked up that came in time.
const LAST_LOOK: Duration = Duration::from_millis(5);

/// What is known of the connection.
#[derive(Clone)]
enum State {
    /// One is being made: at the start, and after one was reported.
    Connecting,
    /// It works, as far as is known.
    Up(Arc<Live>),
    /// None can be made, for this reason.
    Down(Arc<str>),
}

/// A connection.
struct Live {
    connection: Connection,
}

/// Why an operation failed.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum LinkError {
    /// The servers were not reached, or did not answer in time.
    #[error("{0}")]
    Unreachable(Arc<str>),
    /// They answered, and refuse.
    #[error("the server refuses: {0}")]
    Refused(RedisError),
}

/// The link. Its keeper ends with it.
pub(super) struct Link {
    state: Arc<watch::Sender<State>>,
    reach: watch::Sender<Arc<Reach>>,
    operation: Duration,
    keeper: tokio::task::JoinHandle<()>,
}

impl Link {
    /// Starts to connect, and waits for nothing.
    pub(super) fn start(reach: Reach, outage: Arc<Outage>) -> Result<Self, SetupError> {
        let target = Target::new(&reach)?;
        let operation = reach.limits.operation;
        let state = Arc::new(watch::Sender::new(State::Connecting));
        let (reach, wanted) = watch::channel(Arc::new(reach));
        let keeper = tokio::spawn(keeper::keep(target, wanted, state.clone(), outage));
        Ok(Self { state, reach, operation, keeper })
    }

    /// Moves to other servers, or to the same ones with another login, without an operation lost: what is in place serves until
    /// the new connection works.
    pub(super) fn retarget(&self, reach: Reach) -> Result<(), SetupError> {
        if **self.reach.borrow() == reach {
            return Ok(());
        }
        reach.check()?;
        let _the_keeper_holds_a_receiver = self.reach.send(Arc::new(reach));
        Ok(())
    }

    /// Sends a command, a second time over another connection where the first does not answer. So commands must be harmless
    /// when they are done twice.
    pub(super) async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, LinkError> {
        match self.attempt(command).await {
            Err(LinkError::Unreachable(_)) => self.attempt(command).await,
            answered => answered,
        }
    }

    async fn attempt<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, LinkError> {
        let live = self.connected().await?;
        let mut answer = pin!(live.connection.query(command));
        let mut answered = timeout(self.operation, &mut answer).await;
        if answered.is_err() {
            // A process that was kept waiting for its core has not looked yet: what came meanwhile counts.
            answered = timeout(LAST_LOOK, &mut answer).await;
        }
        let error = match answered {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) if !is_trouble(&error) => return Err(LinkError::Refused(error)),
            Ok(Err(error)) => error.to_string().into(),
            Err(_) => format!("no answer within {} ms", self.operation.as_millis()).into(),
        };
        self.report(&live);
        Err(LinkError::Unreachable(error))
    }

    /// The connection; while one is being made, as long as an operation may take.
    async fn connected(&self) -> Result<Arc<Live>, LinkError> {
        let now = self.state.borrow().clone();
        let state = match now {
            State::Connecting => {
                let mut state = self.state.subscribe();
                let made = state.wait_for(|state| !matches!(state, State::Connecting));
                match timeout(self.operation, made).await {
                    Ok(Ok(state)) => state.clone(),
                    Ok(Err(_)) | Err(_) => State::Connecting,
                }
            }
            known => known,
        };
        match state {
            State::Up(live) => Ok(live),
            State::Down(reason) => Err(LinkError::Unreachable(reason)),
            State::Connecting => Err(LinkError::Unreachable("still connecting".into())),
        }
    }

    /// Has the keeper make another connection in the place of this one.
    fn report(&self, live: &Arc<Live>) {
        self.state.send_if_modified(|state| {
            let is_current = matches!(state, State::Up(current) if Arc::ptr_eq(current, live));
            if is_current {
                *state = State::Connecting;
            }
            is_current
        });
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

/// Whether another connection may do better: this one is broken or slow, or the server is not (any more) the one to ask.
fn is_trouble(error: &RedisError) -> bool {
    let by_kind = matches!(
        error.kind(),
        ErrorKind::Io
            | ErrorKind::Parse
            | ErrorKind::AuthenticationFailed
            | ErrorKind::ClusterConnectionNotFound
            | ErrorKind::Server(
                ServerErrorKind::ReadOnly
                    | ServerErrorKind::BusyLoading
                    | ServerErrorKind::MasterDown
                    | ServerErrorKind::ClusterDown
                    | ServerErrorKind::TryAgain,
            )
    );
    by_kind || error.code() == Some("NOAUTH")
}
