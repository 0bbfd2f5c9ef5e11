//! `requirement` (`bankid-se.md section 2.3`).

use serde_json::Value;

use super::members::Members;
use super::{is_one_of, personal_number};
use crate::bankid_se::error::ApiError;
use crate::bankid_se::operation::Operation;
use crate::bankid_se::settings::{RequirementRisk, Settings};

const INVALID: &str = "Invalid requirement";

/// The most risk that `requirement.risk` lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RiskLimit {
    Low,
    Moderate,
}

impl RiskLimit {
    /// Whether an order with this indication completes. One that could not be calculated does.
    pub(crate) fn lets_pass(self, risk: Option<&str>) -> bool {
        match risk {
            None | Some("low") => true,
            Some("moderate") => self == Self::Moderate,
            Some(_) => false,
        }
    }
}

/// What was required, as far as it matters later.
#[derive(Debug, Default)]
pub(super) struct Requirement {
    pub(super) personal_number: Option<String>,
    pub(super) mrtd: bool,
    pub(super) risk: Option<RiskLimit>,
}

impl Requirement {
    pub(super) fn take(
        operation: Operation,
        members: &mut Members,
        settings: &Settings,
    ) -> Result<Self, ApiError> {
        let Some(mut required) = members.object("requirement", INVALID)? else { return Ok(Self::default()) };
        let mut requirement = Self::default();
        required.flag("pinCode", INVALID)?;
        // Two of three sources know no ID document check in phone orders (section 13 h).
        if !operation.is_phone() {
            requirement.mrtd = required.flag("mrtd", INVALID)?.unwrap_or(false);
        }
        if required.take("cardReader").is_some_and(|reader| !is_one_of(&reader, &["class1", "class2"])) {
            return Err(ApiError::invalid(INVALID));
        }
        if required.take("certificatePolicies").is_some_and(|policies| !are_policies(&policies)) {
            return Err(ApiError::invalid(INVALID));
        }
        if operation.is_started_by_token() {
            requirement.personal_number = personal_number(&mut required)?;
        }
        if let Some(risk) = required.take("risk") {
            requirement.risk = risk_limit(operation, &risk, settings.requirement_risk)?;
        }
        required.finish(settings.unknown_members, INVALID)?;
        Ok(requirement)
    }
}

/// Historic: on `/auth` and `/sign`, and by one source on `/other/payment`. Letters of any case, since BankID's own
/// sample sends `LOW`.
fn risk_limit(
    operation: Operation,
    risk: &Value,
    mode: RequirementRisk,
) -> Result<Option<RiskLimit>, ApiError> {
    let known = matches!(operation, Operation::Auth | Operation::Sign | Operation::OtherPayment);
    match mode {
        RequirementRisk::Ignore => Ok(None),
        RequirementRisk::Legacy if known => match risk.as_str().map(str::to_ascii_lowercase).as_deref() {
            Some("low") => Ok(Some(RiskLimit::Low)),
            Some("moderate") => Ok(Some(RiskLimit::Moderate)),
            _ => Err(ApiError::invalid(INVALID)),
        },
        RequirementRisk::Legacy | RequirementRisk::Reject => Err(ApiError::invalid(INVALID)),
    }
}

/// A list of object identifiers, each of which may end in a wildcard from the fifth position on.
fn are_policies(value: &Value) -> bool {
    let is_policy = |policy: &Value| {
        let Some(text) = policy.as_str() else { return false };
        let parts: Vec<&str> = text.split('.').collect();
        let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        match parts.split_last() {
            Some((&"*", arcs)) => arcs.len() >= 4 && arcs.iter().all(is_number),
            _ => parts.len() >= 2 && parts.iter().all(is_number),
        }
    };
    value.as_array().is_some_and(|policies| policies.iter().all(is_policy))
}
