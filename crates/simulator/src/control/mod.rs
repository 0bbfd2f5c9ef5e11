//! The control API: plain HTTP and JSON, for tests and stagers. `docs/simulator.md` describes it; `GET /` lists it.

mod call;
mod shared;

use std::sync::Arc;

use http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};
use thiserror::Error;

pub(crate) use self::call::Call;
use crate::clock::NotManual;
use crate::front::Rooms;
use crate::http::{Answer, Exchange, Service};
use crate::recorder::WaitError;

/// Why a call of the control API failed. The text is the answer's `error`.
#[derive(Debug, Error)]
pub(crate) enum ControlError {
    #[error("no such resource; GET / lists what there is")]
    NotFound,
    #[error("{0}")]
    NoSuchThing(String),
    #[error("{0}")]
    Invalid(String),
    #[error(transparent)]
    NotManual(#[from] NotManual),
    #[error(transparent)]
    Wait(#[from] WaitError),
}

impl ControlError {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound | Self::NoSuchThing(_) => StatusCode::NOT_FOUND,
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::NotManual(_) | Self::Wait(WaitError::Off) => StatusCode::CONFLICT,
            Self::Wait(WaitError::TimedOut { .. }) => StatusCode::REQUEST_TIMEOUT,
        }
    }
}

/// The part of the control API that belongs to one provider, below `/v1/NAME/`.
pub(crate) trait ProviderControl: Send + Sync + 'static {
    /// The first segment of its paths.
    fn name(&self) -> &'static str;

    /// Its routes, each with a line of explanation, for `GET /`.
    fn routes(&self) -> &'static [(&'static str, &'static str)];

    /// Answers a call whose segments after the name are left.
    fn call(&self, call: &Call<'_>) -> Result<Value, ControlError>;

    /// Whether requests of this path are the provider's.
    fn serves(&self, path: &str) -> bool;

    /// Forgets everything that came after the start.
    fn reset(&self);
}

/// The control API of all providers.
pub(crate) struct Control {
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) providers: Vec<Arc<dyn ProviderControl>>,
}

impl Service for Control {
    async fn answer(&self, exchange: Exchange) -> Answer {
        let (status, value) = match self.call(&exchange).await {
            Ok(value) => (StatusCode::OK, value),
            Err(error) => (error.status(), json!({ "error": error.to_string() })),
        };
        let mut body = value.to_string();
        body.push('\n');
        Answer::json(status, body)
    }
}

/// A value as JSON.
pub(crate) fn to_json(value: &impl Serialize) -> Result<Value, ControlError> {
    serde_json::to_value(value).map_err(|error| ControlError::Invalid(error.to_string()))
}
