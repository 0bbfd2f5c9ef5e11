//! What a request does: a script, written in JSON. Everything left out is as in the default script, which accepts.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What one request does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Script {
    /// `riskResponseCode`; also one that does not exist, or is no code. `"absent"` omits it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Value>,
    /// `sessionStatus`: by default `accepted` for the code 0 and for a request with credentials, `refused` for the code 1, else
    /// `pending`; the risk-only call has none. `"absent"` omits it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// What polls of its session say.
    pub session: Session,
    /// Further members of the answer and of the look-up, such as `clientIPCountry`.
    pub fields: Map<String, Value>,
    /// `matchedRules` of the look-up: any JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matched_rules: Option<Value>,
    /// How late the answer is, in milliseconds of the machine's clock.
    pub delay: u64,
    /// The same for the look-up.
    pub look_up_delay: u64,
    /// What goes wrong with the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
    /// What goes wrong with the look-up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub look_up_fault: Option<Fault>,
}

/// What polls of a session say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Session {
    /// How many polls say `pending` first.
    pub pending: u32,
    /// What every later one says.
    pub status: String,
}

impl Default for Session {
    fn default() -> Self {
        Self { pending: 1, status: "accepted".to_owned() }
    }
}

/// What goes wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Fault {
    /// The connection closes without an answer.
    Drop {},
    /// The connection is reset without an answer.
    Reset {},
    /// The connection closes after half of the body.
    Truncate {},
    /// The body is no JSON.
    Garbage {},
    /// The front-end's HTML page with status 403.
    Html403 {},
    /// An error of the API; the request has no effect.
    Error {
        /// The HTTP status, 400 to 599.
        #[serde(deserialize_with = "error_status")]
        status: u16,
        /// Its `message`.
        #[serde(default)]
        message: String,
    },
}

fn error_status<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let number = u16::deserialize(deserializer)?;
    let legal = (400..600).contains(&number) && StatusCode::from_u16(number).is_ok();
    let message =
        || serde::de::Error::custom(format!("status {number}: an error has a status from 400 to 599"));
    legal.then_some(number).ok_or_else(message)
}

impl Script {
    /// The script whose risk engine answers with `code`.
    #[must_use]
    pub fn of_code(code: u32) -> Self {
        Self { code: Some(code.into()), ..Self::default() }
    }

    /// The code's JSON; none where it is omitted.
    pub(super) fn risk_code(&self) -> Option<Value> {
        match &self.code {
            None => Some(0.into()),
            Some(Value::String(word)) if word == "absent" => None,
            Some(code) => Some(code.clone()),
        }
    }
}
