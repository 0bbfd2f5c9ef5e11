//! Errors in the two forms that the API has (section B.2): an object with code and message, and for enrichments a text.

use http::StatusCode;
use serde_json::{Value, json};

use crate::http::Answer;

/// An error of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ApiError {
    pub(super) status: StatusCode,
    form: Form,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    Code(String, &'static str),
    Text(&'static str),
}

impl ApiError {
    pub(super) fn new(status: StatusCode, code: impl Into<String>, message: &'static str) -> Self {
        Self { status, form: Form::Code(code.into(), message) }
    }

    pub(super) fn bad(code: &'static str, message: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub(super) fn session_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "session_not_found", "Session not found")
    }

    /// An error of an enrichment: 400 with a text alone (section B.3).
    pub(super) fn enrichment(text: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, form: Form::Text(text) }
    }

    /// A URL of an enrichment that is used up, over, or was never there.
    pub(super) fn gone() -> Self {
        Self { status: StatusCode::GONE, form: Form::Text("Token expired or invalid") }
    }
}

impl From<ApiError> for Answer {
    fn from(error: ApiError) -> Self {
        let body = match error.form {
            Form::Code(code, message) => {
                json!({ "error": { "code": code, "message": message, "details": null } })
            }
            Form::Text(text) => json!({ "error": text }),
        };
        Answer::json(error.status, body.to_string())
    }
}

/// A 200.
pub(super) fn ok(body: &Value) -> Answer {
    Answer::json(StatusCode::OK, body.to_string())
}
