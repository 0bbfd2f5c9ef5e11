//! The part of the control API below `/v1/bankid-se/`.

mod view;

use http::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use self::view::OrderView;
use crate::bankid_se::api::{BankIdSe, State};
use crate::bankid_se::operation::Endpoint;
use crate::bankid_se::order::Ending;
use crate::bankid_se::request::is_personal_number;
use crate::bankid_se::script::{Outcome, Script, ScriptFile};
use crate::control::{Call, ControlError, ProviderControl, to_json};
use crate::front::Provider;
use crate::sync::lock;

const ROUTES: &[(&str, &str)] = &[
    ("GET /v1/bankid-se/scripts", "default, persons and next, as they are now; PUT replaces them all"),
    ("PUT /v1/bankid-se/scripts/default", "SCRIPT: for orders that nothing else is said about"),
    (
        "PUT /v1/bankid-se/scripts/persons/NUMBER",
        "SCRIPT: for orders that carry this personal number; DELETE removes it",
    ),
    (
        "POST /v1/bankid-se/scripts/next",
        "SCRIPT or [SCRIPT, …]: for the next orders, one each; DELETE empties the queue",
    ),
    ("GET /v1/bankid-se/orders", "all orders, oldest first"),
    ("GET /v1/bankid-se/orders/ORDERREF", "one order, with its tokens and the current qrData"),
    (
        "POST /v1/bankid-se/orders/ORDERREF/finish",
        "{\"outcome\": \"complete\" or a hint code}: ends a pending order at once",
    ),
    (
        "GET /v1/bankid-se/deliveries",
        "how often each order's answers were delivered; /ORDERREF for one order",
    ),
    ("GET /v1/bankid-se/settings", "how the API behaves; PATCH changes the members it names"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Finish {
    outcome: Outcome,
}

impl ProviderControl for BankIdSe {
    fn name(&self) -> &'static str {
        <Self as Provider>::NAME
    }

    fn routes(&self) -> &'static [(&'static str, &'static str)] {
        ROUTES
    }

    fn call(&self, call: &Call<'_>) -> Result<Value, ControlError> {
        match call.segments {
            ["scripts", rest @ ..] => self.scripts(call, rest),
            ["orders", rest @ ..] => self.orders(call, rest),
            ["deliveries", rest @ ..] if call.method == Method::GET => self.deliveries(rest),
            ["settings"] => self.settings(call),
            _ => Err(ControlError::NotFound),
        }
    }

    fn serves(&self, path: &str) -> bool {
        Endpoint::of_path(path).is_some()
    }

    fn reset(&self) {
        let mut state = lock(&self.state);
        state.orders.clear();
        state.deliveries.clear();
        state.scripts.reset();
        state.settings = self.initial_settings;
    }
}

impl BankIdSe {
    fn scripts(&self, call: &Call<'_>, rest: &[&str]) -> Result<Value, ControlError> {
        let scripts = &mut lock(&self.state).scripts;
        match (call.method, rest) {
            (&Method::GET, []) => {}
            (&Method::PUT, []) => {
                let file: ScriptFile = call.body()?;
                scripts.replace(file.checked().map_err(|error| ControlError::Invalid(error.to_string()))?);
            }
            (&Method::PUT, ["default"]) => scripts.set_default(call.body()?),
            (&Method::PUT, ["persons", number]) if is_personal_number(number) => {
                scripts.set_person((*number).to_owned(), call.body()?);
            }
            (&Method::PUT, ["persons", number]) => {
                return Err(ControlError::Invalid(format!("{number}: a personal number has 12 digits")));
            }
            (&Method::DELETE, ["persons", number]) => {
                if !scripts.remove_person(number) {
                    return Err(ControlError::NoSuchThing(format!("no script is set for {number}")));
                }
            }
            (&Method::POST, ["next"]) => match call.body()? {
                many @ Value::Array(_) => scripts.queue(parse::<Vec<Script>>(many)?),
                one => scripts.queue([parse::<Script>(one)?]),
            },
            (&Method::DELETE, ["next"]) => scripts.clear_queue(),
            _ => return Err(ControlError::NotFound),
        }
        to_json(&scripts.current())
    }

    fn orders(&self, call: &Call<'_>, rest: &[&str]) -> Result<Value, ControlError> {
        let now = self.clock.now();
        let mut state = lock(&self.state);
        let State { settings, orders, .. } = &mut *state;
        match (call.method, rest) {
            (&Method::GET, []) => {
                let evicted = orders.evicted();
                let all = orders.all(settings, now);
                let views: Vec<OrderView<'_>> =
                    all.into_iter().map(|order| OrderView::of(order, &self.clock, now)).collect();
                Ok(json!({ "orders": to_json(&views)?, "evicted": evicted }))
            }
            (&Method::GET, [order_ref]) => {
                let found =
                    order_ref.parse().ok().and_then(|order_ref| orders.get(&order_ref, settings, now));
                let order = found.ok_or_else(|| no_such_order(order_ref))?;
                to_json(&OrderView::of(order, &self.clock, now))
            }
            (&Method::POST, [order_ref, "finish"]) => {
                let Finish { outcome } = call.body()?;
                let parsed = order_ref.parse().map_err(|_| no_such_order(order_ref))?;
                let ending = orders.finish(&parsed, &outcome, settings, now);
                match ending {
                    Some(Ending::Complete) => Ok(json!({ "status": "complete" })),
                    Some(Ending::Failed(hint)) => Ok(json!({ "status": "failed", "hintCode": hint })),
                    None => {
                        Err(ControlError::NoSuchThing(format!("{order_ref}: no pending order of that name")))
                    }
                }
            }
            _ => Err(ControlError::NotFound),
        }
    }

    fn deliveries(&self, rest: &[&str]) -> Result<Value, ControlError> {
        let deliveries = &mut lock(&self.state).deliveries;
        match rest {
            [] => {
                let all: Result<Map<String, Value>, ControlError> = deliveries
                    .all()
                    .map(|(order_ref, delivery)| Ok((order_ref.to_string(), to_json(delivery)?)))
                    .collect();
                Ok(Value::Object(all?))
            }
            [order_ref] => {
                let found = order_ref.parse().ok().and_then(|order_ref| deliveries.of(&order_ref));
                to_json(&*found.ok_or_else(|| no_such_order(order_ref))?)
            }
            _ => Err(ControlError::NotFound),
        }
    }

    fn settings(&self, call: &Call<'_>) -> Result<Value, ControlError> {
        let settings = &mut lock(&self.state).settings;
        match *call.method {
            Method::GET => {}
            Method::PATCH => {
                let mut merged = to_json(settings)?;
                merge(&mut merged, call.body()?);
                *settings = parse(merged)?;
            }
            _ => return Err(ControlError::NotFound),
        }
        to_json(settings)
    }
}

fn parse<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, ControlError> {
    serde_json::from_value(value).map_err(|error| ControlError::Invalid(format!("body: {error}")))
}

fn merge(into: &mut Value, patch: Value) {
    match (into, patch) {
        (Value::Object(into), Value::Object(patch)) => {
            for (name, value) in patch {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, patch) => *into = patch,
    }
}

fn no_such_order(order_ref: &str) -> ControlError {
    ControlError::NoSuchThing(format!("{order_ref}: no such order"))
}
