//! What an answer of OneSpan says: the state first, then the code (other-systems.md sections C.4 and C.5).

use std::borrow::Cow;
use std::net::IpAddr;

use riskgate_core::{Assessment, FactValue, Facts, Level, own};

use super::code::RiskCode;
use super::fields::{MATCHED_RULES, RISK_RESPONSE_CODE};
use super::{facts, paths};
use crate::json::{Object, Value};
use crate::protocol::Unreadable;

/// Where the authentication stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The user is authenticated.
    Accepted,
    /// It goes on, or the answer is one of a kind without a state: the code decides.
    Open,
    /// OneSpan ended it by itself (`refused`, `timeout`, `failed`, `failure`, `unknown`).
    Ended,
}

/// An answer that OneSpan gave with a 2xx status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Where the authentication stands.
    pub standing: Standing,
    /// Whether it said so: a session's answer always does.
    pub has_state: bool,
    /// What the risk engine makes of it.
    pub code: RiskCode,
    /// The request id, by which the session is polled.
    pub reference: Option<String>,
    /// The id of the event or transaction, by which matched rules are looked up.
    pub looked_up_by: Option<LookUp>,
    /// The fields that it carries.
    pub facts: Facts,
    /// The user's address, where the answer repeats it.
    pub client_ip: Option<IpAddr>,
}

/// What the matched rules are looked up by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookUp {
    /// `GET /v1/events/{eventID}`
    Event(String),
    /// `GET /v1/transactions/{transactionID}`
    Transaction(String),
}

/// The indicator where the rules that matched could not be looked up.
pub const NOT_LOOKED_UP: &str = "MatchedRulesUnavailable";

impl LookUp {
    /// Its name among transactions: no session's id has a colon, so that it is the reference of none.
    #[must_use]
    pub fn reference(&self) -> String {
        match self {
            Self::Event(id) => format!("event:{id}"),
            Self::Transaction(id) => format!("transaction:{id}"),
        }
    }

    /// The id.
    #[must_use]
    pub fn into_id(self) -> String {
        match self {
            Self::Event(id) | Self::Transaction(id) => id,
        }
    }

    /// The path to ask.
    #[must_use]
    pub fn path(&self) -> String {
        match self {
            Self::Event(id) => format!("/v1/events/{id}"),
            Self::Transaction(id) => format!("/v1/transactions/{id}"),
        }
    }
}

impl Said {
    /// Reads the body of a 2xx answer.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] when it is no object that every reader understands alike, or has a state that OneSpan does not.
    pub fn read(body: &[u8]) -> Result<Self, Unreadable> {
        let answer = Object::read(body)?;
        let state = answer.get("sessionStatus");
        let standing = match &state {
            Value::Absent | Value::Null => Standing::Open,
            Value::Text(text) => match text.as_ref() {
                "accepted" => Standing::Accepted,
                "pending" => Standing::Open,
                "refused" | "timeout" | "failed" | "failure" | "unknown" => Standing::Ended,
                _ => return Err(Unreadable::UnknownState),
            },
            _ => return Err(Unreadable::Form("sessionStatus is no text".to_owned())),
        };
        let id =
            |name: &str| answer.get(name).text().filter(|id| paths::is_reference(id)).map(Cow::into_owned);
        let event = id("eventID").or_else(|| id("eventId")).map(LookUp::Event);
        Ok(Self {
            standing,
            has_state: !state.is_missing(),
            code: RiskCode::of(answer.raw(RISK_RESPONSE_CODE)),
            reference: id("requestID"),
            looked_up_by: event.or_else(|| id("transactionID").map(LookUp::Transaction)),
            facts: facts::of(&answer),
            client_ip: answer.get("clientIP").text().and_then(|address| address.parse().ok()),
        })
    }

    /// The level. Once the user is authenticated, a challenge was met and speaks no longer against the request; a decline
    /// still does, and no code is still no assessment.
    #[must_use]
    pub fn assessment(&self) -> Assessment {
        match (self.standing, self.code) {
            (Standing::Accepted, RiskCode::Challenge(_)) => Level::Low.into(),
            (_, code) => code.assessment(),
        }
    }

    /// The level of a risk-only call, which authenticates nobody: the code's. Where the answer says that something ended all the
    /// same (section C.5: the state comes first), an accepting code says nothing.
    #[must_use]
    pub fn risk_only(&self) -> Assessment {
        match (self.standing, self.code) {
            (Standing::Ended, RiskCode::Accept) => Assessment::Unknown,
            (_, code) => code.assessment(),
        }
    }

    /// Machine-readable facts behind the level: the challenge's name, and what the answer does by itself.
    #[must_use]
    pub fn indicators(&self) -> Vec<String> {
        let does = match (self.standing, self.code) {
            (_, RiskCode::Decline) => Some(own::DECLINED),
            (Standing::Open, RiskCode::Challenge(_)) => Some(own::CHALLENGED),
            (Standing::Accepted, RiskCode::Challenge(_)) => Some(own::CHALLENGE_MET),
            _ => None,
        };
        self.code.indicator().into_iter().chain(does.map(str::to_owned)).collect()
    }
}

/// OneSpan's own refusal: a status from 400, and an object with one of the members that its errors have.
///
/// # Errors
///
/// [`Unreadable`] for another status, or another form.
pub(super) fn refused(status: u16, body: &[u8]) -> Result<(), Unreadable> {
    if !(400..600).contains(&status) {
        return Err(Unreadable::Status(status));
    }
    let error = Object::read(body)?;
    let has = |name: &str| !error.get(name).is_missing();
    // A refusal passes as it came, so nothing of a result may travel with it.
    if has("sessionStatus") || has(RISK_RESPONSE_CODE) {
        return Err(Unreadable::Form("a result with the status of an error".to_owned()));
    }
    if ["message", "error", "retCode", "validationErrors"].into_iter().any(has) {
        Ok(())
    } else {
        Err(Unreadable::Form("an error without message".to_owned()))
    }
}

/// What the look-up of an event or transaction says.
///
/// # Errors
///
/// [`Unreadable`] when it is not OneSpan's.
pub fn looked_up(status: u16, body: &[u8]) -> Result<Facts, Unreadable> {
    match status {
        200 => Ok(facts::of(&Object::read(body)?)),
        _ => Err(Unreadable::Status(status)),
    }
}

/// The rules that matched, as indicators: `matchedRules=NAME`.
#[must_use]
pub fn matched(facts: &Facts) -> Vec<String> {
    match facts.get(MATCHED_RULES) {
        Some(FactValue::Texts(rules)) => rules.iter().map(|rule| format!("{MATCHED_RULES}={rule}")).collect(),
        _ => Vec::new(),
    }
}
