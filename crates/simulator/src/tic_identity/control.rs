//! The part of the control API below `/v1/tic-identity/`.

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::api::{State, TicIdentity};
use super::script::Script;
use super::session::Session;
use super::settings::{Settings, WebhookVariant};
use crate::bankid_se::script::Outcome;
use crate::control::{Call, ControlError, ProviderControl, to_json};
use crate::front::Provider;
use crate::sync::lock;

const ROUTES: &[(&str, &str)] = &[
    ("PUT /v1/tic-identity/script", "SCRIPT: for sessions that nothing else is said about; GET shows it"),
    ("POST /v1/tic-identity/scripts/next", "SCRIPT or [SCRIPT, …]: for the next sessions, one each"),
    ("GET /v1/tic-identity/sessions", "all sessions, oldest first, with what was enriched how often"),
    ("GET /v1/tic-identity/sessions/ID", "one session"),
    (
        "POST /v1/tic-identity/sessions/ID/finish",
        "{\"outcome\": \"complete\" or a hint code}: ends a pending session at once",
    ),
    (
        "POST /v1/tic-identity/sessions/ID/webhook",
        "{\"url\"?, \"variant\"?, \"secret\"?, \"ageSeconds\"?}: sends its webhook again, or a forged or old one",
    ),
    ("GET /v1/tic-identity/webhooks", "the webhooks that were sent, and what became of them"),
    ("GET /v1/tic-identity/settings", "how the API behaves; PATCH changes the members it names"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Finish {
    outcome: Outcome,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Again {
    url: Option<String>,
    variant: Option<WebhookVariant>,
    secret: Option<String>,
    #[serde(default)]
    age_seconds: i64,
}

impl ProviderControl for TicIdentity {
    fn name(&self) -> &'static str {
        <Self as Provider>::NAME
    }

    fn routes(&self) -> &'static [(&'static str, &'static str)] {
        ROUTES
    }

    fn call(&self, call: &Call<'_>) -> Result<Value, ControlError> {
        match (call.method, call.segments) {
            (&Method::GET, ["script"]) => to_json(&lock(&self.core.state).script),
            (&Method::PUT, ["script"]) => {
                let script: Script = call.body()?;
                lock(&self.core.state).script = script;
                Ok(json!({}))
            }
            (&Method::POST, ["scripts", "next"]) => {
                let scripts: Vec<Script> = match call.body()? {
                    many @ Value::Array(_) => parse(many)?,
                    one => vec![parse(one)?],
                };
                lock(&self.core.state).next.extend(scripts);
                Ok(json!({}))
            }
            (&Method::GET, ["webhooks"]) => {
                Ok(json!({ "webhooks": to_json(&lock(&self.core.state).webhooks)? }))
            }
            (_, ["sessions", rest @ ..]) => self.sessions(call, rest),
            (_, ["settings"]) => self.settings(call),
            _ => Err(ControlError::NotFound),
        }
    }

    fn serves(&self, path: &str) -> bool {
        path.starts_with("/api/v1/") || path == "/hub"
    }

    fn reset(&self) {
        let mut state = lock(&self.core.state);
        state.sessions.clear();
        state.enrichments.clear();
        *state = State { settings: self.initial_settings.clone(), ..State::default() };
    }
}

impl TicIdentity {
    fn sessions(&self, call: &Call<'_>, rest: &[&str]) -> Result<Value, ControlError> {
        match (call.method, rest) {
            (&Method::GET, []) => {
                let state = lock(&self.core.state);
                let all: Vec<Value> =
                    state.sessions.in_order().map(|session| view(session, &state)).collect();
                Ok(json!({ "sessions": all }))
            }
            (&Method::GET, [id]) => {
                let parsed = session_id(id)?;
                let mut state = lock(&self.core.state);
                let now = self.core.clock.now();
                state.sessions.get(&parsed, now).ok_or_else(|| no_such(id))?;
                let found = state.sessions.in_order().find(|session| session.id == parsed);
                found.map(|session| view(session, &state)).ok_or_else(|| no_such(id))
            }
            (&Method::POST, [id, "finish"]) => {
                let Finish { outcome } = call.body()?;
                let word = self.core.finish(session_id(id)?, &outcome).ok_or_else(|| no_such(id))?;
                Ok(json!({ "status": word }))
            }
            (&Method::POST, [id, "webhook"]) => {
                let again: Again = call.body()?;
                let parsed = session_id(id)?;
                let mut state = lock(&self.core.state);
                let Settings { webhook_variant, webhook_secret, webhook_url, .. } = state.settings.clone();
                let session =
                    state.sessions.get(&parsed, self.core.clock.now()).ok_or_else(|| no_such(id))?;
                let url = again.url.or_else(|| session.request.webhook_url.clone()).or(webhook_url);
                let url =
                    url.ok_or_else(|| ControlError::Invalid("url: the session names none".to_owned()))?;
                let variant = again.variant.unwrap_or(webhook_variant);
                let secret = again.secret.unwrap_or(webhook_secret);
                self.core.notify(session, url, variant, &secret, again.age_seconds);
                Ok(json!({}))
            }
            _ => Err(ControlError::NotFound),
        }
    }

    fn settings(&self, call: &Call<'_>) -> Result<Value, ControlError> {
        let settings = &mut lock(&self.core.state).settings;
        match *call.method {
            Method::GET => {}
            Method::PATCH => {
                let mut merged = to_json(settings)?;
                if let (Some(merged), Value::Object(patch)) = (merged.as_object_mut(), call.body()?) {
                    merged.extend(patch);
                }
                *settings = parse(merged)?;
            }
            _ => return Err(ControlError::NotFound),
        }
        to_json(settings)
    }
}

fn view(session: &Session, state: &State) -> Value {
    json!({
        "sessionId": session.id,
        "operation": if session.signs { "sign" } else { "auth" },
        "status": session.word(),
        "endUserIp": session.request.end_user_ip.to_string(),
        "webhookUrl": session.request.webhook_url,
        "enrichment": state.enrichments.counts(&session.id),
    })
}

fn parse<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, ControlError> {
    serde_json::from_value(value).map_err(|error| ControlError::Invalid(format!("body: {error}")))
}

fn session_id(text: &str) -> Result<Uuid, ControlError> {
    text.parse().map_err(|_| no_such(text))
}

fn no_such(id: &str) -> ControlError {
    ControlError::NoSuchThing(format!("{id}: no such session"))
}
