//! A running simulator, and a client that shows any certificate, or none.

use std::io;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use riskgate_simulator::{ClockMode, Options, Running, Transport, start};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion, version};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// The RP certificate that tests use when it does not matter.
pub(crate) const RP: Option<&str> = Some("secrets/bankid-rp");

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The body of a 200.
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{self:?}");
        self.json()
    }

    /// Status, `errorCode` and `details`.
    pub(crate) fn error(&self) -> (u16, String, String) {
        let body = self.json();
        let text =
            |name: &str| body[name].as_str().unwrap_or_else(|| panic!("no {name}: {self:?}")).to_owned();
        (self.status.as_u16(), text("errorCode"), text("details"))
    }
}

/// What `error` gives for a 400 `invalidParameters`.
pub(crate) fn invalid(details: &str) -> (u16, String, String) {
    (400, "invalidParameters".to_owned(), details.to_owned())
}

/// A simulator with a manual clock.
pub(crate) struct Bench {
    pub(crate) running: Running,
    pub(crate) pki: TempDir,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let pki = tempfile::tempdir().unwrap();
        let mut options = Options::new(Transport::tls(pki.path()));
        options.clock = ClockMode::Manual;
        change(&mut options);
        let running = start(options).await.unwrap();
        Self { running, pki }
    }

    pub(crate) fn client(&self, certificate: Option<&str>) -> Client {
        Client::new(self.pki.path(), certificate, &[&version::TLS13, &version::TLS12])
    }

    /// A request of the API, on a connection of its own.
    pub(crate) async fn request(
        &self,
        certificate: Option<&str>,
        request: Request<Full<Bytes>>,
    ) -> io::Result<Answer> {
        self.client(certificate).request(&self.running, request).await
    }

    pub(crate) async fn post_as(
        &self,
        certificate: Option<&str>,
        path: &str,
        body: &Value,
    ) -> io::Result<Answer> {
        self.request(certificate, post(path, body.to_string())).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_as(RP, path, body).await.unwrap()
    }

    /// Makes an order, and returns its reference.
    pub(crate) async fn order(&self, path: &str, body: &Value) -> String {
        self.post(path, body).await.ok()["orderRef"].as_str().unwrap().to_owned()
    }

    /// An order for a login, with the scripts that are set.
    pub(crate) async fn auth(&self) -> String {
        self.order("/rp/v6.0/auth", &json!({"endUserIp": "192.0.2.1", "returnRisk": true})).await
    }

    pub(crate) async fn try_collect(&self, order_ref: &str) -> io::Result<Answer> {
        self.post_as(RP, "/rp/v6.0/collect", &json!({"orderRef": order_ref})).await
    }

    pub(crate) async fn collect(&self, order_ref: &str) -> Answer {
        self.try_collect(order_ref).await.unwrap()
    }

    pub(crate) async fn control(&self, method: Method, path: &str, body: &Value) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost")
            .body(Full::from(body.to_string()))
            .unwrap();
        let socket = TcpStream::connect(self.running.control_address()).await.unwrap();
        exchange(socket, request).await.unwrap()
    }

    pub(crate) async fn control_get(&self, path: &str) -> Value {
        self.control(Method::GET, path, &json!({})).await.ok()
    }

    pub(crate) async fn control_post(&self, path: &str, body: Value) -> Value {
        self.control(Method::POST, path, &body).await.ok()
    }

    /// Sets the script of the next order.
    pub(crate) async fn next(&self, script: Value) {
        self.control_post("/v1/bankid-se/scripts/next", script).await;
    }

    pub(crate) async fn advance(&self, seconds: u32) {
        self.control_post("/v1/clock/advance", json!({"seconds": seconds})).await;
    }
}

pub(crate) fn post(path: &str, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    Request::builder()
        .method(Method::POST)
        .uri(path)
        .header("host", "localhost")
        .header("content-type", "application/json")
        .body(Full::from(body.into()))
        .unwrap()
}

/// A TLS client.
pub(crate) struct Client(Arc<ClientConfig>);

impl Client {
    pub(crate) fn new(
        pki: &Path,
        certificate: Option<&str>,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Self {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_file(pki.join("configmaps/bankid-roots/ca.crt")).unwrap())
            .unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots);
        Self(Arc::new(match certificate {
            None => builder.with_no_client_auth(),
            Some(folder) => {
                let chain = CertificateDer::pem_file_iter(pki.join(folder).join("tls.crt")).unwrap();
                let key = PrivateKeyDer::from_pem_file(pki.join(folder).join("tls.key")).unwrap();
                builder.with_client_auth_cert(chain.map(Result::unwrap).collect(), key).unwrap()
            }
        }))
    }

    pub(crate) fn offering(mut self, protocol: &[u8]) -> Self {
        Arc::make_mut(&mut self.0).alpn_protocols = vec![protocol.to_vec()];
        self
    }

    pub(crate) async fn request(
        &self,
        running: &Running,
        request: Request<Full<Bytes>>,
    ) -> io::Result<Answer> {
        self.request_over(TcpStream::connect(running.bankid_se_address()).await?, request).await
    }

    /// A request of another provider's API.
    pub(crate) async fn request_over(
        &self,
        socket: TcpStream,
        request: Request<Full<Bytes>>,
    ) -> io::Result<Answer> {
        let name = "localhost".try_into().unwrap();
        let stream = TlsConnector::from(self.0.clone()).connect(name, socket).await?;
        exchange(stream, request).await
    }
}

/// One request on a fresh stream.
pub(crate) async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> io::Result<Answer> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    let connection = tokio::spawn(connection);
    let response = sender.send_request(request).await;
    let answer = match response {
        Ok(response) => {
            let (head, body) = response.into_parts();
            let body = body.collect().await.map(|collected| collected.to_bytes());
            body.map(|body| Answer { status: head.status, headers: head.headers, body })
                .map_err(io::Error::other)
        }
        Err(error) => Err(io::Error::other(error)),
    };
    drop(sender);
    match connection.await.unwrap() {
        // The connection knows more than the request about why it ended.
        Err(error) if answer.is_err() => Err(io::Error::other(error)),
        _ => answer,
    }
}
