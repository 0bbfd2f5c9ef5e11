//! The API itself: from a request to its answer.

use std::sync::Mutex;
use std::time::Duration;

use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::ledger::{Assessed, Ledger};
use super::path::{Endpoint, Kind};
use super::request::Request;
use super::script::{Fault, Script};
use super::scripts::ScriptBook;
use crate::front::{Provider, html_403};
use crate::http::{Answer, Delivery, Exchange};
use crate::sync::lock;

/// What support asks for (`other-systems.md section C.1`).
const CORRELATION: HeaderName = HeaderName::from_static("log-correlation-id");

/// The stand-in of OneSpan's API.
#[derive(Debug, Default)]
pub(crate) struct OneSpan {
    pub(super) state: Mutex<State>,
}

/// Everything that requests change.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) scripts: ScriptBook,
    pub(super) ledger: Ledger,
}

impl Provider for OneSpan {
    const NAME: &'static str = "one-span";

    async fn answer(&self, exchange: &Exchange) -> Answer {
        let (mut answer, delay) = self.handle(exchange);
        if let Ok(id) = HeaderValue::from_str(&Uuid::new_v4().to_string()) {
            answer.headers.push((CORRELATION, id));
        }
        if delay > 0 {
            tokio::time::sleep(Duration::from_millis(delay)).await;
        }
        answer
    }
}

impl OneSpan {
    fn handle(&self, exchange: &Exchange) -> (Answer, u64) {
        let Some(endpoint) = Endpoint::of_path(exchange.path()) else {
            return (error(StatusCode::NOT_FOUND, "no such resource"), 0);
        };
        if exchange.parts.method != endpoint.method() {
            return (error(StatusCode::METHOD_NOT_ALLOWED, "method not allowed"), 0);
        }
        match endpoint {
            Endpoint::Validate(kind, user) => self.validate(kind, user, exchange),
            Endpoint::Session(id) => (self.session(id), 0),
            Endpoint::LookUpEvent(id) | Endpoint::LookUpTransaction(id) => self.look_up(id),
        }
    }

    fn validate(&self, kind: Kind, user: Option<&str>, exchange: &Exchange) -> (Answer, u64) {
        if exchange.parts.method == Method::POST && !is_json(exchange) {
            return (error(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send application/json"), 0);
        }
        let Ok(body) = &exchange.body else {
            return (error(StatusCode::BAD_REQUEST, "the body did not arrive"), 0);
        };
        let request = match Request::parse(kind, body) {
            Ok(request) => request,
            Err(wrong) => {
                let errors: Vec<Value> = wrong.iter().map(|message| json!({ "message": message })).collect();
                let body = json!({ "message": "Invalid input", "validationErrors": errors });
                return (Answer::json(StatusCode::BAD_REQUEST, body.to_string()), 0);
            }
        };
        let mut state = lock(&self.state);
        let State { scripts, ledger } = &mut *state;
        let user = user.or_else(|| request.members.get("relationshipRef")?.as_str());
        let script = scripts.choose(user);
        let answer = match &script.fault {
            Some(Fault::Error { status, message }) => refused(*status, message),
            fault => {
                let said = said(kind, &request, &script, user, ledger);
                spoilt(Answer::json(StatusCode::OK, Value::from(said).to_string()), fault.as_ref())
            }
        };
        (answer, script.delay)
    }

    fn session(&self, id: &str) -> Answer {
        match lock(&self.state).ledger.poll(id) {
            Some(status) => {
                let body = json!({ "requestID": id, "sessionStatus": status });
                Answer::json(StatusCode::OK, body.to_string())
            }
            None => error(StatusCode::NOT_FOUND, "no such session"),
        }
    }

    fn look_up(&self, id: &str) -> (Answer, u64) {
        match lock(&self.state).ledger.look_up(id) {
            Some(Assessed { members, fault, delay }) => {
                let answer = Answer::json(StatusCode::OK, Value::from(members.clone()).to_string());
                (spoilt(answer, fault.as_ref()), *delay)
            }
            None => (error(StatusCode::NOT_FOUND, "no such event or transaction"), 0),
        }
    }
}

/// The members of an answer, in the order of the wire; what they promise is in the ledger.
fn said(
    kind: Kind,
    request: &Request,
    script: &Script,
    user: Option<&str>,
    ledger: &mut Ledger,
) -> Map<String, Value> {
    let mut said = script.fields.clone();
    let code = script.risk_code().filter(|_| request.assessed);
    if let Some(code) = &code {
        said.insert("riskResponseCode".to_owned(), code.clone());
        let (name, id) = look_up(kind, request, script, code, ledger);
        said.insert(name.to_owned(), id.to_string().into());
    }
    let usual = || match code.as_ref().and_then(Value::as_u64) {
        _ if kind == Kind::RiskOnly => "absent",
        Some(1) => "refused",
        Some(code) if code > 1 && !request.has_credentials => "pending",
        Some(_) => "accepted",
        None if request.assessed => "pending",
        None => "accepted",
    };
    let status = script.status.as_deref().unwrap_or_else(usual);
    if status != "absent" {
        let id = ledger.open(user, script.session.clone());
        said.insert("requestID".to_owned(), id.to_string().into());
        said.insert("sessionStatus".to_owned(), status.into());
    }
    said
}

/// Makes the event or transaction that can be looked up: what the request said, what became of it, and which rules matched.
fn look_up(
    kind: Kind,
    request: &Request,
    script: &Script,
    code: &Value,
    ledger: &mut Ledger,
) -> (&'static str, Uuid) {
    let mut members = request.members.clone();
    members.remove("credentials");
    members.extend(script.fields.clone());
    members.insert("riskResponseCode".to_owned(), code.clone());
    members.insert("matchedRules".to_owned(), script.matched_rules.clone().unwrap_or_else(|| json!({})));
    let id =
        ledger.assess(Assessed { members, fault: script.look_up_fault.clone(), delay: script.look_up_delay });
    let name = if matches!(kind, Kind::Login | Kind::Event) { "eventID" } else { "transactionID" };
    (name, id)
}

fn spoilt(mut answer: Answer, fault: Option<&Fault>) -> Answer {
    match fault {
        None => {}
        Some(Fault::Drop {}) => answer.delivery = Delivery::Dropped,
        Some(Fault::Reset {}) => answer.delivery = Delivery::Reset,
        Some(Fault::Truncate {}) => answer.delivery = Delivery::Truncated,
        Some(Fault::Garbage {}) => answer.body = "\u{0}{\"riskResponseCode\":<<<".into(),
        Some(Fault::Html403 {}) => return html_403(),
        Some(Fault::Error { status, message }) => return refused(*status, message),
    }
    answer
}

fn refused(status: u16, message: &str) -> Answer {
    error(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), message)
}

fn error(status: StatusCode, message: &str) -> Answer {
    Answer::json(status, json!({ "message": message }).to_string())
}

fn is_json(exchange: &Exchange) -> bool {
    let sent = exchange.parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    sent.is_some_and(|sent| sent.split(';').next().is_some_and(|kind| kind.trim() == "application/json"))
}
