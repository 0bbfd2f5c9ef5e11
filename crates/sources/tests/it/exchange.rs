//! Requests that arrive and answers that come.

use bytes::Bytes;
use http::{Request, StatusCode};
use riskgate_sources::outbound::{Limits, Outbound, OutboundError};

use crate::support::pki::Authority;
use crate::support::server::Server;
use crate::support::{ROOMY, client, post};

#[tokio::test]
async fn a_request_arrives_as_it_was_made() {
    let authority = Authority::new();
    let server = Server::new(&authority.server(&["localhost"])).await;
    let client = client(&authority.roots(), None);

    let serve = async {
        let mut connection = server.accept().await;
        let request = connection.request().await.expect("a request");
        connection
            .write(
                "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nX-One: 1\r\nX-One: 2\r\n\
            content-length: 13\r\n\r\n{\"a\":\"\u{e5}\u{e4}\"}\n",
            )
            .await;
        request
    };
    let (answer, request) =
        tokio::join!(client.send(post(&server.url("/rp/v6.0/auth"), "{\"b\":1}"), ROOMY), serve);

    let port = server.port();
    assert_eq!(
        request,
        format!(
            "POST /rp/v6.0/auth HTTP/1.1\r\ncontent-type: application/json\r\nhost: localhost:{port}\r\n\
            content-length: 7\r\n\r\n{{\"b\":1}}"
        )
    );
    let answer = answer.expect("an answer");
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    let ones: Vec<_> = answer.headers().get_all("x-one").iter().collect();
    assert_eq!(ones, ["1", "2"]);
    assert_eq!(answer.body(), "{\"a\":\"\u{e5}\u{e4}\"}\n".as_bytes());
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let authority = Authority::new();
    let server = Server::new(&authority.server(&["localhost"])).await;
    let client = client(&authority.roots(), None);

    let serve = async {
        let mut connection = server.accept().await;
        connection.request().await.expect("a request");
        connection.write("HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n").await;
        connection
    };
    let request = Request::get(server.url("/")).body(Bytes::new()).expect("a request");
    let (answer, mut connection) = tokio::join!(client.send(request, ROOMY), serve);
    assert_eq!(answer.expect("an answer").status(), StatusCode::FOUND);
    // The connection was kept; a request on it would be the redirect followed.
    drop(client);
    assert_eq!(connection.request().await, None);
}

#[tokio::test]
async fn a_body_of_the_limit_passes_and_one_byte_more_does_not() {
    let authority = Authority::new();
    let server = Server::new(&authority.server(&["localhost"])).await;
    let client = client(&authority.roots(), None);
    let limits = Limits { max_body: 4, ..ROOMY };

    for (wire, expected) in [
        ("content-length: 4\r\n\r\nabcd", Ok("abcd")),
        ("content-length: 5\r\n\r\nabcde", Err(OutboundError::TooLarge { max_body: 4 })),
        ("transfer-encoding: chunked\r\n\r\n2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n", Ok("abcd")),
        (
            "transfer-encoding: chunked\r\n\r\n4\r\nabcd\r\n1\r\ne\r\n",
            Err(OutboundError::TooLarge { max_body: 4 }),
        ),
    ] {
        let serve = async {
            let mut connection = server.accept().await;
            connection.request().await.expect("a request");
            connection.write(&format!("HTTP/1.1 200 OK\r\nconnection: close\r\n{wire}")).await;
            connection
        };
        let (answer, _open) = tokio::join!(client.send(post(&server.url("/"), "{}"), limits), serve);
        assert_eq!(answer.map(|answer| answer.into_body()), expected.map(Bytes::from), "{wire:?}");
    }
}
