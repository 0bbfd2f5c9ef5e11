//! A TLS server that does exactly what a test tells it to, one connection at a time.

use std::sync::Arc;

use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use rustls_pki_types::CertificateDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::pki::Issued;

/// A listener with a certificate.
pub(crate) struct Server {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

/// One connection, after its handshake.
pub(crate) struct Connection {
    pub(crate) stream: TlsStream<TcpStream>,
    buffer: Vec<u8>,
}

impl Server {
    pub(crate) async fn new(certificate: &Issued) -> Self {
        Self::with(certificate, None, rustls::ALL_VERSIONS).await
    }

    /// A server of these TLS versions; with `clients`, one that requires a client certificate below that root.
    pub(crate) async fn with(
        certificate: &Issued,
        clients: Option<CertificateDer<'static>>,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(versions)
            .expect("versions");
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(root) => {
                let mut roots = RootCertStore::empty();
                roots.add(root).expect("a root");
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                builder.with_client_cert_verifier(verifier.expect("a verifier"))
            }
        };
        let chain = vec![certificate.certificate.der().clone()];
        let config = builder.with_single_cert(chain, certificate.key_der()).expect("a certificate");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        Self { listener, acceptor: TlsAcceptor::from(Arc::new(config)) }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port())
    }

    pub(crate) fn port(&self) -> u16 {
        self.listener.local_addr().expect("an address").port()
    }

    /// The next TCP connection, before any TLS.
    pub(crate) async fn tcp(&self) -> TcpStream {
        self.listener.accept().await.expect("a connection").0
    }

    /// The next connection.
    pub(crate) async fn accept(&self) -> Connection {
        self.handshake(self.tcp().await).await.expect("a handshake")
    }

    /// The handshake on a connection.
    pub(crate) fn handshake(
        &self,
        tcp: TcpStream,
    ) -> impl Future<Output = std::io::Result<Connection>> + use<> {
        let accepting = self.acceptor.accept(tcp);
        async move { Ok(Connection { stream: accepting.await?, buffer: Vec::new() }) }
    }

    /// The next connection, whose handshake must fail here: what failed. Reads on until the client is gone, so that the
    /// alert is not lost in a reset.
    pub(crate) async fn refuse(&self) -> std::io::Error {
        let failed = self.acceptor.accept(self.tcp().await).into_fallible().await;
        let Err((error, mut tcp)) = failed else { panic!("the handshake succeeded") };
        tcp.shutdown().await.expect("a shutdown");
        tokio::io::copy(&mut tcp, &mut tokio::io::sink()).await.expect("the end");
        error
    }
}

impl Connection {
    /// The next request, head and body as one text; nothing when the client has closed.
    pub(crate) async fn request(&mut self) -> Option<String> {
        loop {
            if let Some(length) = whole_request(&self.buffer) {
                let rest = self.buffer.split_off(length);
                let request = std::mem::replace(&mut self.buffer, rest);
                return Some(String::from_utf8(request).expect("text"));
            }
            // A client that closes without TLS's own goodbye is an error to rustls, and an end to this test.
            match self.stream.read_buf(&mut self.buffer).await {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// Answers 200 with `body`.
    pub(crate) async fn answer(&mut self, body: &str) {
        let length = body.len();
        self.write(&format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}")).await;
    }

    /// Writes as it is.
    pub(crate) async fn write(&mut self, bytes: &str) {
        self.stream.write_all(bytes.as_bytes()).await.expect("written");
        self.stream.flush().await.expect("flushed");
    }

    /// Closes politely.
    pub(crate) async fn close(mut self) {
        self.stream.shutdown().await.expect("a shutdown");
    }

    /// Closes so that the client gets a reset.
    pub(crate) fn reset(self) {
        let (tcp, _) = self.stream.into_inner();
        tcp.set_zero_linger().expect("linger");
    }
}

fn whole_request(buffer: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(buffer).ok()?;
    let head = text.find("\r\n\r\n")? + 4;
    let length = text[..head]
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.trim().parse().expect("a length"));
    (buffer.len() >= head + length).then_some(head + length)
}
