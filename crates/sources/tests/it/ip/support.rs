//! Sources with parts that do as they are told.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use riskgate_core::config::{IpIntelligenceConfig, IpListKind};
use riskgate_core::{Clock, Millis, Phase};
use riskgate_sources::ip_intelligence::{AbuseApiParts, IpIntelligence, IpIntelligenceParts};
use riskgate_sources::outbound::{Limits, Outbound, OutboundError};
use riskgate_sources::{Question, Report, Source};
use tokio::sync::Semaphore;

pub(super) const TIMEOUT: Duration = Duration::from_secs(1);
/// A time that all reports of the tests lie before: 22 November 2026.
pub(super) const NOW: Millis = 1_795_305_600_000;

/// A clock that stands still until it is told.
pub(super) struct SetClock(AtomicU64);

impl SetClock {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(NOW)))
    }

    pub(super) fn pass(&self, time: Duration) {
        self.0.fetch_add(u64::try_from(time.as_millis()).expect("a time"), Ordering::Relaxed);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Millis {
        self.0.load(Ordering::Relaxed)
    }
}

/// A service that gives one answer after another, and the last for ever; it answers when it is let.
pub(super) struct Service {
    answers: Mutex<VecDeque<Result<Response<Bytes>, OutboundError>>>,
    pub(super) seen: Mutex<Vec<Request<Bytes>>>,
    pub(super) gate: Semaphore,
    pub(super) abandoned: AtomicUsize,
}

impl Service {
    /// A service that answers at once.
    pub(super) fn open(
        answers: impl IntoIterator<Item = Result<Response<Bytes>, OutboundError>>,
    ) -> Arc<Self> {
        let service = Self::closed(answers);
        service.gate.add_permits(10_000);
        service
    }

    /// A service that answers only when its gate is opened.
    pub(super) fn closed(
        answers: impl IntoIterator<Item = Result<Response<Bytes>, OutboundError>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            answers: Mutex::new(answers.into_iter().collect()),
            seen: Mutex::default(),
            gate: Semaphore::new(0),
            abandoned: AtomicUsize::new(0),
        })
    }

    pub(super) fn asked(&self) -> usize {
        self.seen.lock().expect("a lock").len()
    }

    fn next(&self) -> Result<Response<Bytes>, OutboundError> {
        let mut answers = self.answers.lock().expect("a lock");
        match answers.len() {
            0 | 1 => clone(answers.front().expect("an answer")),
            _ => answers.pop_front().expect("an answer"),
        }
    }
}

fn clone(answer: &Result<Response<Bytes>, OutboundError>) -> Result<Response<Bytes>, OutboundError> {
    let answer = answer.as_ref().map_err(Clone::clone)?;
    let mut copy = Response::new(answer.body().clone());
    *copy.status_mut() = answer.status();
    *copy.headers_mut() = answer.headers().clone();
    Ok(copy)
}

/// Counts itself when it is dropped before its time.
struct Underway<'a>(&'a Service, bool);

impl Drop for Underway<'_> {
    fn drop(&mut self) {
        if !self.1 {
            self.0.abandoned.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[async_trait]
impl Outbound for Service {
    async fn send(&self, request: Request<Bytes>, _: Limits) -> Result<Response<Bytes>, OutboundError> {
        self.seen.lock().expect("a lock").push(request);
        let mut underway = Underway(self, false);
        self.gate.acquire().await.expect("a gate").forget();
        underway.1 = true;
        self.next()
    }
}

/// An answer of the service with these members beside the address.
pub(super) fn says(address: &str, members: &str) -> Result<Response<Bytes>, OutboundError> {
    status(200, &format!(r#"{{"data":{{"ipAddress":"{address}",{members}}}}}"#))
}

pub(super) fn status(status: u16, body: &str) -> Result<Response<Bytes>, OutboundError> {
    let response = Response::builder().status(status).body(Bytes::copy_from_slice(body.as_bytes()));
    Ok(response.expect("an answer"))
}

/// What a source is made of.
#[derive(Default)]
pub(super) struct Made {
    pub(super) config: IpIntelligenceConfig,
    pub(super) lists: Vec<Vec<u8>>,
    pub(super) databases: Option<PathBuf>,
    pub(super) service: Option<Arc<Service>>,
    pub(super) clock: Option<Arc<SetClock>>,
}

impl Made {
    /// With the configuration in that YAML.
    pub(super) fn of(yaml: &str) -> Self {
        Self { config: serde_yaml::from_str(yaml).expect("a configuration"), ..Self::default() }
    }

    pub(super) fn list(mut self, kind: IpListKind, text: &str) -> Self {
        let key = format!("list-{}", self.lists.len());
        self.config.lists.push(riskgate_core::config::IpList { config_map: "lists".to_owned(), key, kind });
        self.lists.push(text.as_bytes().to_vec());
        self
    }

    /// With the service, and a configuration that names it.
    pub(super) fn service(mut self, service: &Arc<Service>) -> Self {
        let api = "{ url: https://abuse.example, apiKeyRef: { name: abuse, key: key }, cacheEntries: 100 }";
        self.config.abuse_api = Some(serde_yaml::from_str(api).expect("an API"));
        self.service = Some(Arc::clone(service));
        self
    }

    pub(super) fn clock(mut self, clock: &Arc<SetClock>) -> Self {
        self.clock = Some(Arc::clone(clock));
        self
    }

    pub(super) fn after(self, previous: Option<&IpIntelligence>) -> IpIntelligence {
        let client = self.service.map(|service| service as Arc<dyn Outbound>);
        let parts = IpIntelligenceParts {
            name: "ip",
            timeout: TIMEOUT,
            lists: self.lists,
            databases: self.databases,
            abuse_api: client.map(|client| AbuseApiParts { key: "secret-key\n".to_owned(), client }),
            clock: self.clock.unwrap_or_else(SetClock::new),
        };
        IpIntelligence::new(&self.config, parts, previous).expect("a source")
    }

    pub(super) fn source(self) -> IpIntelligence {
        self.after(None)
    }
}

pub(super) fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

pub(super) fn started_from(address: &str) -> Question {
    Question { client_ip: Some(ip(address)), ..Question::default() }
}

pub(super) async fn screen(source: &IpIntelligence, address: &str) -> Report {
    source.assess(Phase::Screen, &started_from(address)).await.expect("a report")
}

/// A report in short: assessment, score, indicators.
pub(super) fn gist(report: &Report) -> String {
    let score = report.score.map_or("-".to_owned(), |score| score.to_string());
    format!("{} {score} [{}]", report.assessment, report.indicators.join(" "))
}
