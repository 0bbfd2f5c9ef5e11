//! The platform team's own service as a source, over real TLS.

use std::sync::Arc;
use std::time::Duration;

use riskgate_core::{Assessment, Flow, Level, Operation, Phase, SystemClock, cause};
use riskgate_sources::http::{HttpOptions, HttpSource, UnusableToken};
use riskgate_sources::outbound::{Client, Identity, Roots};
use riskgate_sources::{BreakerLimits, Question, Report, Runner, Source, SourceFailure, SourceLimits};
use serde_json::{Value, json};

use crate::support::pki::Authority;
use crate::support::server::{Connection, Server};
use crate::support::{PATIENT, client};

const TOKEN: &str = "s3cret-token";

fn question() -> Question {
    Question {
        provider: "bankid".to_owned(),
        reference: Some("131daac9".to_owned()),
        operation: Some(Operation::Sign),
        client_ip: Some([192, 0, 2, 77].into()),
        device_ip: Some([198, 51, 100, 7].into()),
        user_agent: Some("Mozilla/5.0".to_owned()),
        subject: Some("199001012385".to_owned()),
        assurance: None,
        renewed: false,
        request: None,
    }
}

fn options(server: &Server, client: Client) -> HttpOptions {
    HttpOptions {
        name: "fraud".to_owned(),
        url: server.url("/v1/assess").parse().expect("a URL"),
        phase: Phase::Assess,
        timeout: PATIENT,
        send_subject: false,
        bearer_token: Some(TOKEN.to_owned()),
        outbound: Arc::new(client),
    }
}

fn source(server: &Server, roots: &Roots, identity: Option<&Identity>) -> HttpSource {
    HttpSource::new(options(server, client(roots, identity))).expect("a source")
}

/// What a source makes of what `serve` does with its question.
async fn outcome(serve: impl AsyncFnOnce(Connection)) -> Result<Report, SourceFailure> {
    let authority = Authority::new();
    let server = Server::new(&authority.server(&["localhost"])).await;
    let source = source(&server, &authority.roots(), None);
    let question = question();
    let serving = async {
        let mut connection = server.accept().await;
        connection.request().await.expect("a question");
        serve(connection).await;
    };
    tokio::join!(source.assess(Phase::Assess, &question), serving).0
}

/// What a source makes of an answer.
async fn after(status: &str, body: &str) -> Result<Report, SourceFailure> {
    let length = body.len();
    outcome(async |mut connection| {
        connection.write(&format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}")).await;
    })
    .await
}

fn failed(text: &str) -> Result<Report, SourceFailure> {
    Err(SourceFailure::Failed(text.to_owned()))
}

#[tokio::test]
async fn the_question_carries_the_token_and_what_is_known_over_tls_of_the_bundle() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let (issued, identity) = clients.client();
    let server =
        Server::with(&authority.server(&["localhost"]), Some(clients.der()), rustls::ALL_VERSIONS).await;
    let source = source(&server, &authority.roots(), Some(&identity));
    let serve = async {
        let mut connection = server.accept().await;
        let shown = connection.stream.get_ref().1.peer_certificates().expect("a client certificate").to_vec();
        let request = connection.request().await.expect("a question");
        connection.answer(r#"{"assessment":"High","score":87,"indicators":["mule-account"]}"#).await;
        (shown, request)
    };
    let question = question();
    let (report, (shown, request)) = tokio::join!(source.assess(Phase::Assess, &question), serve);
    let expected =
        Report { score: Some(87), indicators: vec!["mule-account".to_owned()], ..Report::new(Level::High) };
    assert_eq!(report, Ok(expected));
    assert_eq!(shown, [issued.certificate.der().clone()]);

    let (head, body) = request.split_once("\r\n\r\n").expect("a head and a body");
    let head = head.to_ascii_lowercase();
    assert!(head.starts_with("post /v1/assess http/1.1\r\n"), "{head}");
    for line in [
        &format!("authorization: bearer {TOKEN}"),
        "content-type: application/json",
        "accept: application/json",
    ] {
        assert!(head.lines().any(|it| it == line), "{line}: {head}");
    }
    let body: Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(body["subject"], Value::Null, "only where the policy says so");
    assert_eq!(
        body,
        json!({
            "schema": "riskgate.dev/assessment/v1",
            "phase": "Assess",
            "provider": "bankid",
            "operation": "Sign",
            "transaction": "131daac9",
            "clientIp": "192.0.2.77",
            "deviceIp": "198.51.100.7",
            "userAgent": "Mozilla/5.0",
        })
    );
}

#[tokio::test]
async fn a_service_of_another_root_hears_nothing() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = Server::new(&other.server(&["localhost"])).await;
    let source = source(&server, &authority.roots(), None);
    let question = question();
    let (report, _) = tokio::join!(source.assess(Phase::Assess, &question), server.refuse());
    let Err(SourceFailure::Failed(text)) = report else { panic!("{report:?}") };
    assert!(text.contains("does not lead to a trusted root"), "{text}");
}

#[tokio::test]
async fn a_service_that_wants_a_certificate_and_gets_none_says_nothing() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let server =
        Server::with(&authority.server(&["localhost"]), Some(clients.der()), rustls::ALL_VERSIONS).await;
    let source = source(&server, &authority.roots(), None);
    let question = question();
    let (report, _) = tokio::join!(source.assess(Phase::Assess, &question), server.refuse());
    let Err(SourceFailure::Failed(text)) = report else { panic!("{report:?}") };
    assert!(text.contains("refused the client certificate"), "{text}");
}

#[tokio::test]
async fn every_status_has_its_meaning() {
    assert_eq!(after("204 No Content", "").await, Ok(Report::new(Assessment::Unknown)));
    for status in [429, 503] {
        let overloaded = SourceFailure::Overloaded(format!("it answered with status {status}"));
        assert_eq!(after(&format!("{status} Later"), "").await, Err(overloaded));
    }
    // What stands in an answer that is none of the contract is told nowhere: it may be about the user.
    let body = r#"{"assessment":"Low","user":"199001012385"}"#;
    for status in [201, 301, 302, 400, 401, 403, 404, 422, 500, 502, 504] {
        let text = format!("it answered with status {status}");
        assert_eq!(after(&format!("{status} X"), body).await, failed(&text), "{status}");
    }
}

#[tokio::test]
async fn garbage_is_no_report() {
    for body in ["", "<html>", "[]", r#"{"assessment":"Fine"}"#, r#"{"assessment":"Low","score":101}"#] {
        let Err(SourceFailure::Failed(text)) = after("200 OK", body).await else { panic!("{body}") };
        assert!(
            text.starts_with("the score of its answer") || text.starts_with("its answer does not read"),
            "{text}"
        );
    }
    for garbage in ["\0\u{1} nothing like HTTP\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n"] {
        let report = outcome(async |mut connection| connection.write(garbage).await).await;
        let Err(SourceFailure::Failed(text)) = report else { panic!("{report:?}") };
        assert!(text.contains("not well-formed HTTP/1.1"), "{text}");
    }
    let report = outcome(async |connection| connection.reset()).await;
    assert_eq!(report, failed("the answer was lost: the server reset the connection"));
}

#[tokio::test]
async fn an_answer_beyond_its_bound_is_not_read_to_its_end() {
    let body = format!(r#"{{"assessment":"Low","note":"{}"}}"#, "x".repeat(64 << 10));
    assert_eq!(after("200 OK", &body).await, failed("the answer is longer than 65536 bytes"));
}

#[tokio::test]
async fn a_slow_service_takes_its_time_and_no_more() {
    let authority = Authority::new();
    let server = Server::new(&authority.server(&["localhost"])).await;
    let short = Duration::from_millis(300);
    let options = HttpOptions { timeout: short, ..options(&server, client(&authority.roots(), None)) };
    let source: Arc<dyn Source> = Arc::new(HttpSource::new(options).expect("a source"));
    let question = question();
    // By itself it gives up as well, however long its caller would wait.
    let silent = async {
        let mut connection = server.accept().await;
        connection.request().await.expect("a question");
        connection
    };
    let (report, _open) = tokio::join!(source.assess(Phase::Assess, &question), silent);
    assert_eq!(report, failed("the answer was lost: no answer within 300ms"));

    let limits = SourceLimits { timeout: short, concurrency: 1, breaker: BreakerLimits::default() };
    let runner = Runner::new([(source, limits)], Arc::new(SystemClock::new()), Arc::new(()));
    let flow: Flow = serde_json::from_value(json!({
        "name": "transfer",
        "provider": "bankid",
        "operations": ["Sign"],
        "whenUnknown": "Block",
        "whenUnavailable": "Block",
        "sources": [{ "name": "fraud" }],
    }))
    .expect("a flow");
    let signals = tokio::select! {
        signals = runner.ask(&flow, Phase::Assess, &question) => signals,
        _never = async { let _tcp = server.tcp().await; std::future::pending::<()>().await } => unreachable!(),
    };
    assert_eq!(signals[0].assessment, Assessment::Unavailable);
    assert_eq!(signals[0].indicators, [cause::TIMED_OUT]);
}

#[test]
fn a_token_that_cannot_stand_in_a_header_is_refused() {
    for token in ["", "two words", "two\nlines", "n\u{e4}h"] {
        let authority = Authority::new();
        let options = HttpOptions {
            name: "fraud".to_owned(),
            url: "https://localhost/assess".parse().expect("a URL"),
            phase: Phase::Screen,
            timeout: PATIENT,
            send_subject: false,
            bearer_token: Some(token.to_owned()),
            outbound: Arc::new(client(&authority.roots(), None)),
        };
        assert_eq!(HttpSource::new(options).err(), Some(UnusableToken), "{token:?}");
    }
}
