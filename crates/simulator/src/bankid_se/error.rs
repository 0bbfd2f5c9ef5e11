//! The API's errors (`bankid-se.md section 6`).

use std::borrow::Cow;

use http::StatusCode;
use serde::Serialize;

use crate::http::Answer;

/// An error as the API tells it. The order of the members is that of the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApiError {
    #[serde(skip)]
    pub(crate) status: StatusCode,
    pub(crate) error_code: Cow<'static, str>,
    pub(crate) details: Cow<'static, str>,
}

impl ApiError {
    const fn new(status: StatusCode, error_code: &'static str, details: &'static str) -> Self {
        Self { status, error_code: Cow::Borrowed(error_code), details: Cow::Borrowed(details) }
    }

    /// 400 `invalidParameters`.
    pub(crate) fn invalid(details: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error_code: Cow::Borrowed("invalidParameters"),
            details: details.into(),
        }
    }

    pub(crate) const INVALID_REQUEST: Self =
        Self::new(StatusCode::BAD_REQUEST, "invalidParameters", "Invalid request");
    pub(crate) const NO_SUCH_ORDER: Self =
        Self::new(StatusCode::BAD_REQUEST, "invalidParameters", "No such order");
    pub(crate) const ALREADY_IN_PROGRESS: Self =
        Self::new(StatusCode::BAD_REQUEST, "alreadyInProgress", "Order already in progress for pno");
    pub(crate) const NOT_FOUND: Self = Self::new(StatusCode::NOT_FOUND, "notFound", "No such path");
    pub(crate) const METHOD_NOT_ALLOWED: Self =
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "methodNotAllowed", "Method not allowed");
    pub(crate) const UNSUPPORTED_MEDIA_TYPE: Self = Self::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupportedMediaType",
        "Content-Type must be application/json without parameters",
    );
    pub(crate) const REQUEST_TIMEOUT: Self =
        Self::new(StatusCode::REQUEST_TIMEOUT, "requestTimeout", "The request was transmitted too slowly");
}

impl From<ApiError> for Answer {
    fn from(error: ApiError) -> Self {
        json(error.status, &error)
    }
}

/// An answer with `value` as its body.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Answer {
    match serde_json::to_vec(value) {
        Ok(body) => Answer::json(status, body),
        Err(error) => {
            tracing::error!(%error, "an answer cannot be written as JSON");
            Answer::empty(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}
