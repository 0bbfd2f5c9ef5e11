//! Through an egress proxy.

use std::time::Duration;

use riskgate_sources::outbound::{Client, ClientOptions, Outbound, OutboundError, Resolver};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::pki::Authority;
use crate::support::proxy::{ScriptedProxy, behind};
use crate::support::server::Server;
use crate::support::{ROOMY, post};

/// A name that no name server knows (RFC 6761, section 6.4): only a proxy can make something of it.
const NAME: &str = "bankid.invalid";

#[tokio::test]
async fn tls_goes_through_the_tunnel_from_end_to_end_to_a_name_that_only_the_proxy_knows() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let (issued, identity) = clients.client();
    let server = Server::with(&authority.server(&[NAME]), Some(clients.der()), rustls::ALL_VERSIONS).await;
    let proxy = ScriptedProxy::new().await;
    let client = behind(&proxy.proxy(Some(("rg", "secret")), &[]), &authority.roots(), Some(&identity));
    let target = format!("{NAME}:{}", server.port());
    let serve = async {
        let (asked, mut connection) = tokio::join!(proxy.tunnel(server.port()), server.accept());
        let shown = connection.stream.get_ref().1.peer_certificates().expect("a client certificate").to_vec();
        // Both requests: the tunnel is kept like any connection.
        for answer in ["one", "two"] {
            let request = connection.request().await.expect("a request");
            assert!(!request.to_ascii_lowercase().contains("proxy-"), "{request}");
            connection.answer(answer).await;
        }
        (asked, shown)
    };
    let send = async {
        let mut answers = Vec::new();
        for _ in 0..2 {
            let request = post(&format!("https://{target}/"), "{}");
            answers.push(client.send(request, ROOMY).await.expect("an answer").into_body());
        }
        answers
    };
    let (answers, (asked, shown)) = tokio::join!(send, serve);
    assert_eq!(answers, ["one", "two"]);
    assert_eq!(
        asked,
        format!(
            "CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nProxy-Authorization: Basic cmc6c2VjcmV0\r\n\r\n"
        )
    );
    assert_eq!(shown, [issued.certificate.der().clone()]);
}

#[tokio::test]
async fn who_stands_at_the_end_of_the_tunnel_is_checked_as_without_one() {
    let (authority, other) = (Authority::new(), Authority::new());
    let proxy = ScriptedProxy::new().await;
    for (certificate, expected) in [
        (other.server(&[NAME]), "does not lead to a trusted root"),
        (authority.server(&["proxy.corp"]), "is not for bankid.invalid, but for "),
    ] {
        let server = Server::new(&certificate).await;
        let client = behind(&proxy.proxy(None, &[]), &authority.roots(), None);
        let request = post(&format!("https://{NAME}:{}/", server.port()), "{}");
        let serve = async { tokio::join!(proxy.tunnel(server.port()), server.refuse()) };
        let (answer, _) = tokio::join!(client.send(request, ROOMY), serve);
        let OutboundError::NotSent(text) = answer.expect_err("no answer") else {
            panic!("something was sent")
        };
        assert!(text.contains(expected), "{text}");
    }
}

#[tokio::test]
async fn what_the_proxy_refuses_was_not_sent() {
    let authority = Authority::new();
    let proxy = ScriptedProxy::new().await;
    let login = Some(("rg", "secret"));
    for (login, answer, expected) in [
        (
            None,
            "HTTP/1.1 407 Who?\r\n\r\n",
            "asks for a login (status 407): write egressProxy.credentialsRef",
        ),
        (login, "HTTP/1.1 407 No\r\n\r\n", "refused the login of egressProxy.credentialsRef (status 407)"),
        (
            login,
            "HTTP/1.0 403 Filtered\r\n\r\n",
            "does not allow connections to bankid.invalid:443 (status 403)",
        ),
        (login, "HTTP/1.1 502 Bad\r\n\r\n", "opened no connection to bankid.invalid:443 (status 502)"),
        (login, "+OK POP3 ready\r\n", "does not answer as an HTTP proxy does"),
        (login, "", "closed the connection before it answered"),
    ] {
        let client = behind(&proxy.proxy(login, &[]), &authority.roots(), None);
        let refuse = async {
            let (mut tcp, _) = proxy.asked().await;
            tcp.write_all(answer.as_bytes()).await.expect("written");
            tcp.shutdown().await.expect("a shutdown");
        };
        let request = post(&format!("https://{NAME}/"), "{}");
        let (outcome, ()) = tokio::join!(client.send(request, ROOMY), refuse);
        let expected = format!("the egress proxy {} {expected}", proxy.authority());
        assert_eq!(outcome.expect_err("no answer"), OutboundError::NotSent(expected));
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_and_one_that_says_nothing() {
    let authority = Authority::new();
    let proxy = ScriptedProxy::new().await;
    let (route, at) = (proxy.proxy(None, &[]), proxy.authority());
    let options = ClientOptions {
        roots: &authority.roots(),
        identity: None,
        connect: Duration::from_millis(100),
        resolver: Resolver::system(),
        proxy: Some(&route),
    };
    let impatient = Client::new(options).expect("a client");
    let url = format!("https://{NAME}/");
    let (answer, _open) = tokio::join!(impatient.send(post(&url, "{}"), ROOMY), proxy.asked());
    let expected = OutboundError::NotSent("no connection within 100ms".to_owned());
    assert_eq!(answer.expect_err("no answer"), expected);

    drop(proxy);
    let answer = behind(&route, &authority.roots(), None).send(post(&url, "{}"), ROOMY).await;
    let expected = format!("the egress proxy {at} cannot be reached: connection refused");
    assert_eq!(answer.expect_err("no answer"), OutboundError::NotSent(expected));
}

#[tokio::test]
async fn hosts_of_its_own_are_reached_without_it() {
    let authority = Authority::new();
    let server = Server::new(&authority.server(&["localhost"])).await;
    // Nobody listens there any more: whoever asks it fails.
    let route = ScriptedProxy::new().await.proxy(None, &["localhost"]);
    let client = behind(&route, &authority.roots(), None);
    let serve = async {
        let mut connection = server.accept().await;
        connection.request().await.expect("a request");
        connection.answer("direct").await;
    };
    let (answer, ()) = tokio::join!(client.send(post(&server.url("/"), "{}"), ROOMY), serve);
    assert_eq!(answer.expect("an answer").body(), "direct");

    // Without TLS there is loopback alone, and the proxy's is another machine's.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://127.0.0.1:{}/", listener.local_addr().expect("an address").port());
    let serve = async {
        let (mut tcp, _) = listener.accept().await.expect("a connection");
        tcp.read_exact(&mut [0; 16]).await.expect("a request");
        tcp.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nplain").await.expect("written");
        tcp
    };
    let (answer, _open) = tokio::join!(client.send(post(&url, "{}"), ROOMY), serve);
    assert_eq!(answer.expect("an answer").body(), "plain");
}
