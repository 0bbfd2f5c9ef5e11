//! One call of the protocol, as a golden input writes it, and what it gives.

use bytes::Bytes;
use riskgate_core::Operation;
use riskgate_core::config::Mode;
use riskgate_wire::tic_identity::webhook::{Kind, SignatureOptions};
use riskgate_wire::tic_identity::{POLL, TicIdentity, hub, webhook};
use riskgate_wire::{Completed, Given, Protocol, Reading, Started};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::outcome::{self, answer, or_error, text};

/// A call with its arguments.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) enum Call {
    Recognise {
        method: String,
        path: String,
    },
    #[serde(rename_all = "camelCase")]
    Prepare {
        operation: Operation,
        #[serde(default)]
        mode: Mode,
        client_ip: Option<std::net::IpAddr>,
        user_agent: Option<String>,
        webhook_url: Option<String>,
        body: String,
    },
    Reference {
        path: String,
        body: String,
    },
    ReadStarted {
        status: u16,
        body: String,
    },
    ReadResult {
        reference: String,
        status: u16,
        body: String,
    },
    ReadCancelled {
        status: u16,
        body: String,
    },
    RefuseStart {
        details: String,
    },
    #[serde(rename_all = "camelCase")]
    RefuseResult {
        reference: String,
        hint_code: Option<String>,
    },
    Pending {
        reference: String,
    },
    Fault {
        fault: String,
        details: String,
    },
    InPlaceOf {
        status: u16,
        details: String,
    },
    #[serde(rename_all = "camelCase")]
    Webhook {
        body: String,
    },
    Verify {
        secret: String,
        headers: Vec<(String, String)>,
        body: String,
        now: i64,
    },
    Frame {
        record: String,
    },
}

/// Makes the call.
pub(crate) fn of(call: &Call) -> Value {
    let tic = protocol(None);
    match call {
        Call::Recognise { method, path } => json!(format!("{:?}", tic.recognise(method, path, b""))),
        Call::Prepare { operation, mode, client_ip, user_agent, webhook_url, body } => {
            let given = Given { client_ip: *client_ip, user_agent: user_agent.clone(), ..Given::default() };
            let sent = Bytes::from(body.clone());
            let tic = TicIdentity::new("cancelled".to_owned(), webhook_url.clone());
            or_error(tic.prepare(*operation, &sent, &given, *mode), |prepared| {
                let as_sent = prepared.body == sent;
                json!({
                    "body": if as_sent { json!({ "asSent": true }) } else { json!(text(&prepared.body)) },
                    "attached": prepared.attached,
                    "lint": prepared.lint.iter().map(ToString::to_string).collect::<Vec<_>>(),
                    "subject": prepared.subject,
                    "clientIp": prepared.client_ip,
                    "userAgent": prepared.user_agent,
                })
            })
        }
        Call::Reference { path, body } => {
            or_error(tic.reference(path, body.as_bytes()), |name| json!({ "reference": name }))
        }
        Call::ReadStarted { status, body } => {
            or_error(tic.read_started(*status, body.as_bytes()), |started| match started {
                Started::Open(reference) => json!({ "open": reference }),
                Started::Refused => json!("refused"),
            })
        }
        Call::ReadResult { reference, status, body } => {
            or_error(tic.read_result(reference, POLL, *status, body.as_bytes()), |reading| match reading {
                Reading::Complete(done) => json!({ "complete": completed(&done) }),
                other => json!(format!("{other:?}")),
            })
        }
        Call::ReadCancelled { status, body } => {
            or_error(tic.read_cancelled(*status, body.as_bytes()), |ended| json!(format!("{ended:?}")))
        }
        Call::RefuseStart { details } => answer(&tic.refuse_start(details)),
        Call::RefuseResult { reference, hint_code } => {
            answer(&protocol(hint_code.as_deref()).refuse_result(reference, POLL))
        }
        Call::Pending { reference } => answer(&tic.pending(reference, POLL)),
        Call::Fault { fault, details } => answer(&tic.fault(outcome::fault(fault), details)),
        Call::InPlaceOf { status, details } => answer(&tic.in_place_of(*status, details)),
        Call::Webhook { body } => or_error(webhook::read(body.as_bytes()), |event| {
            let kind = match event.kind {
                Kind::Notice => json!("notice"),
                Kind::Result { completed: done, is_complete } => {
                    json!({ "result": completed(&done), "isComplete": is_complete })
                }
            };
            json!({
                "session": event.session,
                "kind": kind,
                "refused": webhook::refused(body.as_bytes(), "cancelled").map(|body| text(&body).to_owned()),
            })
        }),
        Call::Verify { secret, headers, body, now } => {
            let header =
                |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
            let options = SignatureOptions::default();
            let verified = webhook::verify(&options, secret.as_bytes(), header, body.as_bytes(), *now);
            or_error(
                verified,
                |signed| json!({ "header": signed.header, "again": signed.sign(secret.as_bytes(), body.as_bytes()) }),
            )
        }
        Call::Frame { record } => match hub::gate(record) {
            hub::Gated::Passes => json!("passes"),
            hub::Gated::Unreadable => json!("unreadable"),
            hub::Gated::Result { session, completed: done } => json!({
                "session": session,
                "result": completed(&done),
                "refused": hub::refused(record, "cancelled"),
            }),
        },
    }
}

fn protocol(hint_code: Option<&str>) -> TicIdentity {
    TicIdentity::new(hint_code.unwrap_or("cancelled").to_owned(), None)
}

fn completed(completed: &Completed) -> Value {
    json!({
        "indication": completed.indication,
        "subject": completed.subject,
        "score": completed.score,
        "indicators": completed.indicators,
        "deviceIp": completed.device_ip,
    })
}
