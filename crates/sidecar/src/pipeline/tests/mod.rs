//! The rooms that Swedish BankID has no request for, with a small made-up protocol (`protocol`), a provider that does as it is told
//! (`upstream`) and the store in memory. Each provider's own tests drive the whole process.

mod exchange;
mod pass;
mod protocol;
mod upstream;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use riskgate_core::config::{DecisionLog as Target, SidecarConfig};
use riskgate_core::{Assessment, Clock, Phase, Pseudonymizer, SystemClock};
use riskgate_sources::{BreakerLimits, Question, Report, Runner, Source, SourceFailure, SourceLimits};
use riskgate_store::{MemoryStore, TransactionStore};
use tokio_util::task::TaskTracker;

use self::protocol::Made;
use self::upstream::Upstream;
use super::{Gateway, Parts};
use crate::config::snapshot::{Certificate, Provider, Snapshot};
use crate::message::{Request, Response};
use crate::ops::decisions::DecisionLog;
use crate::ops::metrics::Metrics;

const CONFIG: &str = "
schema: 1
policy: { namespace: shop, name: retail }
providers:
  - name: made
    listen: { port: 0 }
    bankIdSe: { endpoint: https://made.example, trust: bankIdTest, clientCertificateRefs: [{ name: rp }] }
sources:
  - { name: slow, timeout: 5s, http: { url: https://slow.example/assess } }
  - { name: early, timeout: 5s, http: { url: https://early.example/assess, phase: Screen } }
flows:
  - { name: login, provider: made, operations: [Auth], blockAt: High, whenUnknown: Allow, whenUnavailable: Allow }
  - name: sourced
    provider: made
    operations: [Auth]
    selectableByHeader: true
    blockAt: High
    whenUnknown: Allow
    whenUnavailable: Block
    sources: [{ name: slow }]
  - name: screened
    provider: made
    operations: [Auth]
    selectableByHeader: true
    blockAt: High
    whenUnknown: Allow
    whenUnavailable: Block
    sources: [{ name: early, blockWhen: [known-bad] }]
";

/// A gateway before the made-up provider.
struct Stage {
    gateway: Arc<Gateway>,
    upstream: Arc<Upstream>,
    _folder: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        Self::with("")
    }

    /// A stage whose configuration has these lines besides.
    fn with(more: &str) -> Self {
        let mut config = SidecarConfig::from_yaml(&format!("{CONFIG}{more}")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("decisions.jsonl").display().to_string();
        config.log.decisions = Target::File(log);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let upstream = Arc::new(Upstream::default());
        let metrics = Arc::new(Metrics::new());
        let provider = Provider {
            name: "made".into(),
            protocol: Box::new(Made),
            endpoint: "https://made.example".parse().unwrap(),
            current: vec![Certificate { identity: None, client: upstream.clone(), retired_at: None }],
            retired: Vec::new(),
            certificate_names: Vec::new(),
            directory: None,
            credential: None,
            webhook: None,
            hint_code: String::new(),
        };
        let limits = SourceLimits {
            timeout: Duration::from_secs(5),
            concurrency: 8,
            breaker: BreakerLimits::default(),
        };
        let sources: [(Arc<dyn Source>, SourceLimits); 2] =
            [(Arc::new(Slow), limits), (Arc::new(Early), limits)];
        let decisions = DecisionLog::open(&config.log.decisions).unwrap();
        let snapshot = Snapshot {
            revision: config.revision().into(),
            config,
            providers: vec![provider],
            sources: Runner::new(sources, clock.clone(), metrics.clone()),
            addresses: Vec::new(),
            pseudonyms: Pseudonymizer::new(b"key"),
            shared_store: None,
        };
        let parts = Parts {
            snapshot,
            store: Arc::new(MemoryStore::new(1 << 20, clock)),
            metrics,
            decisions,
            pod: "shop-0".to_owned(),
            tasks: TaskTracker::new(),
            ledger: Arc::default(),
        };
        Self { gateway: Gateway::new(parts), upstream, _folder: folder }
    }

    fn store(&self) -> &dyn TransactionStore {
        &*self.gateway.store
    }

    /// What the decision log says, a JSON value for each decision.
    fn decisions(&self) -> Vec<serde_json::Value> {
        serde_json::from_str(&self.gateway.decisions().recent()).unwrap()
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, &'static str)],
        body: &str,
    ) -> Response {
        let mut sent = HeaderMap::new();
        for (name, value) in headers {
            sent.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let body = bytes::Bytes::copy_from_slice(body.as_bytes());
        let request = Request { method: &method, path, headers: &sent, content_type: None, body };
        self.gateway.handle(0, request).await
    }

    /// An exchange with these headers besides.
    async fn exchange(&self, path: &str, headers: &[(&'static str, &'static str)], body: &str) -> Response {
        let mut all = vec![("content-type", protocol::FORM)];
        all.extend_from_slice(headers);
        self.ask(Method::POST, path, &all, body).await
    }
}

/// A header of an answer.
fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.to_str().unwrap())
}

/// A source that takes two seconds.
struct Slow;

#[async_trait]
impl Source for Slow {
    fn name(&self) -> &str {
        "slow"
    }

    fn serves(&self, phase: Phase) -> bool {
        phase == Phase::Assess
    }

    async fn assess(&self, _: Phase, _: &Question) -> Result<Report, SourceFailure> {
        tokio::time::sleep(Duration::from_secs(2)).await;
        Ok(Report::new(Assessment::Unknown))
    }
}

/// A source that knows one user agent.
struct Early;

#[async_trait]
impl Source for Early {
    fn name(&self) -> &str {
        "early"
    }

    fn serves(&self, phase: Phase) -> bool {
        phase == Phase::Screen
    }

    async fn assess(&self, _: Phase, question: &Question) -> Result<Report, SourceFailure> {
        let bad = question.user_agent.as_deref() == Some("bad");
        let indicators = if bad { vec!["known-bad".to_owned()] } else { Vec::new() };
        Ok(Report { indicators, ..Report::new(Assessment::Unknown) })
    }
}
