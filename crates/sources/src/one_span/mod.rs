//! OneSpan's risk engine, asked about requests to another provider (other-systems.md sections C.5 and C.7).
//!
//! The risk-only call (`POST /v1/transactions`) gives a code and starts no authentication. The rules that matched stand only in
//! the look-up after it, which gets what is left of the time and never costs the code. OneSpan learns the user's reference, the
//! amount and the user's IPv4 address; it is a third party, and asked only where a policy names it.

mod mapped;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request, StatusCode, Uri, header};
use riskgate_core::config::OneSpanSourceConfig;
use riskgate_core::{Assessment, Facts, Phase};
use riskgate_wire::one_span::{LookUp, NOT_LOOKED_UP, Said, looked_up, matched};
use tokio::time::{Instant, timeout_at};

use self::mapped::Mapped;
use crate::outbound::{Limits, Outbound};
use crate::source::{Question, Report, Source, SourceFailure};

/// The longest answer that is read, in bytes: 53 fields, one of them a browser's fingerprint.
const MAX_ANSWER: usize = 256 << 10;

/// OneSpan as a source.
pub struct OneSpanSource {
    name: String,
    config: OneSpanSourceConfig,
    /// When an answer is needed: the timeout of the source, less a little to come back in.
    time: Duration,
    client: Arc<dyn Outbound>,
}

impl OneSpanSource {
    /// A source named `name` whose answers may take `timeout`. `client` presents the tenant's certificate and trusts only
    /// OneSpan's.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        config: OneSpanSourceConfig,
        timeout: Duration,
        client: Arc<dyn Outbound>,
    ) -> Self {
        Self { name: name.into(), config, time: timeout.mul_f32(0.9), client }
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<http::Response<Bytes>, SourceFailure> {
        let uri: Uri = format!("{}{path}", self.config.endpoint)
            .parse()
            .map_err(|_| SourceFailure::Failed("its endpoint is none".to_owned()))?;
        let mut request = Request::new(body);
        *request.uri_mut() = uri;
        let json = header::HeaderValue::from_static("application/json");
        request.headers_mut().insert(header::ACCEPT, json.clone());
        if method == Method::POST {
            request.headers_mut().insert(header::CONTENT_TYPE, json);
        }
        *request.method_mut() = method;
        Ok(self.client.send(request, Limits { answer: self.time, max_body: MAX_ANSWER }).await?)
    }

    /// The code, with what the answer says besides.
    async fn assessed(&self, mapped: &Mapped) -> Result<Said, SourceFailure> {
        let answer = self.call(Method::POST, "/v1/transactions", mapped.body()).await?;
        match answer.status() {
            status if status.is_success() => {
                Said::read(answer.body()).map_err(|error| SourceFailure::Failed(error.to_string()))
            }
            StatusCode::TOO_MANY_REQUESTS => Err(SourceFailure::Overloaded("status 429".to_owned())),
            // Its message may repeat what it was asked.
            status => Err(SourceFailure::Failed(format!("it answered with status {}", status.as_u16()))),
        }
    }

    /// The fields of the look-up; none where they did not come in time, or not at all.
    async fn rules(&self, look_up: &LookUp, until: Instant) -> Option<Facts> {
        let path = look_up.path();
        let answer = timeout_at(until, self.call(Method::GET, &path, Bytes::new())).await;
        let read = match answer {
            Ok(Ok(answer)) => {
                looked_up(answer.status().as_u16(), answer.body()).map_err(|why| why.to_string())
            }
            Ok(Err(failure)) => Err(failure.to_string()),
            Err(_) => Err("no time was left".to_owned()),
        };
        match read {
            Ok(facts) => Some(facts),
            Err(why) => {
                tracing::debug!(source = self.name, %why, "matched rules could not be looked up");
                None
            }
        }
    }
}

#[async_trait]
impl Source for OneSpanSource {
    fn name(&self) -> &str {
        &self.name
    }

    /// Before the order exists: only then is the request at hand, which user and amount are mapped from.
    fn serves(&self, phase: Phase) -> bool {
        phase == Phase::Screen
    }

    /// `Unknown` where the request names no user or no amount: OneSpan assesses nothing without them.
    async fn assess(&self, _phase: Phase, question: &Question) -> Result<Report, SourceFailure> {
        let until = Instant::now() + self.time;
        let Some(mapped) = Mapped::of(&self.config, question) else {
            let indicators = vec!["NotMapped".to_owned()];
            return Ok(Report { indicators, ..Report::new(Assessment::Unknown) });
        };
        let said = self.assessed(&mapped).await?;
        let mut report = Report::new(said.risk_only());
        report.indicators.extend(said.code.indicator());
        report.facts = said.facts;
        if let Some(look_up) = &said.looked_up_by {
            match self.rules(look_up, until).await {
                Some(looked_up) => {
                    report.indicators.extend(matched(&looked_up));
                    report.facts = looked_up;
                }
                None => report.indicators.push(NOT_LOOKED_UP.to_owned()),
            }
        }
        Ok(report)
    }
}
