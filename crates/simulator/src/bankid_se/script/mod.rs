//! What an order does: a script, written in YAML or JSON. Everything left out is as in the default script, which
//! completes after three pending answers with risk `low`.

mod builtin;
mod fault;
mod hint;
mod outcome;
mod value;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use self::builtin::{Builtin, builtins};
pub use self::fault::{ErrorStatus, Fault, FaultKind, FaultPoint, Members, When};
pub(crate) use self::hint::plan;
pub use self::hint::{Lasts, Step};
pub use self::outcome::Outcome;
pub use self::value::Scripted;
use super::request::is_personal_number;

/// What one order does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Script {
    /// How the user starts the app; by default as the operation suggests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Start>,
    /// The pending hints, in order; by default what the start suggests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hints: Option<Vec<Step>>,
    /// How it ends, once the hints are used up.
    pub outcome: Outcome,
    /// `completionData.risk`: by default `low`, or absent when started by QR code (another device) and in calls. It
    /// is only ever told where the request asked for it.
    pub risk: Scripted,
    /// Who completes the order.
    pub user: ScriptedUser,
    /// The device it is completed on.
    pub device: ScriptedDevice,
    /// `completionData.stepUp`: by default `{mrtd: true}` where the request required that check, else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step_up: Option<StepUp>,
    /// `completionData.bankIdIssueDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bank_id_issue_date: Option<String>,
    /// `completionData.signature`: by default a document with the request's user data.
    pub signature: Scripted,
    /// `completionData.ocspResponse`: by default one for that signature.
    pub ocsp_response: Scripted,
    /// How late each answer is.
    pub delays: Delays,
    /// What goes wrong. The first fault that applies to an answer is taken.
    pub faults: Vec<Fault>,
}

/// How the user starts the BankID app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Start {
    /// On the same device, with the autostart token.
    Autostart,
    /// On another device, with the QR code.
    Qr,
    /// By hand, for an order made for a personal number.
    PersonalNumber,
    /// By hand, during a call.
    Phone,
}

/// `completionData.user`. The personal number is by default the request's, and `200001012384` without one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[allow(missing_docs, reason = "the API's own names")]
pub struct ScriptedUser {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub personal_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub surname: Option<String>,
}

/// `completionData.device`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ScriptedDevice {
    /// By default the request's `endUserIp` when started on the same device, else `198.51.100.7`.
    pub ip_address: Scripted,
    /// By default 28 characters that depend on the user alone.
    pub uhi: Scripted,
}

/// `completionData.stepUp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StepUp {
    /// Whether an ID document was read.
    pub mrtd: bool,
}

/// How late each answer is, in milliseconds of the machine's clock. What the request does is done before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[allow(missing_docs, reason = "named after the answers")]
pub struct Delays {
    pub order: u64,
    pub pending: u64,
    pub terminal: u64,
    pub cancel: u64,
}

/// The content of `--script FILE.yaml`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ScriptFile {
    /// Orders that nothing else is said about.
    pub default: Script,
    /// Orders for a personal number; these win over the built-in ones.
    pub persons: BTreeMap<String, Script>,
    /// One script for each of the next orders, used up in turn. Orders for a personal number that has a script,
    /// also a built-in one, do not use them.
    pub next: Vec<Script>,
}

/// Why a script cannot be used.
#[derive(Debug, Error)]
pub enum ScriptError {
    /// Not YAML, or not of the described shape.
    #[error("{0}")]
    Syntax(#[from] serde_yaml::Error),
    /// A key of `persons`.
    #[error(
        "persons.{0}: a personal number has 12 digits; write it in quotes, \"200001012384\" for instance"
    )]
    PersonalNumber(String),
}

impl ScriptFile {
    /// Reads a script file.
    ///
    /// # Errors
    /// [`ScriptError`] with the place of the mistake.
    pub fn parse(yaml: &str) -> Result<Self, ScriptError> {
        serde_yaml::from_str::<Self>(yaml)?.checked()
    }

    /// The same, when what the types cannot say holds too.
    pub(crate) fn checked(self) -> Result<Self, ScriptError> {
        match self.persons.keys().find(|number| !is_personal_number(number)) {
            Some(number) => Err(ScriptError::PersonalNumber(number.clone())),
            None => Ok(self),
        }
    }
}

#[cfg(test)]
mod tests;
