//! Well-formed HTTP/1.1 over loopback. For malformed requests see [`raw`](crate::raw).

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderValue, Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::wait::PATIENCE;

/// An answer, read whole.
pub type Answer = Response<Bytes>;

/// A connection that stays open between requests.
pub struct Connection {
    host: HeaderValue,
    sender: SendRequest<Full<Bytes>>,
}

impl Connection {
    /// Connects to `http://HOST:PORT`.
    ///
    /// # Errors
    /// When nothing listens there.
    pub async fn open(base_url: &str) -> Result<Self> {
        let authority =
            base_url.strip_prefix("http://").with_context(|| format!("not a plain address: {base_url}"))?;
        let authority = authority.trim_end_matches('/');
        let stream =
            TcpStream::connect(authority).await.with_context(|| format!("cannot connect to {authority}"))?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // It ends with the last sender; what goes wrong before that is seen by whoever sends.
        tokio::spawn(connection);
        Ok(Self { host: HeaderValue::from_str(authority)?, sender })
    }

    /// Sends a request and reads the answer. `Host` is added when it is missing.
    ///
    /// # Errors
    /// When the connection ends or stays silent.
    pub async fn send(&mut self, mut request: Request<Bytes>) -> Result<Answer> {
        request.headers_mut().entry(HOST).or_insert_with(|| self.host.clone());
        let exchange = async {
            self.sender.ready().await?;
            let (head, body) = self.sender.send_request(request.map(Full::new)).await?.into_parts();
            anyhow::Ok(Response::from_parts(head, body.collect().await?.to_bytes()))
        };
        timeout(PATIENCE, exchange).await.context("no answer")?
    }
}

/// A POST of JSON with exactly the content type that BankID wants (bankid-se.md section 1).
///
/// # Errors
/// When a header is not well formed.
pub fn post(path: &str, headers: &[(&str, &str)], body: &Value) -> Result<Request<Bytes>> {
    let mut request =
        Request::builder().method(Method::POST).uri(path).header(CONTENT_TYPE, "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Ok(request.body(Bytes::from(body.to_string()))?)
}

/// Sends one request over a connection of its own.
///
/// # Errors
/// As [`Connection::send`].
pub async fn send(base_url: &str, request: Request<Bytes>) -> Result<Answer> {
    Connection::open(base_url).await?.send(request).await
}

/// A GET over a connection of its own.
///
/// # Errors
/// As [`Connection::send`].
pub async fn get(base_url: &str, path: &str) -> Result<Answer> {
    send(base_url, Request::get(path).body(Bytes::new())?).await
}

/// The JSON of an answer.
///
/// # Errors
/// When the body is something else; with its beginning.
pub fn json<T: DeserializeOwned>(answer: &Answer) -> Result<T> {
    serde_json::from_slice(answer.body()).with_context(|| format!("{}: {}", answer.status(), text(answer)))
}

/// The JSON of a successful answer.
///
/// # Errors
/// When the status is not a success, or the body not JSON.
pub fn success(answer: &Answer) -> Result<Value> {
    ensure!(answer.status().is_success(), "{}: {}", answer.status(), text(answer));
    json(answer)
}

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(answer.body()).chars().take(500).collect()
}
