//! The platform team's own service as a source: one JSON question, one JSON answer (docs/http-source.md).

mod contract;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, Uri, header};
use riskgate_core::{Assessment, Phase};

use crate::outbound::{Limits, Outbound};
use crate::source::{Question, Report, Source, SourceFailure};

/// The longest answer that is read, in bytes. What the contract has stays below a tenth of this.
const MAX_ANSWER: usize = 64 << 10;

/// What a source is made from.
pub struct HttpOptions {
    /// Its name in the policy.
    pub name: String,
    /// Where questions are sent.
    pub url: Uri,
    /// When it is asked.
    pub phase: Phase,
    /// How long the service may take, once there is a connection.
    pub timeout: Duration,
    /// Whether the user's national identity number is sent.
    pub send_subject: bool,
    /// The token that is sent as `Authorization: Bearer`.
    pub bearer_token: Option<String>,
    /// What carries the questions.
    pub outbound: Arc<dyn Outbound>,
}

/// A token that cannot stand in a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token cannot be sent in a header: write one line of printable ASCII, without blanks")]
pub struct UnusableToken;

/// A service of the platform team's own.
pub struct HttpSource {
    options: HttpOptions,
    authorization: Option<HeaderValue>,
}

impl HttpSource {
    /// A source over `options`.
    ///
    /// # Errors
    ///
    /// [`UnusableToken`] when the token cannot be sent.
    pub fn new(mut options: HttpOptions) -> Result<Self, UnusableToken> {
        let authorization = options.bearer_token.take().map(|token| bearer(&token)).transpose()?;
        Ok(Self { options, authorization })
    }

    fn request(&self, phase: Phase, question: &Question) -> http::Request<Bytes> {
        let mut request = http::Request::new(contract::question(phase, question, self.options.send_subject));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.options.url.clone();
        let json = HeaderValue::from_static("application/json");
        let headers = request.headers_mut();
        headers.insert(header::ACCEPT, json.clone());
        headers.insert(header::CONTENT_TYPE, json);
        if let Some(authorization) = &self.authorization {
            headers.insert(header::AUTHORIZATION, authorization.clone());
        }
        request
    }
}

/// The token as the value of the header `Authorization`, marked so that no `{:?}` shows it.
///
/// # Errors
///
/// [`UnusableToken`] when it cannot be sent.
pub fn bearer(token: &str) -> Result<HeaderValue, UnusableToken> {
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(UnusableToken);
    }
    let mut value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| UnusableToken)?;
    value.set_sensitive(true);
    Ok(value)
}

#[async_trait]
impl Source for HttpSource {
    fn name(&self) -> &str {
        &self.options.name
    }

    fn serves(&self, phase: Phase) -> bool {
        self.options.phase == phase
    }

    async fn assess(&self, phase: Phase, question: &Question) -> Result<Report, SourceFailure> {
        let limits = Limits { answer: self.options.timeout, max_body: MAX_ANSWER };
        let answer = self.options.outbound.send(self.request(phase, question), limits).await?;
        match answer.status() {
            StatusCode::OK => {
                contract::report(answer.body()).map_err(|error| SourceFailure::Failed(error.to_string()))
            }
            StatusCode::NO_CONTENT => Ok(Report::new(Assessment::Unknown)),
            status @ (StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) => {
                Err(SourceFailure::Overloaded(format!("it answered with status {}", status.as_u16())))
            }
            status => Err(SourceFailure::Failed(format!("it answered with status {}", status.as_u16()))),
        }
    }
}
