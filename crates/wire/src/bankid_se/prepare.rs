//! Completes an order with the risk parameters that it lacks (design.md section 4, attach).

use std::borrow::Cow;
use std::net::IpAddr;

use bytes::Bytes;
use riskgate_core::Operation;
use riskgate_core::config::Mode;

use super::device::{Device, USER_AGENT};
use super::lints;
use super::requirement::Requirements;
use crate::given::Given;
use crate::json::{Edits, Object, Value, quoted};
use crate::protocol::{Malformed, Prepared};

const RETURN_RISK: &str = "returnRisk";
const END_USER_IP: &str = "endUserIp";
const PERSONAL_NUMBER: &str = "personalNumber";

/// How much longer a completed order usually is than the application's.
const GROWTH: usize = 384;

pub(super) fn prepare(
    operation: Operation,
    body: &Bytes,
    given: &Given,
    mode: Mode,
) -> Result<Prepared, Malformed> {
    let request = Object::read(body)?;
    let requirements = Requirements::of(&request);
    let mut prepared = Prepared {
        body: body.clone(),
        attached: Vec::new(),
        lint: Vec::new(),
        application_threshold: None,
        carried: requirements.carried(),
        subject: subject(&request, &requirements),
        client_ip: client_ip(&request),
        user_agent: None,
    };
    if operation.is_phone() {
        // BankID takes no risk parameters there, and the address would not be the caller's (bankid-se.md section 2).
        return Ok(prepared);
    }
    let mut edits = Edits::default();
    attach_device(&mut prepared, &mut edits, &request, given, mode);
    if request.get(RETURN_RISK) != Value::Bool(true) {
        edits.set(RETURN_RISK, "true".to_owned());
        prepared.attached.push(RETURN_RISK.to_owned());
    }
    if mode == Mode::Enforce {
        if let Some(address) = given.client_ip.map(|address| address.to_canonical())
            && operation != Operation::OtherPayment
            && request.get(END_USER_IP).is_missing()
        {
            edits.set(END_USER_IP, quoted(&address.to_string()));
            prepared.attached.push(END_USER_IP.to_owned());
            prepared.client_ip = Some(address);
        }
        prepared.application_threshold = requirements.threshold()?;
        requirements.take_over_risk(&mut edits);
    } else {
        // What it would have been refused for in Enforce is BankID's to judge here.
        prepared.application_threshold = requirements.threshold().unwrap_or_default();
    }
    if !edits.is_empty() {
        prepared.body = edits.apply(Some(&request), body.len() + GROWTH).into();
    }
    Ok(prepared)
}

/// Lints `web` and `app`, and completes the one that is the user's.
fn attach_device(
    prepared: &mut Prepared,
    edits: &mut Edits,
    request: &Object<'_>,
    given: &Given,
    mode: Mode,
) {
    let (web, app) = (Device::web(request), Device::app(request));
    prepared.lint = lints::of(prepared.client_ip, &web, &app);
    prepared.user_agent = web.text(USER_AGENT).map(Cow::into_owned);
    if let Some(device) = Device::to_complete(web, app, given.start) {
        let completed = device.complete(given, mode);
        prepared.attached.extend(completed.attached);
        prepared.user_agent = completed.user_agent;
        if let Some(text) = completed.text {
            edits.set(completed.name, text);
        }
    }
}

fn subject(request: &Object<'_>, requirements: &Requirements<'_>) -> Option<String> {
    let own = request.get(PERSONAL_NUMBER).text();
    own.or_else(|| requirements.get(PERSONAL_NUMBER).text()).map(Cow::into_owned)
}

fn client_ip(request: &Object<'_>) -> Option<IpAddr> {
    request.get(END_USER_IP).text()?.parse().ok()
}
