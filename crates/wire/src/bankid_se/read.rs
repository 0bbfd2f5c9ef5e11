//! What BankID's answers say (bankid-se.md sections 3 to 6). Members that nobody asks for are not looked at: BankID adds new
//! ones without notice (section 1).

use std::borrow::Cow;

use riskgate_core::{Assessment, Facts, Level};

use super::reference;
use crate::json::{Object, Value};
use crate::protocol::{Cancelled, Completed, Reading, Started, Unreadable};

/// BankID's words for an order that ended, was delivered before, or was made with another certificate.
const NO_SUCH_ORDER: (&str, &str) = ("invalidParameters", "No such order");

pub(super) fn started(status: u16, body: &[u8]) -> Result<Started, Unreadable> {
    match status {
        200 => {
            let order_ref = reference::of(&Object::read(body)?).ok_or_else(|| form("no usable orderRef"))?;
            Ok(Started::Open(order_ref.into_owned()))
        }
        _ => refused(status, body).map(|_| Started::Refused),
    }
}

pub(super) fn result(reference: &str, status: u16, body: &[u8]) -> Result<Reading, Unreadable> {
    if status != 200 {
        let (code, details) = refused(status, body)?;
        let gone = is_no_such_order(status, &code, details.as_deref());
        return Ok(if gone { Reading::NoSuchTransaction } else { Reading::Refused });
    }
    let answer = Object::read(body)?;
    let order_ref = reference::of(&answer).ok_or_else(|| form("no usable orderRef"))?;
    if order_ref != reference {
        return Err(Unreadable::OtherTransaction);
    }
    let state = answer.get("status").text().ok_or_else(|| form("no status"))?;
    let data = answer.get("completionData");
    match state.as_ref() {
        // These pass to the application without a verdict, so nothing of a result may travel with them.
        "pending" | "failed" if !data.is_missing() => {
            Err(form("completionData of an order that is not complete"))
        }
        "pending" => Ok(Reading::Pending),
        "failed" => Ok(Reading::Failed),
        "complete" => {
            let data = data.object().ok_or_else(|| form("complete without completionData"))?;
            completed(&data).map(Reading::Complete)
        }
        _ => Err(Unreadable::UnknownState),
    }
}

pub(super) fn cancelled(status: u16, body: &[u8]) -> Result<Cancelled, Unreadable> {
    if status == 200 {
        return Ok(Object::read(body).map(|_| Cancelled::Ended)?);
    }
    let (code, details) = refused(status, body)?;
    let gone = is_no_such_order(status, &code, details.as_deref());
    Ok(if gone { Cancelled::NoSuchTransaction } else { Cancelled::Refused })
}

fn is_no_such_order(status: u16, code: &str, details: Option<&str>) -> bool {
    status == 400 && (code, details) == (NO_SUCH_ORDER.0, Some(NO_SUCH_ORDER.1))
}

pub(super) fn probe(status: u16, body: &[u8]) -> Result<(), Unreadable> {
    // Some of BankID's 405 carry nothing (bankid-se.md section 1).
    if status == 405 && body.is_empty() {
        return Ok(());
    }
    refused(status, body).map(drop)
}

/// BankID's own refusal: its `errorCode`, and its `details` where it has some.
fn refused(status: u16, body: &[u8]) -> Result<(Cow<'_, str>, Option<Cow<'_, str>>), Unreadable> {
    if !(400..600).contains(&status) {
        return Err(Unreadable::Status(status));
    }
    let error = Object::read(body)?;
    let code = error.get("errorCode").text().ok_or_else(|| form("an error without errorCode"))?;
    Ok((code, error.get("details").text()))
}

fn completed(data: &Object<'_>) -> Result<Completed, Unreadable> {
    let user = data.get("user").object();
    let device = data.get("device").object();
    Ok(Completed {
        indication: indication(&data.get("risk")),
        score: None,
        indicators: Vec::new(),
        facts: Facts::default(),
        subject: user.and_then(|user| user.get("personalNumber").text()).map(Cow::into_owned),
        device_ip: device
            .and_then(|device| device.get("ipAddress").text())
            .and_then(|address| address.parse().ok()),
    })
}

/// BankID's indication. Any other value than the three is `Unknown`, whatever it may have been meant to say.
fn indication(risk: &Value<'_>) -> Option<Assessment> {
    match risk {
        Value::Absent => None,
        Value::Text(text) => Some(match text.as_ref() {
            "low" => Level::Low.into(),
            "moderate" => Level::Moderate.into(),
            "high" => Level::High.into(),
            _ => Assessment::Unknown,
        }),
        _ => Some(Assessment::Unknown),
    }
}

fn form(what: &str) -> Unreadable {
    Unreadable::Form(what.to_owned())
}
