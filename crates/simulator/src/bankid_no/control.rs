//! The part of the control API below `/v1/bankid-no/`.

use http::Method;
use serde_json::Value;

use super::api::{BankIdNo, Scripts, Settings, State, transaction};
use super::openid;
use super::script::Script;
use crate::control::{Call, ControlError, ProviderControl, to_json};
use crate::front::Provider;
use crate::sync::lock;

const ROUTES: &[(&str, &str)] = &[
    ("GET /v1/bankid-no/scripts", "default, transactions and next, as they are now; PUT replaces them all"),
    ("PUT /v1/bankid-no/scripts/transactions/TID", "SCRIPT: for the transaction of this tid"),
    (
        "PUT /v1/bankid-no/scripts/default",
        "SCRIPT: for logins and transactions that nothing else is said about",
    ),
    ("POST /v1/bankid-no/scripts/next", "SCRIPT: for the next login, or transaction that is asked about"),
    ("GET /v1/bankid-no/transactions/TID", "how often it was looked at, too fast, and delivered"),
    ("GET /v1/bankid-no/settings", "how the service behaves; PUT replaces them"),
];

impl ProviderControl for BankIdNo {
    fn name(&self) -> &'static str {
        <Self as Provider>::NAME
    }

    fn routes(&self) -> &'static [(&'static str, &'static str)] {
        ROUTES
    }

    fn call(&self, call: &Call<'_>) -> Result<Value, ControlError> {
        let State { settings, scripts, jobs, .. } = &mut *lock(&self.state);
        match (call.method, call.segments) {
            (&Method::GET, ["scripts"]) => to_json(scripts),
            (&Method::PUT, ["scripts"]) => {
                *scripts = call.body::<Scripts>()?;
                to_json(scripts)
            }
            (&Method::PUT, ["scripts", "transactions", tid]) => {
                scripts.transactions.insert((*tid).to_owned(), call.body::<Script>()?);
                to_json(scripts)
            }
            (&Method::PUT, ["scripts", "default"]) => {
                scripts.default = call.body::<Script>()?;
                to_json(scripts)
            }
            (&Method::POST, ["scripts", "next"]) => {
                scripts.next.push_back(call.body::<Script>()?);
                to_json(scripts)
            }
            (&Method::GET, ["transactions", tid]) => match jobs.seen(tid) {
                Some(seen) => to_json(&seen),
                None => Err(ControlError::NoSuchThing(format!("{tid}: nobody asked about it"))),
            },
            (&Method::GET, ["settings"]) => to_json(settings),
            (&Method::PUT, ["settings"]) => {
                *settings = call.body::<Settings>()?;
                to_json(settings)
            }
            _ => Err(ControlError::NotFound),
        }
    }

    fn serves(&self, path: &str) -> bool {
        transaction(path).is_some() || openid::serves(path)
    }

    fn reset(&self) {
        *lock(&self.state) = State::default();
    }
}
