//! The part of the control API below `/v1/one-span/`.

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::api::{OneSpan, State};
use super::path::Endpoint;
use super::script::Script;
use crate::control::{Call, ControlError, ProviderControl, to_json};
use crate::front::Provider;
use crate::sync::lock;

const ROUTES: &[(&str, &str)] = &[
    ("GET /v1/one-span/scripts", "default, users and next, as they are now"),
    ("PUT /v1/one-span/scripts/default", "SCRIPT: for requests that nothing else is said about"),
    (
        "PUT /v1/one-span/scripts/users/USER@DOMAIN",
        "SCRIPT: for requests of this user, or risk-only calls with this relationshipRef",
    ),
    (
        "POST /v1/one-span/scripts/next",
        "SCRIPT or [SCRIPT, …]: for the next requests, one each; DELETE empties the queue",
    ),
    ("GET /v1/one-span/sessions/REQUESTID", "one session, with how often it was polled"),
    (
        "POST /v1/one-span/sessions/REQUESTID/finish",
        "{\"status\": \"accepted\"}: what its polls say from now on",
    ),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Finish {
    status: String,
}

impl ProviderControl for OneSpan {
    fn name(&self) -> &'static str {
        <Self as Provider>::NAME
    }

    fn routes(&self) -> &'static [(&'static str, &'static str)] {
        ROUTES
    }

    fn call(&self, call: &Call<'_>) -> Result<Value, ControlError> {
        let State { scripts, ledger } = &mut *lock(&self.state);
        match (call.method, call.segments) {
            (&Method::GET, ["scripts"]) => {}
            (&Method::PUT, ["scripts", "default"]) => scripts.set_default(call.body()?),
            (&Method::PUT, ["scripts", "users", user]) => scripts.set_user((*user).to_owned(), call.body()?),
            (&Method::POST, ["scripts", "next"]) => match call.body()? {
                many @ Value::Array(_) => scripts.queue(parse::<Vec<Script>>(many)?),
                one => scripts.queue([parse::<Script>(one)?]),
            },
            (&Method::DELETE, ["scripts", "next"]) => scripts.clear_queue(),
            (&Method::GET, ["sessions", id]) => {
                return to_json(ledger.session(id).ok_or_else(|| no_such_session(id))?);
            }
            (&Method::POST, ["sessions", id, "finish"]) => {
                let Finish { status } = call.body()?;
                return if ledger.finish(id, status) { Ok(json!({})) } else { Err(no_such_session(id)) };
            }
            _ => return Err(ControlError::NotFound),
        }
        to_json(scripts)
    }

    fn serves(&self, path: &str) -> bool {
        Endpoint::of_path(path).is_some()
    }

    fn reset(&self) {
        *lock(&self.state) = State::default();
    }
}

fn parse<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, ControlError> {
    serde_json::from_value(value).map_err(|error| ControlError::Invalid(format!("body: {error}")))
}

fn no_such_session(id: &str) -> ControlError {
    ControlError::NoSuchThing(format!("{id}: no such session"))
}
