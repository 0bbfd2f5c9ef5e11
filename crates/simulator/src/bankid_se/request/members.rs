//! Taking a JSON object apart, member by member, until nothing unknown is left.

use serde_json::{Map, Value};

use crate::bankid_se::error::ApiError;
use crate::bankid_se::settings::UnknownMembers;

/// The members of an object that nobody has asked for yet. `null` counts as absent.
#[derive(Debug)]
pub(super) struct Members(Map<String, Value>);

impl Members {
    /// The members of a request's body.
    pub(super) fn of_body(body: &[u8]) -> Result<Self, ApiError> {
        serde_json::from_slice(body).map(Self).map_err(|_| ApiError::INVALID_REQUEST)
    }

    /// The members of `value`, which must be an object.
    pub(super) fn of_value(value: Value, details: &'static str) -> Result<Self, ApiError> {
        match value {
            Value::Object(members) => Ok(Self(members)),
            _ => Err(ApiError::invalid(details)),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.shift_remove(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(&mut self, name: &str, details: &'static str) -> Result<Option<String>, ApiError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(ApiError::invalid(details)),
        }
    }

    pub(super) fn flag(&mut self, name: &str, details: &'static str) -> Result<Option<bool>, ApiError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(_) => Err(ApiError::invalid(details)),
        }
    }

    pub(super) fn object(&mut self, name: &str, details: &'static str) -> Result<Option<Self>, ApiError> {
        self.take(name).map(|value| Self::of_value(value, details)).transpose()
    }

    /// What is left is unknown.
    pub(super) fn finish(self, unknown: UnknownMembers, details: &'static str) -> Result<(), ApiError> {
        match unknown {
            UnknownMembers::Strict if !self.is_empty() => Err(ApiError::invalid(details)),
            _ => Ok(()),
        }
    }
}
