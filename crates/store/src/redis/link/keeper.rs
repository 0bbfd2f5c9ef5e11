//! The keeper: makes the connection, again when it is reported, again when login or servers change.

use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::RedisError;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::connect::Target;
use super::{Live, State};
use crate::pause::Pause;
use crate::redis::options::{Limits, Reach};
use crate::redis::outage::Outage;

/// A connection that is reported this soon is no better than none, whatever was answered over it meanwhile: a replica answers
/// reads, and a slow server some operations.
const TOO_SOON: Duration = Duration::from_secs(1);

/// Keeps `state` up to date, for ever.
pub(super) async fn keep(
    mut target: Target,
    mut wanted: watch::Receiver<Arc<Reach>>,
    state: Arc<watch::Sender<State>>,
    outage: Arc<Outage>,
) {
    let mut pause = pauses(wanted.borrow().limits);
    loop {
        let limit = wanted.borrow().limits.connect;
        match connect(&mut target, limit).await {
            Ok(live) => {
                let made = Instant::now();
                state.send_replace(State::Up(live));
                serve(&state, &mut wanted, &mut target).await;
                if made.elapsed() > TOO_SOON {
                    pause = pauses(wanted.borrow().limits);
                    continue;
                }
                down(
                    &state,
                    &outage,
                    "connections are taken, and operations are refused or not answered in time",
                );
            }
            Err(reason) => down(&state, &outage, &reason),
        }
        tokio::select! {
            () = sleep(pause.next()) => {}
            changed = wanted.changed() => {
                if changed.is_err() { return } // the store is gone
                renew(&mut target, &wanted);
            }
        }
    }
}

fn down(state: &watch::Sender<State>, outage: &Outage, reason: &str) {
    outage.began(reason);
    state.send_replace(State::Down(reason.into()));
}

async fn connect(target: &mut Target, limit: Duration) -> Result<Arc<Live>, String> {
    match timeout(limit, target.connect()).await {
        Ok(Ok(connection)) => Ok(Arc::new(Live { connection })),
        Ok(Err(error)) => Err(reason(&error)),
        Err(_) => Err(format!("no connection within {} ms", limit.as_millis())),
    }
}

/// The library's words; a login that is refused says what to look at.
fn reason(error: &RedisError) -> String {
    match error.kind() {
        redis::ErrorKind::AuthenticationFailed => format!("credentialsRef: {error}"),
        _ => error.to_string(),
    }
}

/// While a connection serves: moves to what is wanted meanwhile without giving up what works; ends when the connection is
/// reported.
async fn serve(state: &watch::Sender<State>, wanted: &mut watch::Receiver<Arc<Reach>>, target: &mut Target) {
    let mut seen = state.subscribe();
    // The pauses between attempts to move, while there is something to move to.
    let mut behind: Option<Pause> = None;
    loop {
        let again = behind.as_mut().map(Pause::next);
        tokio::select! {
            () = reported(&mut seen) => return,
            changed = wanted.changed() => {
                if changed.is_err() { std::future::pending::<()>().await } // ended by whoever drops the link
                renew(target, wanted);
            }
            () = sleep(again.unwrap_or_default()), if again.is_some() => {}
        }
        let limits = wanted.borrow().limits;
        match connect(target, limits.connect).await {
            Ok(new) => {
                state.send_replace(State::Up(new));
                behind = None;
            }
            Err(reason) if behind.is_none() => {
                tracing::error!(
                    reason,
                    "the new settings of the shared store do not work yet, the old ones stay"
                );
                behind = Some(pauses(limits));
            }
            Err(_) => {}
        }
    }
}

async fn reported(seen: &mut watch::Receiver<State>) {
    // The sender is with the keeper itself.
    drop(seen.wait_for(|state| matches!(state, State::Connecting)).await);
}

fn renew(target: &mut Target, wanted: &watch::Receiver<Arc<Reach>>) {
    // What does not read was refused before it was wanted.
    if let Ok(new) = Target::new(&wanted.borrow()) {
        *target = new;
    }
}

fn pauses(limits: Limits) -> Pause {
    Pause::new(limits.first_pause, limits.longest_pause)
}
