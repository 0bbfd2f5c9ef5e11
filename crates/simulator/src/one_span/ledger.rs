//! What came of requests: sessions that are polled, and the events and transactions that are looked up.

use std::collections::{HashMap, VecDeque};

use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::script::{Fault, Session};

/// The most that are kept; the oldest is forgotten beyond that.
const MOST: usize = 100_000;

/// One session.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Opened {
    user: Option<String>,
    #[serde(skip)]
    plan: Session,
    /// How often it was polled.
    polls: u32,
    /// Set by the control API.
    #[serde(skip)]
    finished: Option<String>,
}

/// One event or transaction.
#[derive(Clone, Debug)]
pub(super) struct Assessed {
    pub(super) members: Map<String, Value>,
    pub(super) fault: Option<Fault>,
    /// In milliseconds.
    pub(super) delay: u64,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    sessions: HashMap<Uuid, Opened>,
    assessed: HashMap<Uuid, Assessed>,
    order: VecDeque<Uuid>,
}

impl Ledger {
    pub(super) fn open(&mut self, user: Option<&str>, plan: Session) -> Uuid {
        let id = self.id();
        let user = user.map(str::to_owned);
        self.sessions.insert(id, Opened { user, plan, polls: 0, finished: None });
        id
    }

    pub(super) fn assess(&mut self, assessed: Assessed) -> Uuid {
        let id = self.id();
        self.assessed.insert(id, assessed);
        id
    }

    fn id(&mut self) -> Uuid {
        let id = Uuid::new_v4();
        self.order.push_back(id);
        if self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.sessions.remove(&oldest);
            self.assessed.remove(&oldest);
        }
        id
    }

    /// What a poll of the session says now.
    pub(super) fn poll(&mut self, id: &str) -> Option<String> {
        let session = self.sessions.get_mut(&id.parse().ok()?)?;
        session.polls += 1;
        let waits = session.polls <= session.plan.pending;
        Some(match &session.finished {
            Some(status) => status.clone(),
            None if waits => "pending".to_owned(),
            None => session.plan.status.clone(),
        })
    }

    /// Ends a session; whether there is one.
    pub(super) fn finish(&mut self, id: &str, status: String) -> bool {
        let session = id.parse().ok().and_then(|id| self.sessions.get_mut(&id));
        session.is_some_and(|session| {
            session.finished = Some(status);
            true
        })
    }

    pub(super) fn session(&self, id: &str) -> Option<&Opened> {
        self.sessions.get(&id.parse().ok()?)
    }

    pub(super) fn look_up(&self, id: &str) -> Option<&Assessed> {
        self.assessed.get(&id.parse().ok()?)
    }
}
