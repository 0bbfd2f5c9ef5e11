//! One call of the protocol, as a golden input writes it, and what it gives, as a golden output does.

use std::fmt;
use std::net::IpAddr;

use bytes::Bytes;
use riskgate_core::config::Mode;
use riskgate_core::{Operation, Verdict};
use riskgate_wire::one_span::OneSpan;
use riskgate_wire::{Answer, Completed, Exchanged, Given, Prepared, Protocol, Reading, Road};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::fault::FAULTS;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub(crate) enum Call {
    Prepare {
        #[serde(default)]
        mode: Mode,
        client_ip: Option<IpAddr>,
        application: Option<String>,
        session: Option<String>,
        user: Option<String>,
        device: Option<String>,
        #[serde(default)]
        hash: bool,
        body: String,
    },
    Exchange {
        status: u16,
        body: String,
        /// Conditions of `blockWhen`.
        #[serde(default)]
        when: Vec<String>,
    },
    Session {
        reference: String,
        status: u16,
        body: String,
    },
    Decline {
        answer: String,
    },
    Challenge {
        code: Option<u32>,
        answer: String,
    },
    Inquire {
        status: u16,
        body: String,
        /// Conditions of `blockWhen`.
        #[serde(default)]
        when: Vec<String>,
    },
    RefuseInquired {
        answer: String,
    },
    RefuseStart {},
    RefuseResult {
        reference: String,
    },
    Faults {},
    InPlaceOf {
        status: u16,
    },
}

const SESSION: Road = Road("session");

impl Call {
    pub(crate) fn outcome(&self) -> Value {
        let one_span = OneSpan::new(Some(5));
        match self {
            Self::Prepare { mode, client_ip, application, session, user, device, hash, body } => {
                let given = Given {
                    session: session.clone(),
                    user: user.clone(),
                    client_ip: *client_ip,
                    app_identifier: application.clone(),
                    device_identifier: device.clone(),
                    hash_device_identifier: *hash,
                    ..Given::default()
                };
                let body = Bytes::from(body.clone());
                let outcome = one_span.prepare(Operation::Login, &body, &given, *mode);
                or_error(outcome, |prepared| self::prepared(&prepared, &body))
            }
            Self::Exchange { status, body, when } => {
                let exchanged = one_span.read_exchanged(Operation::Login, *status, body.as_bytes());
                or_error(exchanged, |exchanged| match exchanged {
                    Exchanged::Answered { session, reference, inquiry, completed: read } => json!({
                        "session": session,
                        "reference": reference,
                        "inquiry": inquiry.map(|inquiry| json!({
                            "path": inquiry.path,
                            "reference": inquiry.reference,
                            "beforeDecision": inquiry.before_decision.map(|within| within.as_millis()),
                        })),
                        "completed": completed(&read, when),
                    }),
                    other => json!(format!("{other:?}")),
                })
            }
            Self::Session { reference, status, body } => {
                or_error(one_span.read_result(reference, SESSION, *status, body.as_bytes()), |reading| {
                    match reading {
                        Reading::Complete(read) => json!({ "complete": completed(&read, &[]) }),
                        other => json!(format!("{other:?}")),
                    }
                })
            }
            Self::Decline { answer } => {
                written(&one_span.refuse_exchanged(Operation::Login, Verdict::Block, answer.as_bytes()))
            }
            Self::Challenge { code, answer } => {
                let one_span = OneSpan::new(*code);
                written(&one_span.refuse_exchanged(Operation::Login, Verdict::Challenge, answer.as_bytes()))
            }
            Self::Inquire { status, body, when } => {
                or_error(one_span.read_inquired(*status, body.as_bytes()), |inquired| {
                    json!(inquired.map(|inquired| json!({
                        "indicators": inquired.indicators,
                        "holds": inquired.facts.held(when.iter().map(String::as_str)),
                    })))
                })
            }
            Self::RefuseInquired { answer } => written(&one_span.refuse_inquired(answer.as_bytes())),
            Self::RefuseStart {} => written(&one_span.refuse_start("riskgate: why")),
            Self::RefuseResult { reference } => written(&one_span.refuse_result(reference, SESSION)),
            Self::Faults {} => FAULTS
                .iter()
                .map(|(name, fault)| ((*name).to_owned(), written(&one_span.fault(*fault, "riskgate: why"))))
                .collect(),
            Self::InPlaceOf { status } => written(&one_span.in_place_of(*status, "riskgate: why")),
        }
    }
}

fn or_error<T, E: fmt::Display>(outcome: Result<T, E>, show: impl FnOnce(T) -> Value) -> Value {
    outcome.map_or_else(|error| json!({ "error": error.to_string() }), show)
}

fn prepared(prepared: &Prepared, sent: &Bytes) -> Value {
    let body = if prepared.body == *sent {
        json!({ "asSent": true })
    } else {
        json!(std::str::from_utf8(&prepared.body).unwrap())
    };
    json!({
        "body": body,
        "attached": prepared.attached,
        "lint": prepared.lint.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "clientIp": prepared.client_ip,
    })
}

fn completed(completed: &Completed, when: &[String]) -> Value {
    json!({
        "indication": completed.indication,
        "indicators": completed.indicators,
        "facts": completed.facts.len(),
        "held": completed.facts.held(when.iter().map(String::as_str)),
    })
}

fn written(answer: &Answer) -> Value {
    json!({ "status": answer.status, "body": std::str::from_utf8(&answer.body).unwrap() })
}
