//! Connections that are kept, and connections that close under a request.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::Request;
use riskgate_sources::outbound::{Outbound, OutboundError};
use rustls::HandshakeKind;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::support::pki::Authority;
use crate::support::server::Server;
use crate::support::{ROOMY, client, post};

#[tokio::test]
async fn a_connection_is_kept_and_used_again() {
    let authority = Authority::new();
    let server = Server::new(&authority.server(&["localhost"])).await;
    let client = client(&authority.roots(), None);

    let serve = async {
        let mut connection = server.accept().await;
        for number in ["1", "2", "3"] {
            connection.request().await.expect("a request");
            connection.answer(number).await;
        }
        connection
    };
    let send = async {
        for number in ["1", "2", "3"] {
            let answer = client.send(post(&server.url("/"), "{}"), ROOMY).await.expect("an answer");
            assert_eq!(answer.body(), number);
        }
    };
    let (mut connection, ()) = tokio::join!(serve, send);

    // A dropped client closes what it kept.
    drop(client);
    assert_eq!(connection.request().await, None);
}

#[tokio::test]
async fn a_kept_connection_that_closed_costs_a_new_one_with_its_session_resumed() {
    let authority = Authority::new();
    let server = Server::new(&authority.server(&["localhost"])).await;
    let client = client(&authority.roots(), None);

    let serve = async {
        let mut connection = server.accept().await;
        connection.request().await.expect("a request");
        connection.answer("1").await;
        connection.close().await;
    };
    let (answer, ()) = tokio::join!(client.send(post(&server.url("/"), "{}"), ROOMY), serve);
    assert_eq!(answer.expect("an answer").body(), "1");
    everything_that_happened_is_noticed().await;

    let serve = async {
        let mut connection = server.accept().await;
        let kind = connection.stream.get_ref().1.handshake_kind();
        connection.request().await.expect("a request");
        connection.answer("2").await;
        kind
    };
    let (answer, kind) = tokio::join!(client.send(post(&server.url("/"), "{}"), ROOMY), serve);
    assert_eq!(answer.expect("an answer").body(), "2");
    assert_eq!(kind, Some(HandshakeKind::Resumed));
}

#[tokio::test]
async fn a_request_that_the_server_read_is_never_sent_again() {
    let authority = Authority::new();
    let server = Server::new(&authority.server(&["localhost"])).await;
    let client = client(&authority.roots(), None);

    let serve = async {
        let mut connection = server.accept().await;
        connection.request().await.expect("the first request");
        connection.answer("1").await;
        connection.request().await.expect("the second request");
        connection.close().await;
    };
    let send = async {
        client.send(post(&server.url("/"), "{}"), ROOMY).await.expect("the first answer");
        client.send(post(&server.url("/"), "{}"), ROOMY).await.expect_err("no second answer")
    };
    let ((), error) = tokio::join!(serve, send);
    assert_eq!(
        error,
        OutboundError::Lost("the server closed the connection before the answer was complete".to_owned())
    );
}

/// The server closes after every answer without saying so, while the next request is on its way: the race that a pool cannot
/// win. A request that its connection gives back unread goes out on another; one that may have been read never does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_is_seen_twice_when_the_server_closes_as_it_arrives() {
    const ROUNDS: usize = 300;
    let authority = Authority::new();
    let server = Server::new(&authority.server(&["localhost"])).await;
    let (client, url) = (client(&authority.roots(), None), server.url("/"));

    let seen = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&seen);
    // Each connection by itself: the client may open one ahead and send nothing on it.
    let serving = tokio::spawn(async move {
        let mut connections = JoinSet::new();
        for number in 0.. {
            let (tcp, record) = (server.tcp().await, Arc::clone(&record));
            let handshake = server.handshake(tcp);
            connections.spawn(async move {
                let Ok(mut connection) = handshake.await else { return };
                let Some(request) = connection.request().await else { return };
                record.lock().expect("a lock").push(request[request.len() - 4..].to_owned());
                connection.answer("").await;
                // Close at another moment of the client's next step each time.
                for _ in 0..number % 32 {
                    tokio::task::yield_now().await;
                }
                // The client may have hung up meanwhile; then there is nothing left to close.
                drop(connection.stream.shutdown().await);
            });
        }
    });
    let mut outcomes = Vec::new();
    for round in 0..ROUNDS {
        let request = Request::post(&url).body(Bytes::from(format!("{round:04}"))).expect("a request");
        outcomes.push(client.send(request, ROOMY).await);
    }
    serving.abort();

    let seen = seen.lock().expect("a lock");
    for (round, outcome) in outcomes.iter().enumerate() {
        let times = seen.iter().filter(|&body| *body == format!("{round:04}")).count();
        match outcome {
            Ok(_) => assert_eq!(times, 1, "round {round}"),
            Err(OutboundError::Lost(_)) => assert!(times <= 1, "round {round}"),
            Err(other) => panic!("round {round}: {other}"),
        }
    }
    let answered = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert!(answered > ROUNDS / 2, "only {answered} of {ROUNDS} were answered");
}

/// Returns when this runtime has seen everything that happened on any socket before the call: a round trip on a connection of
/// its own makes it poll them all.
async fn everything_that_happened_is_noticed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let mut near =
        TcpStream::connect(listener.local_addr().expect("an address")).await.expect("a connection");
    let (mut far, _) = listener.accept().await.expect("a connection");
    near.write_all(b"x").await.expect("written");
    far.read_exact(&mut [0]).await.expect("read");
}
