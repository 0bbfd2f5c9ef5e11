//! OneSpan as a source, over the simulator with mutual TLS: every code, every trouble.

use std::sync::Arc;
use std::time::Duration;

use riskgate_core::config::{MappedAmount, MappedUser, OneSpanSourceConfig};
use riskgate_core::{
    Assessment, Challenge, Flow, Level, Operation, Phase, Signal, SourceRule, SystemClock, Verdict, cause,
};
use riskgate_simulator::{Options, Running, Transport, start};
use riskgate_sources::outbound::{Client, ClientOptions, Identity, Outbound, Resolver, Roots};
use riskgate_sources::{BreakerLimits, OneSpanSource, Question, Runner, SourceLimits};
use riskgate_wire::one_span::CHALLENGES;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{PATIENT, ROOMY, client};

struct Stage {
    simulator: Running,
    pki: TempDir,
    timeout: Duration,
    block_when: Vec<&'static str>,
}

impl Stage {
    async fn start() -> Self {
        let pki = tempfile::tempdir().unwrap();
        let simulator = start(Options::new(Transport::tls(pki.path()))).await.unwrap();
        Self { simulator, pki, timeout: PATIENT, block_when: Vec::new() }
    }

    /// A client with the simulator's roots, and with or without a certificate.
    fn client(&self, certified: bool) -> Arc<dyn Outbound> {
        let read = |file: &str| std::fs::read(self.pki.path().join(file)).unwrap();
        let roots = Roots::from_pem(&read("configmaps/bankid-roots/ca.crt")).unwrap();
        let (certificate, key) = (read("secrets/bankid-rp/tls.crt"), read("secrets/bankid-rp/tls.key"));
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let identity = Identity::from_pem(&certificate, &key, i64::try_from(now).unwrap()).unwrap();
        let identity = certified.then_some(&identity);
        let options = ClientOptions {
            roots: &roots,
            identity,
            connect: PATIENT,
            resolver: Resolver::system(),
            proxy: None,
        };
        Arc::new(Client::new(options).unwrap())
    }

    fn config(&self) -> OneSpanSourceConfig {
        OneSpanSourceConfig {
            endpoint: self.simulator.one_span(),
            trust_bundle_ref: None,
            credentials_ref: None,
            user: MappedUser { pointer: "/user".to_owned(), hash: None },
            amount: MappedAmount {
                pointer: "/amount".to_owned(),
                currency_pointer: None,
                currency: Some("SEK".to_owned()),
            },
            transaction_type: "Payment".to_owned(),
        }
    }

    /// The signal of a payment, as the runner makes it.
    async fn signal(&self) -> Signal {
        self.asked_with(self.client(true), &json!({ "user": "alice", "amount": "100,50" })).await
    }

    async fn asked_with(&self, client: Arc<dyn Outbound>, request: &Value) -> Signal {
        let source = OneSpanSource::new("onespan", self.config(), self.timeout, client);
        let limits =
            SourceLimits { timeout: self.timeout, concurrency: 4, breaker: BreakerLimits::default() };
        let sources = [(Arc::new(source) as Arc<dyn riskgate_sources::Source>, limits)];
        let runner = Runner::new(sources, Arc::new(SystemClock::default()), Arc::new(()));
        let question = Question {
            client_ip: Some([192, 0, 2, 1].into()),
            request: Some(request.to_string().into()),
            ..Question::default()
        };
        assert!(!runner.asks(&self.flow(), Phase::Assess));
        let mut signals = runner.ask(&self.flow(), Phase::Screen, &question).await;
        assert_eq!(signals.len(), 1);
        signals.remove(0)
    }

    fn flow(&self) -> Flow {
        Flow {
            name: "pay".to_owned(),
            provider: "bankid".to_owned(),
            operations: vec![Operation::Payment],
            selectable_by_header: false,
            block_at: None,
            challenge_at: None,
            when_unknown: Verdict::Block,
            when_unavailable: Verdict::Block,
            when_not_applicable: Verdict::Block,
            sources: vec![SourceRule {
                name: "onespan".to_owned(),
                block_at_score: None,
                challenge_at_score: None,
                block_when: self.block_when.iter().map(|text| (*text).to_owned()).collect(),
                when_unknown: None,
                when_unavailable: None,
                when_not_applicable: None,
            }],
            challenge: Challenge::default(),
        }
    }

    async fn control(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.simulator.control());
        let request = if body.is_null() { http::Request::get(url) } else { http::Request::post(url) };
        let body = if body.is_null() { bytes::Bytes::new() } else { body.to_string().into() };
        let answer = client(&Roots::web(), None).send(request.body(body).unwrap(), ROOMY).await.unwrap();
        assert_eq!(answer.status(), 200, "{:?}", answer.body());
        serde_json::from_slice(answer.body()).unwrap()
    }

    async fn next(&self, script: Value) {
        self.control("/v1/one-span/scripts/next", &script).await;
    }

    /// The recorded requests.
    async fn requests(&self) -> Vec<Value> {
        self.control("/v1/requests", &Value::Null).await["requests"].as_array().unwrap().clone()
    }
}

#[tokio::test]
async fn every_code_has_its_level_and_its_name() {
    let stage = Stage::start().await;
    let named = CHALLENGES.map(|(code, name)| (code, Level::Moderate, vec![name.to_owned()]));
    let others =
        [9, 12, 15, 26].map(|code| (code, Level::Moderate, vec![format!("riskResponseCode={code}")]));
    let plain = [(0, Level::Low, Vec::new()), (1, Level::High, Vec::new())];
    for (code, level, indicators) in plain.into_iter().chain(named).chain(others) {
        stage.next(json!({ "code": code })).await;
        let signal = stage.signal().await;
        assert_eq!((signal.assessment, signal.indicators), (level.into(), indicators), "{code}");
    }
    for code in [json!("absent"), json!(-1), json!("0"), json!(0.5)] {
        stage.next(json!({ "code": code })).await;
        assert_eq!(stage.signal().await.assessment, Assessment::Unknown, "{code}");
    }
}

#[tokio::test]
async fn an_accept_of_what_ended_is_none() {
    let stage = Stage::start().await;
    for status in ["refused", "timeout", "failed", "failure", "unknown"] {
        stage.next(json!({ "code": 0, "status": status })).await;
        assert_eq!(stage.signal().await.assessment, Assessment::Unknown, "{status}");
        stage.next(json!({ "code": 1, "status": status })).await;
        assert_eq!(stage.signal().await.assessment, Level::High.into(), "{status}");
    }
}

#[tokio::test]
async fn it_is_told_user_amount_and_address_and_nothing_else() {
    let stage = Stage::start().await;
    stage.signal().await;
    let requests = stage.requests().await;
    let paths: Vec<&str> = requests.iter().map(|request| request["path"].as_str().unwrap()).collect();
    assert!(paths[0] == "/v1/transactions" && paths[1].starts_with("/v1/transactions/"), "{paths:?}");
    let body: Value = serde_json::from_str(requests[0]["body"].as_str().unwrap()).unwrap();
    let told = json!({ "amount": 100.5, "accountRef": "alice", "relationshipRef": "alice", "currency": "SEK",
        "transactionType": "Payment", "clientIP": "192.0.2.1" });
    assert_eq!(body, told);
    assert!(requests[0]["clientCertificate"].is_string(), "mutual TLS");
}

#[tokio::test]
async fn matched_rules_and_conditions_become_indicators() {
    let mut stage = Stage::start().await;
    stage.block_when =
        vec!["clientIPCountry != SE", "amount > 1000", "matchedRules = Velocity", "ChallengeSMS"];
    stage.next(json!({ "code": 3, "fields": { "clientIPCountry": "RU" }, "matchedRules": { "rules": ["Velocity", "New device"] } })).await;
    let signal = stage.signal().await;
    let expected = [
        "ChallengeSMS",
        "matchedRules=Velocity",
        "matchedRules=New device",
        "clientIPCountry != SE",
        "matchedRules = Velocity",
    ];
    assert_eq!(signal.indicators, expected);
}

#[tokio::test]
async fn a_look_up_that_fails_costs_the_rules_and_not_the_code() {
    let stage = Stage::start().await;
    for fault in [
        json!({ "fault": "error", "status": 500 }),
        json!({ "fault": "garbage" }),
        json!({ "fault": "drop" }),
        json!({ "fault": "truncate" }),
    ] {
        stage.next(json!({ "code": 1, "lookUpFault": fault })).await;
        let signal = stage.signal().await;
        assert_eq!(
            (signal.assessment, signal.indicators),
            (Level::High.into(), vec!["MatchedRulesUnavailable".to_owned()])
        );
    }
}

#[tokio::test]
async fn what_goes_wrong_is_unavailable_with_its_cause() {
    let stage = Stage::start().await;
    for (fault, why) in [
        (json!({ "fault": "error", "status": 500 }), cause::FAILED),
        (json!({ "fault": "error", "status": 403 }), cause::FAILED),
        (json!({ "fault": "error", "status": 429 }), cause::OVERLOADED),
        (json!({ "fault": "garbage" }), cause::FAILED),
        (json!({ "fault": "html403" }), cause::FAILED),
        (json!({ "fault": "drop" }), cause::FAILED),
        (json!({ "fault": "reset" }), cause::FAILED),
        (json!({ "fault": "truncate" }), cause::FAILED),
    ] {
        stage.next(json!({ "fault": fault })).await;
        let signal = stage.signal().await;
        assert_eq!(
            (signal.assessment, signal.indicators),
            (Assessment::Unavailable, vec![why.to_owned()]),
            "{fault}"
        );
    }
    let signal = stage.asked_with(stage.client(false), &json!({ "user": "alice", "amount": 1 })).await;
    assert_eq!(signal.assessment, Assessment::Unavailable, "without the tenant's certificate");
}

#[tokio::test]
async fn a_slow_engine_is_left_in_its_time() {
    let mut stage = Stage::start().await;
    stage.timeout = Duration::from_millis(300);
    stage.next(json!({ "delay": 60_000 })).await;
    let signal = stage.signal().await;
    assert_eq!(signal.assessment, Assessment::Unavailable);
    assert!(signal.latency_ms < 10_000, "{}", signal.latency_ms);
}

#[tokio::test]
async fn a_slow_look_up_ends_in_time_for_the_code() {
    let mut stage = Stage::start().await;
    stage.timeout = Duration::from_secs(3);
    stage.next(json!({ "code": 1, "lookUpDelay": 60_000 })).await;
    let signal = stage.signal().await;
    assert_eq!(
        (signal.assessment, signal.indicators),
        (Level::High.into(), vec!["MatchedRulesUnavailable".to_owned()])
    );
}

#[tokio::test]
async fn a_request_that_names_nobody_or_nothing_is_not_sent() {
    let stage = Stage::start().await;
    for request in
        [json!({ "user": "alice" }), json!({ "amount": 1 }), json!({ "user": "", "amount": 1 }), json!([])]
    {
        let signal = stage.asked_with(stage.client(true), &request).await;
        assert_eq!(
            (signal.assessment, signal.indicators),
            (Assessment::Unknown, vec!["NotMapped".to_owned()])
        );
    }
    assert!(stage.requests().await.is_empty());
}
