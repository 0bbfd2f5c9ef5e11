//! Whom the client believes, and what it shows.

use std::time::Duration;

use riskgate_sources::outbound::{Client, ClientOptions, Outbound, OutboundError, Resolver};
use rustls::ProtocolVersion;
use rustls::version::{TLS12, TLS13};

use crate::support::pki::Authority;
use crate::support::server::Server;
use crate::support::{ROOMY, client, post};

#[tokio::test]
async fn the_client_certificate_is_shown_under_both_versions() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let (issued, identity) = clients.client();
    for (version, expected) in [(&TLS12, ProtocolVersion::TLSv1_2), (&TLS13, ProtocolVersion::TLSv1_3)] {
        let server = Server::with(&authority.server(&["localhost"]), Some(clients.der()), &[version]).await;
        let client = client(&authority.roots(), Some(&identity));
        let serve = async {
            let mut connection = server.accept().await;
            let (_, tls) = connection.stream.get_ref();
            let shown = tls.peer_certificates().expect("a client certificate").to_vec();
            let version = tls.protocol_version();
            connection.request().await.expect("a request");
            connection.answer("seen").await;
            (shown, version)
        };
        let (answer, (shown, version)) =
            tokio::join!(client.send(post(&server.url("/"), "{}"), ROOMY), serve);
        assert_eq!(answer.expect("an answer").body(), "seen");
        assert_eq!(shown, [issued.certificate.der().clone()]);
        assert_eq!(version, Some(expected));
    }
}

#[tokio::test]
async fn a_server_that_refuses_the_client_certificate_got_nothing() {
    let (authority, clients) = (Authority::new(), Authority::named("clients"));
    let (_, stranger) = Authority::named("strangers").client();
    let (_, impostor) = Authority::named("clients").client();
    for version in [&TLS12, &TLS13] {
        let server = Server::with(&authority.server(&["localhost"]), Some(clients.der()), &[version]).await;
        let shown = [
            (None, "CertificateRequired"),
            (Some(&stranger), "UnknownCA"),
            (Some(&impostor), "DecryptError"),
        ];
        for (identity, alert) in shown {
            let client = client(&authority.roots(), identity);
            let (answer, _) = tokio::join!(client.send(post(&server.url("/"), "{}"), ROOMY), server.refuse());
            let text = format!("the server refused the client certificate (TLS alert {alert})");
            assert_eq!(answer.expect_err("no answer"), OutboundError::NotSent(text), "{version:?}");
        }
    }
}

#[tokio::test]
async fn a_server_of_another_root_is_not_believed() {
    let (authority, other) = (Authority::new(), Authority::new());
    refused(&authority, &Server::new(&other.server(&["localhost"])).await, "does not lead to a trusted root")
        .await;
}

#[tokio::test]
async fn an_expired_certificate_is_not_believed() {
    let authority = Authority::new();
    refused(&authority, &Server::new(&authority.expired_server()).await, "has expired").await;
}

#[tokio::test]
async fn a_certificate_for_another_name_is_not_believed() {
    let authority = Authority::new();
    let server = Server::new(&authority.server(&["bankid.example", "*.other.example"])).await;
    let expected = "is not for localhost, but for ";
    let text = refused(&authority, &server, expected).await;
    assert!(text.contains("bankid.example") && text.contains("*.other.example"), "{text}");
}

#[tokio::test]
async fn an_address_is_a_name_to_verify_too() {
    let authority = Authority::new();
    let client = client(&authority.roots(), None);
    let server = Server::new(&authority.server(&["127.0.0.1"])).await;
    let serve = async {
        let mut connection = server.accept().await;
        connection.request().await.expect("a request");
        connection.answer("by address").await;
    };
    let url = format!("https://127.0.0.1:{}/", server.port());
    let (answer, ()) = tokio::join!(client.send(post(&url, "{}"), ROOMY), serve);
    assert_eq!(answer.expect("an answer").body(), "by address");
}

#[tokio::test]
async fn a_handshake_that_does_not_end_is_given_up() {
    let authority = Authority::new();
    let server = Server::new(&authority.server(&["localhost"])).await;
    let options = ClientOptions {
        roots: &authority.roots(),
        identity: None,
        connect: Duration::from_millis(50),
        resolver: Resolver::system(),
        proxy: None,
    };
    let client = Client::new(options).expect("a client");
    let (answer, _silent) = tokio::join!(client.send(post(&server.url("/"), "{}"), ROOMY), server.tcp());
    assert_eq!(
        answer.expect_err("no answer"),
        OutboundError::NotSent("no connection within 50ms".to_owned())
    );
}

/// The handshake fails on our side, for a reason that contains `expected`.
async fn refused(authority: &Authority, server: &Server, expected: &str) -> String {
    let client = client(&authority.roots(), None);
    let (answer, _) = tokio::join!(client.send(post(&server.url("/"), "{}"), ROOMY), server.refuse());
    let error = answer.expect_err("no answer");
    let OutboundError::NotSent(text) = error else { panic!("{error:?}") };
    assert!(text.contains(expected), "{text}");
    text
}
