//! TIC's enrichment as a source: once a session, its URL once, within half an hour (other-systems.md section B.3).
//!
//! Spending cannot be undone, and nobody can spend again: so the intent is written down before anything is sent, and what was
//! found before anybody is told. What has an intent and no outcome is unresolved for ever.

mod answers;
mod facts;
mod ledger;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Uri, header};
use riskgate_core::{Assessment, Phase, cause};

pub use self::ledger::{Intent, Ledger, LedgerError, Outcome, Spent};
use crate::outbound::{Limits, Outbound};
use crate::source::{Question, Report, Source, SourceFailure};

/// The longest answer that is read, in bytes: a person with thousands of roles stays below it.
const MAX_ANSWER: usize = 1 << 20;
/// Between two requests for the state of an enrichment that is processed, and how many there are at most.
const AGAIN: Duration = Duration::from_millis(500);
const REQUESTS: u32 = 20;
/// Between two looks for what another sidecar finds out, and how many there are at most.
const LOOK: Duration = Duration::from_millis(50);
const LOOKS: u32 = 20;

/// What a source is made from.
pub struct TicEnrichmentOptions {
    /// Its name in the policy.
    pub name: String,
    /// Scheme, host and port of TIC Identity.
    pub endpoint: Uri,
    /// The tenant's API key.
    pub api_key: HeaderValue,
    /// What is asked for, and nothing else.
    pub types: Vec<String>,
    /// Whether the session's one enrichment may be spent.
    pub consume: bool,
    /// How long one request may take, once there is a connection.
    pub answer: Duration,
    /// What carries the requests.
    pub outbound: Arc<dyn Outbound>,
    /// Where is written down what was spent.
    pub ledger: Arc<dyn Ledger>,
}

/// The source.
pub struct TicEnrichment(Arc<TicEnrichmentOptions>);

impl TicEnrichment {
    /// A source over `options`.
    #[must_use]
    pub fn new(options: TicEnrichmentOptions) -> Self {
        Self(Arc::new(options))
    }

    /// What was found about `session`, when somebody else spends it, or did: until it is there, or for a second.
    async fn found_elsewhere(&self, provider: &str, session: &str) -> Result<Report, SourceFailure> {
        for _ in 0..LOOKS {
            if let Some(spent) = self.0.ledger.spent(provider, session).await? {
                return report(&spent.outcome);
            }
            tokio::time::sleep(LOOK).await;
        }
        Err(gone(cause::SPEND_UNRESOLVED))
    }
}

#[async_trait]
impl Source for TicEnrichment {
    fn name(&self) -> &str {
        &self.0.name
    }

    fn serves(&self, phase: Phase) -> bool {
        phase == Phase::Assess
    }

    async fn assess(&self, _phase: Phase, question: &Question) -> Result<Report, SourceFailure> {
        let session = question.reference.clone().ok_or_else(|| gone(cause::CONTEXT_LOST))?;
        if !self.0.consume {
            // The one shot is the application's.
            return Ok(Report {
                indicators: vec!["NotConsumed".to_owned()],
                ..Report::new(Assessment::Unknown)
            });
        }
        let provider = question.provider.clone();
        if let Some(spent) = self.0.ledger.spent(&provider, &session).await? {
            return report(&spent.outcome);
        }
        match self.0.ledger.intend(&provider, &session).await? {
            Intent::Earlier => self.found_elsewhere(&provider, &session).await,
            Intent::Yours => {
                // In a task of its own: what was spent is found out and kept, also when this question has no time left.
                let options = self.0.clone();
                let spending = tokio::spawn(async move { options.spend(&provider, &session).await });
                report(&spending.await.map_err(|_| gone(cause::SPEND_UNRESOLVED))??)
            }
        }
    }
}

/// What can never be found out about this session. The service itself is well.
fn gone(cause: &str) -> SourceFailure {
    SourceFailure::Refused { causes: vec![cause.to_owned()], always: false }
}

fn report(outcome: &Outcome) -> Result<Report, SourceFailure> {
    match outcome {
        Outcome::Found { assessment, score, indicators } => {
            Ok(Report { score: *score, indicators: indicators.clone(), ..Report::new(*assessment) })
        }
        Outcome::AlreadyEnriched => Err(gone(cause::ALREADY_ENRICHED)),
        Outcome::Failed => Err(SourceFailure::Failed("nothing was spent".to_owned())),
        Outcome::Lost => Err(gone(cause::SPEND_UNRESOLVED)),
    }
}

impl TicEnrichmentOptions {
    /// Spends the session's enrichment, and writes down what came of it.
    async fn spend(&self, provider: &str, session: &str) -> Result<Outcome, SourceFailure> {
        let spent = match self.enrich(session).await {
            Ok(spent) => spent,
            Err(Failed::NothingSent(error)) => {
                // The session is as it was, and the application may spend it. An intent is not taken back.
                tracing::debug!(source = self.name, %error, "nothing was sent");
                Spent::nothing(Outcome::Failed)
            }
            Err(Failed::Lost) => Spent::nothing(Outcome::Lost),
            Err(Failed::Refused(outcome)) => Spent::nothing(outcome),
        };
        self.ledger.note(provider, session, &spent).await?;
        Ok(spent.outcome)
    }

    async fn enrich(&self, session: &str) -> Result<Spent, Failed> {
        let body = serde_json::json!({ "sessionId": session, "types": self.types }).to_string();
        let (status, answer) = self.send(Method::POST, "/api/v1/enrichment", body.into()).await?;
        if status >= 400 {
            return Err(Failed::Refused(answers::refused(status, &answer)));
        }
        let mut state = answers::state(&answer).ok_or(Failed::Lost)?;
        for _ in 0..REQUESTS {
            if !state.is_processing() {
                break;
            }
            tokio::time::sleep(AGAIN).await;
            let path = format!("/api/v1/enrichment/{}/status", state.id);
            // Asking how it stands spends nothing: it is asked again.
            if let Ok((200, answer)) = self.send(Method::GET, &path, Bytes::new()).await {
                state = answers::state(&answer).ok_or(Failed::Lost)?;
            }
        }
        let path = state.data_path().ok_or(Failed::Lost)?;
        let (status, data) = self.send(Method::GET, &path, Bytes::new()).await.map_err(|_| Failed::Lost)?;
        if status != 200 {
            return Err(Failed::Lost);
        }
        let found = facts::of(&data, &self.types, state.is_partial()).ok_or(Failed::Lost)?;
        Ok(Spent { outcome: found, state: Some(state.text), data: String::from_utf8(data.to_vec()).ok() })
    }

    async fn send(&self, method: Method, path: &str, body: Bytes) -> Result<(u16, Bytes), Failed> {
        let mut parts = self.endpoint.clone().into_parts();
        parts.path_and_query = path.parse().ok();
        let uri = Uri::from_parts(parts).map_err(|error| Failed::NothingSent(error.to_string()))?;
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        headers.insert(HeaderName::from_static("x-api-key"), self.api_key.clone());
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let limits = Limits { answer: self.answer, max_body: MAX_ANSWER };
        match self.outbound.send(request, limits).await {
            Ok(answer) => Ok((answer.status().as_u16(), answer.into_body())),
            Err(crate::outbound::OutboundError::NotSent(error)) => Err(Failed::NothingSent(error)),
            Err(_) => Err(Failed::Lost),
        }
    }
}

/// Why an enrichment brought nothing.
enum Failed {
    /// Nothing reached the service.
    NothingSent(String),
    /// It may be spent, and what it found is gone.
    Lost,
    /// The service refused.
    Refused(Outcome),
}
