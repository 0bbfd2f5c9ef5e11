//! What requests may carry (`bankid-se.md section 2`), checked with the `details` that the real API is known to give
//! (section 6). Where those are not known the text names the member.

mod device;
mod members;
mod payment;
mod requirement;
mod user_data;

use std::net::IpAddr;

use serde_json::Value;
use uuid::Uuid;

use self::members::Members;
use self::requirement::Requirement;
pub(crate) use self::requirement::RiskLimit;
pub(crate) use self::user_data::UserData;
use super::error::ApiError;
use super::operation::Operation;
use super::settings::{Settings, UnknownMembers};

/// An order as it was asked for, checked.
#[derive(Debug)]
pub(crate) struct OrderRequest {
    pub(crate) operation: Operation,
    /// Never there for phone operations and `/other/payment`.
    pub(crate) end_user_ip: Option<IpAddr>,
    /// Who must complete the order: from the requirement, or from the top level of phone and other payments.
    pub(crate) personal_number: Option<String>,
    pub(crate) return_risk: bool,
    /// `requirement.risk`, where it has an effect.
    pub(crate) risk_limit: Option<RiskLimit>,
    pub(crate) mrtd: bool,
    pub(crate) user_data: UserData,
}

impl OrderRequest {
    pub(crate) fn parse(operation: Operation, body: &[u8], settings: &Settings) -> Result<Self, ApiError> {
        let mut members = Members::of_body(body)?;
        let end_user_ip =
            if operation.is_started_by_token() { Some(end_user_ip(&mut members)?) } else { None };
        let caller = if operation.is_phone() { phone(&mut members)? } else { None };
        let payee = if operation == Operation::OtherPayment { Some(payee(&mut members)?) } else { None };
        if operation.is_payment() {
            payment::check(&mut members)?;
        }
        let user_data = UserData::take(operation, &mut members)?;
        let return_risk =
            if operation.is_phone() { false } else { started_on_device(&mut members, settings)? };
        let requirement = Requirement::take(operation, &mut members, settings)?;
        members.finish(settings.unknown_members, "Invalid request")?;
        Ok(Self {
            operation,
            end_user_ip,
            personal_number: requirement.personal_number.or(caller).or(payee),
            return_risk,
            risk_limit: requirement.risk,
            mrtd: requirement.mrtd,
            user_data,
        })
    }

    /// Roughly the bytes that keeping this costs.
    pub(crate) fn size(&self) -> usize {
        self.user_data.size() + self.personal_number.as_ref().map_or(0, String::len)
    }
}

/// The order that a collect or cancel is about.
pub(crate) fn order_ref(body: &[u8], unknown: UnknownMembers) -> Result<Uuid, ApiError> {
    let mut members = Members::of_body(body)?;
    let text = members.text("orderRef", "Invalid orderRef")?.ok_or(ApiError::invalid("Invalid orderRef"))?;
    members.finish(unknown, "Invalid request")?;
    Uuid::try_parse(&text).map_err(|_| ApiError::NO_SUCH_ORDER)
}

/// No check that the address is a public one: the real API takes `127.0.0.1` (`bankid-se.md section 2.1`).
fn end_user_ip(members: &mut Members) -> Result<IpAddr, ApiError> {
    const INVALID: &str = "Invalid endUserIp";
    let text = members.text("endUserIp", INVALID)?.ok_or(ApiError::invalid(INVALID))?;
    text.parse().map_err(|_| ApiError::invalid(INVALID))
}

/// The members that only orders on a device take: `returnUrl`, `web`, `app`, and `returnRisk`, whose value is returned.
fn started_on_device(members: &mut Members, settings: &Settings) -> Result<bool, ApiError> {
    const RETURN_URL: &str = "Invalid returnUrl";
    if let Some(url) = members.text("returnUrl", RETURN_URL)?
        && !(1..=512).contains(&url.len())
    {
        return Err(ApiError::invalid(RETURN_URL));
    }
    device::check(members, settings.unknown_members)?;
    Ok(members.flag("returnRisk", "Invalid returnRisk")?.unwrap_or(false))
}

/// The members that only phone operations take; `app`, `web` and `returnRisk` are not allowed there, whatever the
/// settings. Returns the personal number, which newer documents call optional.
fn phone(members: &mut Members) -> Result<Option<String>, ApiError> {
    for name in ["app", "web", "returnRisk"] {
        if members.take(name).is_some() {
            return Err(ApiError::invalid(format!("{name} is not allowed")));
        }
    }
    const INITIATOR: &str = "Incorrect callInitiator";
    match members.text("callInitiator", INITIATOR)?.as_deref() {
        Some("user" | "RP") => {}
        _ => return Err(ApiError::invalid(INITIATOR)),
    }
    personal_number(members)
}

/// The personal number that `/other/payment` requires.
fn payee(members: &mut Members) -> Result<String, ApiError> {
    personal_number(members)?.ok_or(ApiError::invalid(INCORRECT_PERSONAL_NUMBER))
}

const INCORRECT_PERSONAL_NUMBER: &str = "Incorrect personalNumber";

fn personal_number(members: &mut Members) -> Result<Option<String>, ApiError> {
    let text = members.text("personalNumber", INCORRECT_PERSONAL_NUMBER)?;
    match text {
        Some(text) if !is_personal_number(&text) => Err(ApiError::invalid(INCORRECT_PERSONAL_NUMBER)),
        other => Ok(other),
    }
}

/// Twelve digits; more is not known to be checked.
pub(crate) fn is_personal_number(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether `value` is one of `words`.
fn is_one_of(value: &Value, words: &[&str]) -> bool {
    value.as_str().is_some_and(|text| words.contains(&text))
}

#[cfg(test)]
mod tests;
