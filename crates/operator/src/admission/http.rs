//! One question and its answer over HTTP: what is taken, how much of it, and for how long.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::timeout;

use super::Admission;
use super::review::{Answer, Request as Question};
use crate::reason::Reason;

/// The longest question that is read, in bytes: the API server takes no longer object.
pub const MAX_BODY: usize = 3 * 1024 * 1024;
/// The longest that a question takes, from its first byte: the API server waits for ten seconds.
const LIMIT: Duration = Duration::from_secs(9);

/// The longest that its body takes: the API server sends it at once, and others wait for their turn meanwhile.
const BODY: Duration = Duration::from_secs(3);

/// An answer, and how it is counted.
pub(super) struct Answered {
    pub(super) answer: Answer,
    pub(super) result: &'static str,
    pub(super) reason: &'static str,
}

/// Which of the webhooks is asked.
#[derive(Clone, Copy)]
enum Webhook {
    Inject,
    Validate,
}

/// Why there is no answer: it is nobody's question.
#[derive(Debug, thiserror::Error)]
enum Rejected {
    #[error("write Content-Type: application/json")]
    ContentType,
    #[error("the body has more than {MAX_BODY} bytes")]
    TooLong,
    #[error("the body ended early, or took longer than {BODY:?}")]
    CutOff,
    #[error("no answer within {LIMIT:?}")]
    Slow,
    #[error("{0}")]
    Question(#[from] super::review::ReviewError),
    #[error("the answer cannot be written: {0}")]
    Answer(serde_json::Error),
}

impl Answered {
    pub(super) fn of(answer: Answer, result: &'static str, reason: &'static str) -> Self {
        Self { answer: answer.with_audit("reason", reason), result, reason }
    }

    /// Asked for something that no webhook configuration of ours asks for.
    pub(super) fn misdirected(about: &str) -> Self {
        let message = format!(
            "this webhook of riskgate answers for {about}; install the webhook configurations of this version"
        );
        Self::of(Answer::refuse(400, &message), "refused", riskgate_inject::Reason::Malformed.name())
    }

    /// Nothing could be found out.
    pub(super) fn unanswered(message: &str) -> Self {
        Self::of(Answer::refuse(503, message), "failed", Reason::Failed.name())
    }
}

/// The paths of the webhooks.
pub(super) fn router(admission: Arc<Admission>) -> Router {
    let inject = |State(admission), request| whole(admission, Webhook::Inject, request);
    let validate = |State(admission), request| whole(admission, Webhook::Validate, request);
    Router::new().route("/inject", post(inject)).route("/validate", post(validate)).with_state(admission)
}

async fn whole(admission: Arc<Admission>, webhook: Webhook, request: Request) -> Response {
    let begun = Instant::now();
    let answered = timeout(LIMIT, answer(&admission, webhook, request));
    let (result, reason, response) = match answered.await.unwrap_or(Err(Rejected::Slow)) {
        Ok((answered, body)) => {
            let json = [(header::CONTENT_TYPE, "application/json")];
            (answered.result, answered.reason, (json, body).into_response())
        }
        Err(rejected) => {
            tracing::warn!(error = %rejected, "a question is not answered");
            let (result, reason) = match rejected {
                Rejected::Slow | Rejected::Answer(_) => ("failed", Reason::Failed.name()),
                _ => ("refused", riskgate_inject::Reason::Malformed.name()),
            };
            (result, reason, (rejected.status(), format!("riskgate: {rejected}\n")).into_response())
        }
    };
    admission.metrics.admitted(result, reason, begun.elapsed());
    response
}

async fn answer(
    admission: &Admission,
    webhook: Webhook,
    request: Request,
) -> Result<(Answered, Vec<u8>), Rejected> {
    let (parts, body) = request.into_parts();
    if !is_json(&parts.headers) {
        return Err(Rejected::ContentType);
    }
    // Before the body is read: so much is held in memory at most.
    let _permit = admission.at_once.acquire().await.map_err(|_| Rejected::Slow)?;
    let body = timeout(BODY, read(body)).await.map_err(|_| Rejected::CutOff)??;
    let question = Question::read(&body)?;
    let answered = match webhook {
        Webhook::Inject => admission.pod(&question).await,
        Webhook::Validate => Admission::policy(&question),
    };
    let body = answered.answer.write(&question.uid).map_err(Rejected::Answer)?;
    Ok((answered, body))
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next()).map(str::trim);
    essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"))
}

async fn read(body: Body) -> Result<bytes::Bytes, Rejected> {
    match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Rejected::TooLong),
        Err(_) => Err(Rejected::CutOff),
    }
}

impl Rejected {
    fn status(&self) -> StatusCode {
        match self {
            Self::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::CutOff | Self::Question(_) => StatusCode::BAD_REQUEST,
            Self::Slow => StatusCode::SERVICE_UNAVAILABLE,
            Self::Answer(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}
