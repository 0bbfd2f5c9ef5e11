//! A call of the control API, taken apart.

use std::str::FromStr;

use http::Method;
use serde::de::DeserializeOwned;

use super::ControlError;
use crate::http::Exchange;

/// Method, path segments, query and body.
pub(crate) struct Call<'a> {
    pub(crate) method: &'a Method,
    pub(crate) segments: &'a [&'a str],
    pub(super) exchange: &'a Exchange,
}

impl Call<'_> {
    /// The body as JSON; an empty one counts as `{}`.
    pub(crate) fn body<T: DeserializeOwned>(&self) -> Result<T, ControlError> {
        let body =
            self.exchange.body.as_deref().map_err(|problem| {
                ControlError::Invalid(format!("the body could not be read: {problem:?}"))
            })?;
        let body = if body.is_empty() { b"{}" } else { body };
        serde_json::from_slice(body).map_err(|error| ControlError::Invalid(format!("body: {error}")))
    }

    /// The decoded query.
    pub(crate) fn query(&self) -> Vec<(String, String)> {
        let query = self.exchange.parts.uri.query().unwrap_or_default();
        form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }
}

/// The value of a query parameter.
pub(crate) fn parameter<T: FromStr>(name: &str, value: &str) -> Result<T, ControlError> {
    value
        .parse()
        .map_err(|_| ControlError::Invalid(format!("{name}={value}: not a value that {name} can have")))
}
