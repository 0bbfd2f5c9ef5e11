//! Servers that are not there, or not right in the head.

use std::time::Duration;

use riskgate_sources::outbound::{Limits, Outbound, OutboundError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::pki::Authority;
use crate::support::server::{Connection, Server};
use crate::support::{ROOMY, client, post};

/// What comes of a request that is answered by `serve`.
async fn outcome(limits: Limits, serve: impl AsyncFnOnce(Connection)) -> OutboundError {
    let authority = Authority::new();
    let server = Server::new(&authority.server(&["localhost"])).await;
    let client = client(&authority.roots(), None);
    let serving = async {
        let mut connection = server.accept().await;
        connection.request().await.expect("a request");
        serve(connection).await;
    };
    let (answer, ()) = tokio::join!(client.send(post(&server.url("/"), "{}"), limits), serving);
    answer.expect_err("no answer")
}

fn lost(text: &str) -> OutboundError {
    OutboundError::Lost(text.to_owned())
}

#[tokio::test]
async fn nobody_there() {
    let authority = Authority::new();
    let server = Server::new(&authority.server(&["localhost"])).await;
    let url = server.url("/");
    drop(server);
    let error = client(&authority.roots(), None).send(post(&url, "{}"), ROOMY).await.expect_err("no answer");
    assert_eq!(error, OutboundError::NotSent("connection refused".to_owned()));
}

#[tokio::test]
async fn plain_http_is_spoken_on_loopback_alone() {
    let authority = Authority::new();
    let client = client(&authority.roots(), None);
    // A TEST-NET address: were it asked for, the test would run into its connect deadline.
    let error = client.send(post("http://192.0.2.1/", "{}"), ROOMY).await.expect_err("no answer");
    assert_eq!(
        error,
        OutboundError::NotSent("plain HTTP is spoken only on loopback: write https://".to_owned())
    );

    for host in ["localhost", "127.0.0.1"] {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{host}:{}/", listener.local_addr().expect("an address").port());
        let serve = async {
            let (mut tcp, _) = listener.accept().await.expect("a connection");
            tcp.read_exact(&mut [0; 16]).await.expect("a request");
            tcp.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nplain").await.expect("written");
            tcp
        };
        let (answer, _open) = tokio::join!(client.send(post(&url, "{}"), ROOMY), serve);
        assert_eq!(answer.expect("an answer").body(), "plain", "{host}");
    }
}

#[tokio::test]
async fn a_uri_without_a_host_is_not_sent() {
    let authority = Authority::new();
    let client = client(&authority.roots(), None);
    let error = client.send(post("/rp/v6.0/auth", "{}"), ROOMY).await.expect_err("no answer");
    assert!(matches!(error, OutboundError::NotSent(_)), "{error:?}");
}

#[tokio::test]
async fn a_server_without_tls() {
    let authority = Authority::new();
    let server = Server::new(&authority.server(&["localhost"])).await;
    let serve = async {
        let mut tcp = server.tcp().await;
        tcp.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.expect("written");
        tcp
    };
    let client = client(&authority.roots(), None);
    let (answer, _open) = tokio::join!(client.send(post(&server.url("/"), "{}"), ROOMY), serve);
    let expected = OutboundError::NotSent("what the server sent is not TLS".to_owned());
    assert_eq!(answer.expect_err("no answer"), expected);
}

#[tokio::test]
async fn no_answer_and_half_an_answer_in_time() {
    let limits = Limits { answer: Duration::from_millis(250), ..ROOMY };
    for beginning in ["", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc"] {
        let mut open = None;
        let error = outcome(limits, async |mut connection| {
            connection.write(beginning).await;
            open = Some(connection);
        })
        .await;
        assert_eq!(error, lost("no answer within 250ms"), "after {beginning:?}");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off() {
    for beginning in [
        "",
        "HTTP/1.1 200 OK\r\ncontent-le",
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabc",
    ] {
        let error = outcome(ROOMY, async |mut connection| {
            connection.write(beginning).await;
            connection.close().await;
        })
        .await;
        assert!(matches!(error, OutboundError::Lost(_)), "after {beginning:?}: {error:?}");
        assert!(error.to_string().contains("closed the connection"), "after {beginning:?}: {error}");
    }
}

#[tokio::test]
async fn a_reset() {
    let error = outcome(ROOMY, async |connection| connection.reset()).await;
    assert_eq!(error, lost("the server reset the connection"));
}

#[tokio::test]
async fn garbage() {
    for garbage in
        ["\0\u{1}\u{2} nothing like HTTP\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n"]
    {
        let error = outcome(ROOMY, async |mut connection| connection.write(garbage).await).await;
        assert!(matches!(error, OutboundError::Lost(_)), "{error:?}");
        assert!(error.to_string().contains("not well-formed HTTP/1.1"), "{error}");
    }
}

#[tokio::test]
async fn a_head_without_end() {
    let error = outcome(ROOMY, async |mut connection| {
        let header = format!("x: {}\r\n", "y".repeat(1000));
        connection.write("HTTP/1.1 200 OK\r\n").await;
        // The client hangs up within a few dozen of these.
        while connection.stream.write_all(header.as_bytes()).await.is_ok() {}
    })
    .await;
    assert!(matches!(error, OutboundError::Lost(_)), "{error:?}");
}
