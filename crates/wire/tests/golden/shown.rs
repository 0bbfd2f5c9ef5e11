//! What a call gives, as a golden output writes it.

use bytes::Bytes;
use riskgate_core::RequirementSet;
use riskgate_core::config::Refusal;
use riskgate_wire::bankid_se::{BankIdSe, COLLECT};
use riskgate_wire::{Cancelled, Prepared, Protocol, Reading, Started, Tightened};
use serde_json::{Value, json};

use crate::call::Call;
use crate::outcome::{answer, fault, or_error, text};

/// Makes the call.
pub(crate) fn of(call: &Call) -> Value {
    let bankid = BankIdSe::new(Refusal::default());
    match call {
        Call::Prepare { operation, mode, given, body } => {
            let body = Bytes::from(body.clone());
            let outcome = bankid.prepare(*operation, &body, &given.given(), *mode);
            or_error(outcome, |prepared| self::prepared(&prepared, &body))
        }
        Call::Tighten { operation, require, body } => {
            let body = Bytes::from(body.clone());
            or_error(bankid.tighten(*operation, &body, require), |tightened| {
                self::tightened(&tightened, &body)
            })
        }
        Call::Reference { body } => or_error(
            bankid.reference("/rp/v6.0/collect", body.as_bytes()),
            |name| json!({ "reference": name }),
        ),
        Call::ReadStarted { status, body } => {
            or_error(bankid.read_started(*status, body.as_bytes()), |started| match started {
                Started::Open(reference) => json!({ "open": reference }),
                Started::Refused => json!("refused"),
            })
        }
        Call::ReadResult { reference, status, body } => {
            or_error(bankid.read_result(reference, COLLECT, *status, body.as_bytes()), |reading| {
                self::reading(&reading)
            })
        }
        Call::ReadCancelled { status, body } => or_error(
            bankid.read_cancelled(*status, body.as_bytes()),
            |cancelled| json!({ "ended": cancelled == Cancelled::Ended }),
        ),
        Call::ReadProbe { status, body } => {
            or_error(bankid.read_probe(*status, body.as_bytes()), |()| json!("believed"))
        }
        Call::RefuseStart { refusal, details } => {
            answer(&BankIdSe::new(refusal.clone()).refuse_start(details))
        }
        Call::RefuseResult { refusal, reference } => {
            answer(&BankIdSe::new(refusal.clone()).refuse_result(reference, COLLECT))
        }
        Call::Pending { reference } => answer(&bankid.pending(reference, COLLECT)),
        Call::Fault { fault: name, details } => answer(&bankid.fault(fault(name), details)),
        Call::InPlaceOf { status, details } => answer(&bankid.in_place_of(*status, details)),
    }
}

fn prepared(prepared: &Prepared, sent: &Bytes) -> Value {
    json!({
        "body": body(&prepared.body, sent),
        "attached": prepared.attached,
        "lint": prepared.lint.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "applicationThreshold": prepared.application_threshold,
        "carried": carried(prepared.carried),
        "subject": prepared.subject,
        "clientIp": prepared.client_ip,
        "userAgent": prepared.user_agent,
    })
}

fn tightened(tightened: &Tightened, sent: &Bytes) -> Value {
    json!({
        "body": body(&tightened.body, sent),
        "attached": tightened.attached,
        "carried": carried(tightened.carried),
    })
}

/// The body as text; of one that was not changed only that it is the application's own.
fn body(body: &Bytes, sent: &Bytes) -> Value {
    if body == sent { json!({ "asSent": true }) } else { json!(text(body)) }
}

fn carried(carried: RequirementSet) -> Value {
    serde_json::to_value(carried).unwrap()
}

fn reading(reading: &Reading) -> Value {
    match reading {
        Reading::Complete(completed) => json!({ "complete": {
            "indication": completed.indication,
            "subject": completed.subject,
            "deviceIp": completed.device_ip,
        }}),
        other => json!(format!("{other:?}")),
    }
}
