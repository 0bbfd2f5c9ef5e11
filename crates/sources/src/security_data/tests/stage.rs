//! A provider and a security data service in one, with a note of everything that they were asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, header};
use riskgate_core::config::{ClaimRule, ClientAuthentication};
use riskgate_core::{Assessment, Clock, Operation, Phase, SystemClock};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::openid::Openid;
use crate::outbound::{Limits, Outbound, OutboundError};
use crate::security_data::{ClientCredential, SecurityData, Settings};
use crate::source::{Question, Report, Source, SourceFailure};

pub(super) const ISSUER: &str = "https://id.example/realms/x";
const KEYS: &[u8] = include_bytes!("../../../../wire/tests/jose/keys/jwks.json");
pub(super) const TID: &str = "754a1771-8f6a-4fa5-b6d7-47d81dda493d";

/// What the service answers.
#[derive(Clone)]
pub(super) enum Says {
    Status(u16),
    With(u16, &'static str, &'static str),
    Json(u16, Value),
    Nothing,
}

/// One request that was received.
pub(super) struct Received {
    pub(super) after: Duration,
    pub(super) uri: String,
    pub(super) authorization: Option<String>,
    pub(super) body: String,
}

pub(super) struct Service {
    started: Instant,
    discovery: Value,
    data: Mutex<VecDeque<Says>>,
    tokens: Mutex<VecDeque<Says>>,
    received: Mutex<Vec<Received>>,
}

impl Service {
    pub(super) fn new(data: impl IntoIterator<Item = Says>) -> Arc<Self> {
        Self::announcing("data.example", data)
    }

    pub(super) fn announcing(base: &str, data: impl IntoIterator<Item = Says>) -> Arc<Self> {
        let mut discovery = json!({
            "issuer": ISSUER, "token_endpoint": "https://id.example/token", "jwks_uri": "https://id.example/keys",
        });
        if !base.is_empty() {
            discovery["fraud-data-baseurl"] = json!(base);
        }
        Arc::new(Self {
            started: Instant::now(),
            discovery,
            data: Mutex::new(data.into_iter().collect()),
            tokens: Mutex::default(),
            received: Mutex::default(),
        })
    }

    /// What the token endpoint answers instead of a new token each time.
    pub(super) fn tokens(&self, says: impl IntoIterator<Item = Says>) {
        self.tokens.lock().unwrap().extend(says);
    }

    pub(super) fn then(&self, says: impl IntoIterator<Item = Says>) {
        self.data.lock().unwrap().extend(says);
    }

    /// The requests whose address contains `part`.
    pub(super) fn received<T>(&self, part: &str, show: impl Fn(&Received) -> T) -> Vec<T> {
        self.received.lock().unwrap().iter().filter(|one| one.uri.contains(part)).map(show).collect()
    }

    /// When data were looked for, in seconds after the start.
    pub(super) fn looks(&self) -> Vec<u64> {
        self.received("/securityData/", |one| one.after.as_secs())
    }
}

#[async_trait]
impl Outbound for Service {
    async fn send(&self, request: Request<Bytes>, _: Limits) -> Result<Response<Bytes>, OutboundError> {
        // The answer comes later, so that those who ask at once overlap.
        tokio::task::yield_now().await;
        let authorization = request.headers().get(header::AUTHORIZATION);
        let number = {
            let mut received = self.received.lock().unwrap();
            received.push(Received {
                after: self.started.elapsed(),
                uri: request.uri().to_string(),
                authorization: authorization.map(|value| value.to_str().unwrap().to_owned()),
                body: String::from_utf8(request.body().to_vec()).unwrap(),
            });
            received.len()
        };
        let fresh = || Says::Json(200, json!({ "access_token": format!("t{number}"), "expires_in": 300 }));
        let says = match request.uri().path() {
            "/realms/x/.well-known/openid-configuration" => Says::Json(200, self.discovery.clone()),
            "/keys" => return Ok(Response::new(Bytes::from_static(KEYS))),
            "/token" => self.tokens.lock().unwrap().pop_front().unwrap_or_else(fresh),
            _ => self.data.lock().unwrap().pop_front().unwrap_or(Says::Status(204)),
        };
        let (status, headers, body) = match says {
            Says::Status(status) => (status, None, String::new()),
            Says::With(status, name, value) => (status, Some((name, value)), String::new()),
            Says::Json(status, body) => (status, None, body.to_string()),
            Says::Nothing => return Err(OutboundError::Lost("no answer".to_owned())),
        };
        let mut answer = Response::builder().status(status);
        if let Some((name, value)) = headers {
            answer = answer.header(name, value);
        }
        Ok(answer.body(Bytes::from(body)).unwrap())
    }
}

/// The source in front of a service.
pub(super) struct Stage {
    pub(super) source: SecurityData,
}

impl Stage {
    pub(super) fn new(service: &Arc<Service>) -> Self {
        Self::with(service, ClientAuthentication::ClientSecretBasic, b"secret", Vec::new())
    }

    pub(super) fn with(
        service: &Arc<Service>,
        authentication: ClientAuthentication,
        credential: &[u8],
        rules: Vec<ClaimRule>,
    ) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let directory =
            Arc::new(Openid::new(ISSUER, service.clone(), Duration::from_secs(10), clock.clone()));
        let settings = Settings {
            name: "security-data".to_owned(),
            client_id: "the bank".to_owned(),
            credential: ClientCredential::read(authentication, credential, Some("key-1")).unwrap(),
            scope: "fraud-data-rs/securityData".to_owned(),
            budget: Duration::from_secs(12),
            poll: Duration::from_secs(5),
            base_url: None,
            token_endpoint: None,
            rules,
        };
        let outbound: Arc<dyn Outbound> = service.clone();
        let providers = [("norway".to_owned(), directory, outbound)];
        Self { source: SecurityData::new(settings, providers, &clock) }
    }

    pub(super) async fn ask(&self) -> Result<Report, SourceFailure> {
        self.source.assess(Phase::Assess, &question()).await
    }

    /// The causes of a refusal, and whether it concerns everybody.
    pub(super) async fn refusal(&self) -> (Vec<String>, bool) {
        match self.ask().await {
            Err(SourceFailure::Refused { causes, always }) => (causes, always),
            other => panic!("no refusal: {other:?}"),
        }
    }
}

pub(super) fn question() -> Question {
    Question {
        provider: "norway".to_owned(),
        reference: Some(TID.to_owned()),
        operation: Some(Operation::Auth),
        assurance: Some(4),
        ..Question::default()
    }
}

/// An answer with these claims beside those of the reference's sample.
pub(super) fn data(derived: &Value) -> Says {
    let mut body = json!({
        "tid": TID,
        "transaction_data": {
            "BankID_browserName": "Chrome", "BankID_timeZone": "Europe/Oslo", "BankID_osName": "Linux",
            "BankID_osVersion": "Unknown", "BankID_language": "\"en-US\"",
        },
        "derived_data": {
            "BankID_User_IP": "195.18.161.2", "BankID_Alarm_IDx": "No alarms",
            "BankID_fpf": "0", "BankID_fpf_classification": "Unknown",
            "BankID_env": "0", "BankID_env_classification": "Unknown",
            "BankID_irs": "0", "BankID_irs_classification": "Unknown",
        },
    });
    for (name, value) in derived.as_object().unwrap() {
        body["derived_data"][name] = value.clone();
    }
    Says::Json(200, body)
}

/// An answer that says Green.
pub(super) fn green() -> Says {
    data(&json!({ "BankID_fpf": "0.12", "BankID_fpf_classification": "Green" }))
}

pub(super) const LOW: Assessment = Assessment::Level(riskgate_core::Level::Low);
