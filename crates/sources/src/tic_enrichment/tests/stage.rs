//! A service that answers as scripted, with a note of everything that it was asked, and a ledger in memory.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use riskgate_core::Phase;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::outbound::{Limits, Outbound, OutboundError};
use crate::source::{Question, Report, Source, SourceFailure};
use crate::tic_enrichment::{Intent, Ledger, LedgerError, Spent, TicEnrichment, TicEnrichmentOptions};

pub(super) const SESSION: &str = "a1b2c3d4-e5f6-7890-abcd-ef1234567890";
const NOTED: &str = "the tests note what they are asked";

/// What the service answers.
#[derive(Clone)]
pub(super) enum Says {
    Json(u16, Value),
    Text(u16, &'static str),
    /// Nothing reached it.
    Away,
    /// Something may have.
    Silent,
}

#[derive(Default)]
pub(super) struct Service {
    says: Mutex<VecDeque<Says>>,
    asked: Mutex<Vec<(Duration, String)>>,
    noted: Mutex<HashMap<String, Spent>>,
    intended: Mutex<HashSet<String>>,
}

impl Service {
    pub(super) fn new(says: impl IntoIterator<Item = Says>) -> Arc<Self> {
        Arc::new(Self { says: Mutex::new(says.into_iter().collect()), ..Self::default() })
    }

    /// Every request: its method and path.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().expect(NOTED).iter().map(|(_, what)| what.clone()).collect()
    }

    /// When requests came whose method and path begin so, in milliseconds after `began`.
    pub(super) fn times(&self, begins: &str) -> Vec<u128> {
        let asked = self.asked.lock().expect(NOTED);
        asked.iter().filter(|(_, what)| what.starts_with(begins)).map(|(at, _)| at.as_millis()).collect()
    }

    /// What was written down about the session.
    pub(super) fn noted(&self) -> Option<Spent> {
        self.noted.lock().expect(NOTED).get(SESSION).cloned()
    }

    /// Somebody else means to spend the session's enrichment.
    pub(super) fn intended_elsewhere(&self) {
        self.intended.lock().expect(NOTED).insert(SESSION.to_owned());
    }
}

#[async_trait]
impl Outbound for Service {
    async fn send(&self, request: Request<Bytes>, _: Limits) -> Result<Response<Bytes>, OutboundError> {
        // The answer comes later, so that those who ask at once overlap.
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(request.headers()["x-api-key"], "key");
        let what = format!("{} {}", request.method(), request.uri());
        self.asked.lock().expect(NOTED).push((BEGAN.with(Instant::elapsed), what));
        let (status, body) = match self.says.lock().expect(NOTED).pop_front() {
            Some(Says::Json(status, body)) => (status, body.to_string()),
            Some(Says::Text(status, body)) => (status, body.to_owned()),
            Some(Says::Away) => return Err(OutboundError::NotSent("away".to_owned())),
            Some(Says::Silent) | None => return Err(OutboundError::Lost("silent".to_owned())),
        };
        Ok(Response::builder().status(status).body(body.into()).expect("a response"))
    }
}

thread_local! {
    /// When the test on this thread began.
    static BEGAN: Instant = Instant::now();
}

#[async_trait]
impl Ledger for Service {
    async fn intend(&self, _: &str, session: &str) -> Result<Intent, LedgerError> {
        let first = self.intended.lock().expect(NOTED).insert(session.to_owned());
        Ok(if first { Intent::Yours } else { Intent::Earlier })
    }

    async fn note(&self, _: &str, session: &str, spent: &Spent) -> Result<(), LedgerError> {
        self.noted.lock().expect(NOTED).insert(session.to_owned(), spent.clone());
        Ok(())
    }

    async fn spent(&self, _: &str, session: &str) -> Result<Option<Spent>, LedgerError> {
        Ok(self.noted.lock().expect(NOTED).get(session).cloned())
    }
}

/// The source in front of a service, asking for roles in companies.
pub(super) fn source(service: &Arc<Service>, consume: bool) -> TicEnrichment {
    BEGAN.with(|_| ());
    TicEnrichment::new(TicEnrichmentOptions {
        name: "enrichment".to_owned(),
        endpoint: "https://id.example".parse().expect("an endpoint"),
        api_key: HeaderValue::from_static("key"),
        types: vec!["companyRoles".to_owned()],
        consume,
        answer: Duration::from_secs(2),
        outbound: service.clone(),
        ledger: service.clone(),
    })
}

pub(super) async fn ask(source: &TicEnrichment) -> Result<Report, SourceFailure> {
    let question =
        Question { provider: "tic".to_owned(), reference: Some(SESSION.to_owned()), ..Question::default() };
    source.assess(Phase::Assess, &question).await
}

/// An enrichment that stands so.
pub(super) fn state(status: &str) -> Says {
    let done = status == "Completed";
    Says::Json(
        200,
        json!({
            "enrichmentId": "e-1", "sessionId": SESSION, "status": status, "requestedTypes": ["companyRoles"],
            "completedTypes": if done { json!(["companyRoles"]) } else { json!([]) },
            "secureUrl": if done { json!("/api/v1/enrichment/data/t-1") } else { Value::Null },
        }),
    )
}

/// What was found: nobody's role.
pub(super) fn data() -> Says {
    Says::Json(200, json!({ "personalNumber": "199001011234", "companyRoles": [] }))
}
