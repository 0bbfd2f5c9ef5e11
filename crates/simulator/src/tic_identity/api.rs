//! The API itself: from a request to its answer.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use tokio::sync::broadcast;
use uuid::Uuid;

use super::enrichment::{Enrichments, Wanted};
use super::error::{ApiError, ok};
use super::hub;
use super::request::StartRequest;
use super::script::{FaultKind, FaultPoint, Script};
use super::session::{Session, Sessions, Status};
use super::settings::{Settings, WebhookVariant};
use super::webhook::{self, Signing};
use crate::bankid_se::script::Outcome;
use crate::clock::Clock;
use crate::front::{Provider, html_403};
use crate::http::{Answer, Delivery, Exchange, Tasks};
use crate::sync::lock;

/// The stand-in of TIC Identity.
#[derive(Debug)]
pub(crate) struct TicIdentity {
    pub(super) core: Arc<Core>,
    pub(super) initial_settings: Settings,
}

/// What requests, connections of the hub and the control API work on.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) clock: Clock,
    pub(super) state: Mutex<State>,
    pub(super) tasks: Tasks,
}

/// Everything that requests change.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) settings: Settings,
    pub(super) script: Script,
    pub(super) next: VecDeque<Script>,
    pub(super) sessions: Sessions,
    pub(super) enrichments: Enrichments,
    pub(super) webhooks: Vec<webhook::Delivery>,
}

/// An answer, with the script whose faults it may suffer.
type Answered = Result<(Value, FaultPoint, Option<Script>), ApiError>;

impl TicIdentity {
    pub(crate) fn new(clock: Clock, settings: Settings, tasks: Tasks) -> Self {
        let state = State { settings: settings.clone(), ..State::default() };
        Self { core: Arc::new(Core { clock, state: Mutex::new(state), tasks }), initial_settings: settings }
    }
}

impl Provider for TicIdentity {
    const NAME: &'static str = "tic-identity";

    async fn answer(&self, exchange: &Exchange) -> Answer {
        if exchange.path().starts_with("/hub") {
            return hub::answer(&self.core, exchange);
        }
        let key = exchange.parts.headers.get("x-api-key").map(|key| key.as_bytes());
        if key != Some(lock(&self.core.state).settings.api_key.as_bytes()) {
            let unauthorized = StatusCode::UNAUTHORIZED;
            return ApiError::new(unauthorized, "invalid_api_key", "the API key is not valid").into();
        }
        match self.core.handle(exchange) {
            Ok((body, point, script)) => spoil(ok(&body), point, script.as_ref()),
            Err(error) => error.into(),
        }
    }
}

impl Core {
    fn handle(self: &Arc<Self>, exchange: &Exchange) -> Answered {
        let body = exchange.body.as_deref().map_err(|_| ApiError::bad("invalid_request", "no body"))?;
        let path = exchange.path().strip_prefix("/api/v1/").unwrap_or_default();
        let segments: Vec<&str> = path.split('/').collect();
        let id = |text: &str| text.parse::<Uuid>().map_err(|_| ApiError::session_not_found());
        match (&exchange.parts.method, segments.as_slice()) {
            (&Method::POST, ["auth", "bankid", "start"]) => self.start(body, false),
            (&Method::POST, ["auth", "bankid", "sign"]) => self.start(body, true),
            (&Method::POST, ["auth", session, "poll"]) => self.poll(id(session)?),
            (&Method::GET, ["auth", session, "status"]) => {
                self.of(id(session)?, FaultPoint::Status, |session, core| {
                    session.state(&core.clock, core.clock.now())
                })
            }
            (&Method::GET, ["auth", session, "collect"]) => {
                self.of(id(session)?, FaultPoint::Collect, |session, core| {
                    session.collected(&core.clock, core.clock.now())
                })
            }
            (&Method::GET, ["auth", session, "qr"]) => {
                self.of(id(session)?, FaultPoint::Status, |session, core| session.qr(core.clock.now()))
            }
            (&Method::POST, ["auth", session, "extend"]) => {
                let settings = lock(&self.state).settings.clone();
                self.of(id(session)?, FaultPoint::Status, |session, core| {
                    session.extend(&settings, &core.clock, core.clock.now())
                })
            }
            (&Method::DELETE, ["auth", session]) => self.cancel(id(session)?),
            (&Method::POST, ["enrichment"]) => self.enrich(body),
            (&Method::GET, ["enrichment", "types"]) => Ok((self.types(), FaultPoint::Status, None)),
            (&Method::GET, ["enrichment", "data", token]) => self.data(token),
            (&Method::GET, ["enrichment", enrichment, "status"]) => {
                let found = enrichment
                    .parse()
                    .ok()
                    .and_then(|id| lock(&self.state).enrichments.status(&id, &self.clock));
                let state = found.ok_or_else(|| ApiError::enrichment("Enrichment not found"))?;
                Ok((state, FaultPoint::Status, None))
            }
            (&Method::GET, ["messages"]) => Ok((
                json!({ "language": "sv", "messages": { "started": "Starta" } }),
                FaultPoint::Status,
                None,
            )),
            _ => Err(ApiError::new(StatusCode::NOT_FOUND, "not_found", "no such path")),
        }
    }

    fn start(&self, body: &[u8], signs: bool) -> Answered {
        let request = StartRequest::parse(body, signs)?;
        let mut state = lock(&self.state);
        let script = state.next.pop_front().unwrap_or_else(|| state.script.clone());
        error_of(FaultPoint::Start, &script)?;
        let session = Session::new(request, script, &state.settings, self.clock.now(), signs);
        let (answer, script) = (session.started(&self.clock), session.script.clone());
        state.sessions.insert(session);
        Ok((answer, FaultPoint::Start, Some(script)))
    }

    fn poll(self: &Arc<Self>, id: Uuid) -> Answered {
        let now = self.clock.now();
        let mut state = lock(&self.state);
        let session = state.sessions.get(&id, now).ok_or_else(ApiError::session_not_found)?;
        error_of(FaultPoint::Poll, &session.script)?;
        let ended = session.drive(now);
        let (answer, script) = (session.state(&self.clock, now), session.script.clone());
        if ended {
            self.tell(&mut state, id);
        }
        Ok((answer, FaultPoint::Poll, Some(script)))
    }

    fn of(&self, id: Uuid, point: FaultPoint, say: impl FnOnce(&mut Session, &Self) -> Value) -> Answered {
        let mut state = lock(&self.state);
        let session = state.sessions.get(&id, self.clock.now()).ok_or_else(ApiError::session_not_found)?;
        error_of(point, &session.script)?;
        Ok((say(session, self), point, Some(session.script.clone())))
    }

    fn cancel(self: &Arc<Self>, id: Uuid) -> Answered {
        let mut state = lock(&self.state);
        let session = state.sessions.get(&id, self.clock.now()).ok_or_else(ApiError::session_not_found)?;
        error_of(FaultPoint::Cancel, &session.script)?;
        let script = session.script.clone();
        // A completed session can be withdrawn, too: then it gives no result any more.
        let cancelled = matches!(session.status, Status::Pending | Status::Complete(_));
        if cancelled {
            session.status = Status::Cancelled;
            self.tell(&mut state, id);
        }
        Ok((json!({ "cancelled": cancelled }), FaultPoint::Cancel, Some(script)))
    }

    fn enrich(&self, body: &[u8]) -> Answered {
        let wanted = Wanted::parse(body)?;
        let mut state = lock(&self.state);
        let State { settings, sessions, enrichments, .. } = &mut *state;
        let script = wanted
            .session
            .and_then(|id| sessions.get(&id, self.clock.now()))
            .map(|found| found.script.clone());
        if let Some(script) = &script {
            error_of(FaultPoint::Enrichment, script)?;
        }
        let answer = enrichments.start(&wanted, sessions, settings, &self.clock)?.state(&self.clock);
        Ok((answer, FaultPoint::Enrichment, script))
    }

    fn data(&self, token: &str) -> Answered {
        let token = token.parse().map_err(|_| ApiError::gone())?;
        let data = lock(&self.state).enrichments.take(&token, self.clock.now())?;
        Ok((data, FaultPoint::EnrichmentData, None))
    }

    fn types(&self) -> Value {
        let types = lock(&self.state).settings.types.clone();
        let listed: Vec<Value> =
            types.iter().map(|kind| json!({ "type": kind, "description": kind, "enabled": true })).collect();
        json!({ "enabled": !types.is_empty(), "types": listed })
    }

    /// Ends a session as its user does.
    pub(super) fn finish(self: &Arc<Self>, id: Uuid, outcome: &Outcome) -> Option<&'static str> {
        let mut state = lock(&self.state);
        let session = state.sessions.get(&id, self.clock.now())?;
        let ended = session.finish(outcome, self.clock.now());
        let word = session.word();
        if ended {
            self.tell(&mut state, id);
        }
        Some(word)
    }

    /// Tells the hub's subscribers and the webhook's receiver that a session ended.
    fn tell(self: &Arc<Self>, state: &mut State, id: Uuid) {
        let now = self.clock.now();
        let State { settings, sessions, .. } = state;
        let Some(session) = sessions.get(&id, now) else { return };
        let event = match &session.status {
            Status::Pending => return,
            Status::Complete(at) => json!({ "type": 1, "target": "OnCompleted", "arguments": [{
                "sessionId": id, "status": "complete", "user": session.user(),
                "completedAt": self.clock.calendar(*at).to_string(),
            }] }),
            Status::Failed(hint) => json!({ "type": 1, "target": "OnFailed", "arguments": [
                hint, { "message": "Åtgärden misslyckades", "messageEn": "The action failed" },
            ] }),
            Status::Cancelled => json!({ "type": 1, "target": "OnCancelled", "arguments": [] }),
        };
        // Nobody may be subscribed.
        let _subscribers = session.events.send(event.to_string());
        let url = session.request.webhook_url.clone().or_else(|| settings.webhook_url.clone());
        if let Some(url) = url.filter(|_| session.script.webhook) {
            let (variant, secret) = (settings.webhook_variant, settings.webhook_secret.clone());
            self.notify(session, url, variant, &secret, 0);
        }
    }

    /// Sends a session's webhook, as if `age` seconds ago.
    pub(super) fn notify(
        self: &Arc<Self>,
        session: &Session,
        url: String,
        variant: WebhookVariant,
        secret: &str,
        age: i64,
    ) {
        let now = self.clock.calendar(self.clock.now());
        let at = now.as_second().saturating_sub(age);
        let time = jiff::Timestamp::from_second(at).unwrap_or(now).to_string();
        let signing = Signing { variant, secret, at, time: &time };
        let Some(webhook) = webhook::of(session, url, signing) else { return };
        let core = Arc::clone(self);
        self.tasks.spawn(async move {
            let delivery = webhook::deliver(webhook).await;
            lock(&core.state).webhooks.push(delivery);
        });
    }

    /// Subscribes to a session's events.
    pub(super) fn subscribe(&self, id: Uuid, token: Uuid) -> Option<(Value, broadcast::Receiver<String>)> {
        let mut state = lock(&self.state);
        let session = state.sessions.get(&id, self.clock.now())?;
        (session.subscription_token == token)
            .then(|| (session.subscribed(&self.clock), session.events.subscribe()))
    }

    /// A call of the hub about the session that is subscribed to.
    pub(super) fn hub_call(
        self: &Arc<Self>,
        session: Option<Uuid>,
        target: &str,
    ) -> Result<Value, &'static str> {
        let id = session.ok_or("Not subscribed")?;
        let now = self.clock.now();
        if target == "Cancel" {
            return self.cancel(id).map(|_| Value::Null).map_err(|_| "Session not found");
        }
        let mut state = lock(&self.state);
        let settings = state.settings.clone();
        let session = state.sessions.get(&id, now).ok_or("Session not found")?;
        match target {
            "GetStatus" => Ok(session.state(&self.clock, now)),
            "GetQRCode" => Ok(session.qr(now)["qrData"].clone()),
            "ExtendSession" => Ok(session.extend(&settings, &self.clock, now)),
            _ => Err("Unknown hub method"),
        }
    }
}

/// The error that a script wants in place of an answer: it strikes before anything is done.
fn error_of(point: FaultPoint, script: &Script) -> Result<(), ApiError> {
    match script.faults.iter().find(|fault| fault.at == point).map(|fault| &fault.kind) {
        Some(FaultKind::Error { status, code }) => {
            Err(ApiError::new(status.code(), code.clone(), "as scripted"))
        }
        _ => Ok(()),
    }
}

/// An answer as it arrives, if it does.
fn spoil(mut answer: Answer, point: FaultPoint, script: Option<&Script>) -> Answer {
    let fault = script.and_then(|script| script.faults.iter().find(|fault| fault.at == point));
    match fault.map(|fault| &fault.kind) {
        None | Some(FaultKind::Error { .. }) => {}
        Some(FaultKind::Drop {}) => answer.delivery = Delivery::Dropped,
        Some(FaultKind::Garbage {}) => answer.body = "\u{0}{\"sessionId\":<<<".into(),
        Some(FaultKind::Html403 {}) => return html_403(),
        Some(FaultKind::Members { members }) => {
            if let Ok(mut body) = serde_json::from_slice::<Map<String, Value>>(&answer.body) {
                body.extend(members.clone());
                answer.body = Value::Object(body).to_string().into();
            }
        }
    }
    answer
}
