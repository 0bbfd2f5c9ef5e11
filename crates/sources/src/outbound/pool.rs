//! Connections kept for the next request.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use http::Uri;
use http::uri::{Authority, Scheme};
use tokio::time::{Instant, sleep_until};

use super::carrier::Carrier;

/// How long an unused connection is kept. Shorter than any server's usual keep-alive, so that a request rarely meets a
/// connection that the server is just closing; longer than the 2 s between two collects (bankid-se.md section 7).
const IDLE_FOR: Duration = Duration::from_secs(10);

/// Unused connections kept. More than this many answers at once make the rest connect anew.
const IDLE_AT_MOST: usize = 64;

/// Where a connection leads.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) scheme: Scheme,
    pub(super) authority: Authority,
}

impl Origin {
    /// The origin of an absolute URI.
    pub(super) fn of(uri: &Uri) -> Option<Self> {
        Some(Self { scheme: uri.scheme()?.clone(), authority: uri.authority()?.clone() })
    }
}

/// Kept connections. Dropping it closes them.
#[derive(Default)]
pub(super) struct Pool {
    idle: Arc<Mutex<Idle>>,
}

/// Unused connections, the longest unused first.
#[derive(Default)]
struct Idle {
    kept: VecDeque<Kept>,
    /// Whether a task waits to close those whose time is over.
    watched: bool,
}

struct Kept {
    origin: Origin,
    carrier: Box<Carrier>,
    until: Instant,
}

impl Pool {
    /// The connection to `origin` that was used last, of those that are still open.
    pub(super) async fn take(&self, origin: &Origin) -> Option<Box<Carrier>> {
        loop {
            let mut carrier = lock(&self.idle).take(origin)?;
            if carrier.is_free().await {
                return Some(carrier);
            }
        }
    }

    /// Keeps a connection on which an exchange was whole.
    pub(super) async fn keep(&self, origin: Origin, mut carrier: Box<Carrier>) {
        if !carrier.is_free().await {
            return; // the server closes it
        }
        let mut idle = lock(&self.idle);
        if idle.kept.len() == IDLE_AT_MOST {
            return;
        }
        idle.kept.push_back(Kept { origin, carrier, until: Instant::now() + IDLE_FOR });
        if !idle.watched {
            idle.watched = true;
            tokio::spawn(close_unused(Arc::downgrade(&self.idle)));
        }
    }
}

impl Idle {
    fn take(&mut self, origin: &Origin) -> Option<Box<Carrier>> {
        let now = Instant::now();
        let newest = self.kept.iter().rposition(|kept| kept.until > now && kept.origin == *origin)?;
        self.kept.remove(newest).map(|kept| kept.carrier)
    }

    /// Closes what is over, and says when the next will be.
    fn sweep(&mut self) -> Option<Instant> {
        let now = Instant::now();
        while self.kept.front().is_some_and(|oldest| oldest.until <= now) {
            self.kept.pop_front();
        }
        self.kept.front().map(|oldest| oldest.until)
    }
}

/// Closes connections when their time is over, until none is left.
async fn close_unused(idle: Weak<Mutex<Idle>>) {
    while let Some(next) = sweep(&idle) {
        sleep_until(next).await;
    }
}

fn sweep(idle: &Weak<Mutex<Idle>>) -> Option<Instant> {
    let idle = idle.upgrade()?;
    let mut idle = lock(&idle);
    let next = idle.sweep();
    idle.watched = next.is_some();
    next
}

fn lock(idle: &Mutex<Idle>) -> MutexGuard<'_, Idle> {
    // Nothing panics while it is held.
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}
