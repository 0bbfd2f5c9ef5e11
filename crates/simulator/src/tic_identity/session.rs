//! Sessions and their progress.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::broadcast;
use uuid::Uuid;

use super::person;
use super::request::StartRequest;
use super::script::Script;
use super::settings::Settings;
use crate::bankid_se::script::Outcome;
use crate::clock::{Clock, Moment};

/// How many orders a session spans at most, and how long one lives (section B.2).
const MAX_ORDERS: u64 = 10;
const ORDER_SECONDS: u64 = 25;
/// The most sessions that are kept; the oldest is forgotten beyond that.
const MOST: usize = 100_000;
/// Events that a slow subscriber may be behind.
const EVENTS: usize = 64;

/// How a session stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Pending,
    Complete(Moment),
    Failed(String),
    Cancelled,
}

/// A session.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) id: Uuid,
    pub(super) signs: bool,
    pub(super) request: StartRequest,
    pub(super) script: Script,
    pub(super) status: Status,
    pub(super) subscription_token: Uuid,
    pub(super) enriched: bool,
    /// What the hub tells: records without their separator.
    pub(super) events: broadcast::Sender<String>,
    order_ref: Uuid,
    auto_start_token: Uuid,
    qr_start_token: Uuid,
    qr_start_secret: Uuid,
    created: Moment,
    expires: Moment,
    extended: bool,
    polls: usize,
}

impl Session {
    pub(super) fn new(
        request: StartRequest,
        mut script: Script,
        settings: &Settings,
        now: Moment,
        signs: bool,
    ) -> Self {
        if let Some(number) = &request.personal_number {
            script.user.personal_number.clone_from(number);
        }
        Self {
            id: Uuid::new_v4(),
            signs,
            request,
            script,
            status: Status::Pending,
            subscription_token: Uuid::new_v4(),
            enriched: false,
            events: broadcast::Sender::new(EVENTS),
            order_ref: Uuid::new_v4(),
            auto_start_token: Uuid::new_v4(),
            qr_start_token: Uuid::new_v4(),
            qr_start_secret: Uuid::new_v4(),
            created: now,
            expires: now.plus(Duration::from_secs(settings.session_seconds)),
            extended: false,
            polls: 0,
        }
    }

    /// The answer to a start.
    pub(super) fn started(&self, clock: &Clock) -> Value {
        json!({
            "sessionId": self.id,
            "provider": "bankid",
            "orderRef": self.order_ref,
            "autoStartToken": self.auto_start_token,
            "qrStartToken": self.qr_start_token,
            "qrStartSecret": self.qr_start_secret,
            "subscriptionToken": self.subscription_token,
            "sessionExpiresAt": clock.calendar(self.expires).to_string(),
            "endUserIp": self.request.end_user_ip.to_string(),
        })
    }

    /// Fails the session when its time is over.
    pub(super) fn settle(&mut self, now: Moment) {
        if self.status == Status::Pending && now >= self.expires {
            self.status = Status::Failed("expiredTransaction".to_owned());
        }
    }

    /// One poll: the next hint, and the outcome once they are used up. True when the session ended by it.
    pub(super) fn drive(&mut self, now: Moment) -> bool {
        if self.status != Status::Pending {
            return false;
        }
        self.polls += 1;
        if self.polls <= self.script.hints.len() {
            return false;
        }
        let outcome = self.script.outcome.clone();
        self.finish(&outcome, now)
    }

    /// Ends a pending session as the user does. True when it did.
    pub(super) fn finish(&mut self, outcome: &Outcome, now: Moment) -> bool {
        if self.status != Status::Pending {
            return false;
        }
        self.status = match outcome {
            Outcome::Pending => return false,
            Outcome::Complete => Status::Complete(now),
            Outcome::Failed(hint) => Status::Failed(hint.clone()),
        };
        true
    }

    /// The answer to a poll or a status request.
    pub(super) fn state(&self, clock: &Clock, now: Moment) -> Value {
        let orders = (now.since(self.created).as_secs() / ORDER_SECONDS + 1).min(MAX_ORDERS);
        let mut state = json!({
            "sessionId": self.id,
            "status": self.word(),
            "orderCount": orders,
            "maxOrders": MAX_ORDERS,
            "sessionExpiresInSeconds": self.expires.since(now).as_secs(),
        });
        if let Some(members) = state.as_object_mut() {
            match &self.status {
                Status::Pending => {
                    members.insert("hintCode".to_owned(), json!(self.hint()));
                    members.insert("message".to_owned(), json!("Starta BankID-appen"));
                    members.insert("messageEn".to_owned(), json!("Start your BankID app"));
                }
                Status::Failed(hint) => {
                    members.insert("hintCode".to_owned(), json!(hint));
                    members.insert("error".to_owned(), json!(hint));
                }
                Status::Cancelled => drop(members.insert("hintCode".to_owned(), json!("cancelled"))),
                Status::Complete(at) => self.add_result(members, &clock.calendar(*at).to_string()),
            }
        }
        state
    }

    /// The answer to a collect.
    pub(super) fn collected(&self, clock: &Clock, now: Moment) -> Value {
        let mut state = self.state(clock, now);
        if let (Status::Complete(_), Some(members)) = (&self.status, state.as_object_mut()) {
            members.insert("token".to_owned(), json!(format!("token-of-{}", self.id)));
            if self.signs {
                members.insert("signature".to_owned(), self.signature());
            }
        }
        state
    }

    fn add_result(&self, members: &mut Map<String, Value>, completed_at: &str) {
        members.insert("user".to_owned(), self.user());
        members.insert("completedAt".to_owned(), json!(completed_at));
        if self.script.ip_intelligence_in_answers
            && let Some(said) = person::intelligence(&self.script, self.request.end_user_ip, "risk")
        {
            members.insert("ipIntelligence".to_owned(), said);
        }
    }

    pub(super) fn user(&self) -> Value {
        let user = &self.script.user;
        json!({
            "personalNumber": user.personal_number,
            "givenName": user.given_name,
            "surname": user.surname,
            "name": format!("{} {}", user.given_name, user.surname),
        })
    }

    pub(super) fn signature(&self) -> Value {
        let data = self.request.user_visible_data.as_deref().unwrap_or_default();
        json!({ "value": format!("signature-of-{}", self.id), "ocspResponse": "ocsp", "signedData": data })
    }

    pub(super) fn word(&self) -> &'static str {
        match self.status {
            Status::Pending => "pending",
            Status::Complete(_) => "complete",
            Status::Failed(_) => "failed",
            Status::Cancelled => "cancelled",
        }
    }

    pub(super) fn hint(&self) -> &str {
        let at = self.polls.saturating_sub(1);
        let last = self.script.hints.last();
        self.script.hints.get(at).or(last).map_or("outstandingTransaction", String::as_str)
    }

    pub(super) fn qr(&self, now: Moment) -> Value {
        let age = now.since(self.created).as_secs();
        let (token, secret) = (self.qr_start_token.to_string(), self.qr_start_secret.to_string());
        json!({
            "qrData": crate::bankid_se::qr::data(&token, &secret, age),
            "validForSeconds": 1,
            "orderAge": age,
        })
    }

    /// Gives more time, once.
    pub(super) fn extend(&mut self, settings: &Settings, clock: &Clock, now: Moment) -> Value {
        if self.extended || self.status != Status::Pending {
            return json!({ "extended": false, "error": "already_extended" });
        }
        self.extended = true;
        self.expires = now.plus(Duration::from_secs(settings.session_seconds));
        json!({
            "extended": true,
            "newExpiresAt": clock.calendar(self.expires).to_string(),
            "sessionExpiresInSeconds": settings.session_seconds,
        })
    }

    /// The answer to a subscription of the hub.
    pub(super) fn subscribed(&self, clock: &Clock) -> Value {
        json!({
            "sessionId": self.id,
            "provider": "bankid",
            "status": self.word(),
            "autoStartToken": self.auto_start_token,
            "sessionExpiresAt": clock.calendar(self.expires).to_string(),
        })
    }
}

/// The sessions.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    all: HashMap<Uuid, Session>,
    by_age: VecDeque<Uuid>,
}

impl Sessions {
    pub(super) fn insert(&mut self, session: Session) {
        while self.by_age.len() >= MOST {
            if let Some(oldest) = self.by_age.pop_front() {
                self.all.remove(&oldest);
            }
        }
        self.by_age.push_back(session.id);
        self.all.insert(session.id, session);
    }

    pub(super) fn get(&mut self, id: &Uuid, now: Moment) -> Option<&mut Session> {
        let session = self.all.get_mut(id)?;
        session.settle(now);
        Some(session)
    }

    /// All, oldest first.
    pub(super) fn in_order(&self) -> impl Iterator<Item = &Session> {
        self.by_age.iter().filter_map(|id| self.all.get(id))
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
