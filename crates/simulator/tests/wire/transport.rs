//! TLS, client certificates, and plain HTTP.

use http::StatusCode;
use riskgate_simulator::{
    BadClientCertificate, Options, ServerCertificate, TlsOptions, TlsVersions, Transport, pki, start,
};
use rustls::version;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::bench::{Bench, Client, RP, exchange, post};

fn tls(options: &mut Options) -> &mut TlsOptions {
    match &mut options.transport {
        Transport::Tls(tls) => tls,
        Transport::Plain => panic!("the bench starts with TLS"),
    }
}

fn auth() -> http::Request<http_body_util::Full<bytes::Bytes>> {
    post("/rp/v6.0/auth", r#"{"endUserIp":"192.0.2.1"}"#)
}

#[tokio::test]
async fn tls_1_2_and_1_3_are_spoken_unless_told_otherwise() {
    for (spoken, works_12, works_13) in [
        (TlsVersions::Both, true, true),
        (TlsVersions::Tls12, true, false),
        (TlsVersions::Tls13, false, true),
    ] {
        let bench = Bench::with(|options| tls(options).versions = spoken).await;
        for (version, works) in [(&version::TLS12, works_12), (&version::TLS13, works_13)] {
            let client = Client::new(bench.pki.path(), RP, &[version]);
            let answer = client.request(&bench.running, auth()).await;
            assert_eq!(answer.is_ok(), works, "{spoken:?} {version:?}");
        }
    }
}

#[tokio::test]
async fn http_2_is_not_offered() {
    let bench = Bench::start().await;
    let both = bench.client(RP).offering(b"http/1.1").request(&bench.running, auth()).await.unwrap();
    assert_eq!(both.status, StatusCode::OK);
    let error = bench.client(RP).offering(b"h2").request(&bench.running, auth()).await.unwrap_err();
    assert!(error.to_string().contains("NoApplicationProtocol"), "{error}");
}

const UNACCEPTABLE: [Option<&str>; 3] = [None, Some("faults/rp-unknown"), Some("faults/rp-expired")];

#[tokio::test]
async fn without_an_acceptable_certificate_there_is_no_connection() {
    let bench = Bench::start().await;
    for certificate in UNACCEPTABLE {
        let error = bench.request(certificate, auth()).await.unwrap_err();
        assert!(format!("{error:?}").contains("AlertReceived"), "{certificate:?}: {error:?}");
    }
    assert_eq!(bench.control_get("/v1/requests").await["requests"], json!([]));
}

#[tokio::test]
async fn or_an_html_403_where_that_is_chosen() {
    let bench =
        Bench::with(|options| tls(options).on_bad_client_certificate = BadClientCertificate::Html403).await;
    for certificate in UNACCEPTABLE {
        let answer = bench.request(certificate, auth()).await.unwrap();
        assert_eq!(
            (answer.status, &answer.headers["content-type"]),
            (StatusCode::FORBIDDEN, &"text/html".parse().unwrap())
        );
        assert!(answer.text().contains("403 Forbidden"), "{answer:?}");
    }
    assert_eq!(bench.request(RP, auth()).await.unwrap().status, StatusCode::OK);
    assert_eq!(bench.control_get("/v1/bankid-se/orders").await["orders"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_careful_client_refuses_the_faulty_server_certificates() {
    for certificate in
        [ServerCertificate::Expired, ServerCertificate::OtherRoot, ServerCertificate::WrongName]
    {
        let bench = Bench::with(|options| tls(options).server_certificate = certificate).await;
        let error = bench.request(RP, auth()).await.unwrap_err();
        assert!(error.to_string().contains("invalid peer certificate"), "{certificate:?}: {error}");
    }
}

#[tokio::test]
async fn other_client_cas_can_be_chosen() {
    let stranger = tempfile::tempdir().unwrap();
    pki::ensure(stranger.path(), &[]).unwrap();
    let ca = stranger.path().join("server/client-ca.crt");
    let bench = Bench::with(|options| tls(options).client_cas = vec![ca]).await;
    assert!(bench.request(RP, auth()).await.is_err());
    for file in ["tls.crt", "tls.key"] {
        let folder = bench.pki.path().join("stranger");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::copy(stranger.path().join("secrets/bankid-rp").join(file), folder.join(file)).unwrap();
    }
    assert_eq!(bench.request(Some("stranger"), auth()).await.unwrap().status, StatusCode::OK);
}

#[tokio::test]
async fn plain_http_needs_nothing() {
    let running = start(Options::new(Transport::Plain)).await.unwrap();
    assert_eq!(running.bankid_se(), format!("http://localhost:{}", running.bankid_se_address().port()));
    let socket = TcpStream::connect(running.bankid_se_address()).await.unwrap();
    let order = exchange(socket, auth()).await.unwrap().ok();
    let collect = json!({"orderRef": order["orderRef"]}).to_string();
    let socket = TcpStream::connect(running.bankid_se_address()).await.unwrap();
    assert_eq!(exchange(socket, post("/rp/v6.0/collect", collect)).await.unwrap().ok()["status"], "pending");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_body_that_comes_too_slowly_is_a_408() {
    let running = start(Options::new(Transport::Plain)).await.unwrap();
    let mut socket = TcpStream::connect(running.bankid_se_address()).await.unwrap();
    let head = "POST /rp/v6.0/auth HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{";
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 408 ") && answer.contains(r#""errorCode":"requestTimeout""#),
        "{answer}"
    );
}

#[tokio::test]
async fn a_stopped_simulator_is_gone_and_nothing_holds_it() {
    let bench = Bench::start().await;
    let slow = json!({"delays": {"order": 600_000}});
    bench.next(slow).await;
    let client = bench.client(RP);
    let waiting = client.request(&bench.running, auth());
    tokio::select! {
        answer = waiting => panic!("it came at once: {answer:?}"),
        _ = bench.control_get("/v1/requests/wait") => {}
    }
    let idle = TcpStream::connect(bench.running.bankid_se_address()).await.unwrap();
    let address = bench.running.bankid_se_address();
    // What still waits is given two seconds; nothing else moves the paused clock.
    tokio::time::pause();
    bench.running.stop().await;
    assert!(TcpStream::connect(address).await.is_err());
    drop(idle);
}
