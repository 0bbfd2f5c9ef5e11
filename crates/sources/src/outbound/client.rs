//! The client itself: a pool of connections, one request, one whole answer.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::{Either, select};
use http::{Request, Response, Uri};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::{CaptureConnection, capture_connection};
use hyper_util::client::legacy::{Client as Pool, Error as PoolError};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tower_service::Service;

use super::cause::{self, describe};
use super::connect::{Connector, tls};
use super::{Duplex, Identity, Limits, Outbound, OutboundError, Resolver, Roots};

/// How long an unused connection is kept. Shorter than any server's usual keep-alive, so that a request rarely meets a
/// connection that the server is just closing; longer than the 2 s between two collects (bankid-se.md section 7).
const IDLE_FOR: Duration = Duration::from_secs(10);

/// Unused connections kept to one host. More than this many answers at once make the rest connect anew.
const IDLE_AT_MOST: usize = 64;

/// The longest answer head, in bytes, and the size up to which a connection's read buffer grows.
const READ_BUFFER: usize = 64 * 1024;

/// What a client is made from.
#[derive(Debug)]
pub struct ClientOptions<'a> {
    /// What the server's certificate must lead to.
    pub roots: &'a Roots,
    /// The client certificate that is shown to a server that asks for one.
    pub identity: Option<&'a Identity>,
    /// How long resolving, connecting and TLS may take together.
    pub connect: Duration,
    /// Name resolution.
    pub resolver: Resolver,
}

/// Why a client could not be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("no TLS client can be made: {0}")]
pub struct ClientError(#[from] rustls::Error);

/// An HTTPS client with its own connections and TLS sessions: what was made under other roots or with another certificate is
/// never used by it. Dropping it closes what is idle; what is under way ends by itself.
pub struct Client {
    pool: Pool<Connector, Full<Bytes>>,
    connector: Connector,
}

impl Client {
    /// A client without any connection yet. Requires a tokio runtime only when it sends.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when TLS cannot be configured so.
    pub fn new(options: ClientOptions<'_>) -> Result<Self, ClientError> {
        let tls = tls(options.roots, options.identity)?;
        let connector = Connector::new(tls, options.resolver, options.connect);
        let pool = Pool::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_FOR)
            .pool_max_idle_per_host(IDLE_AT_MOST)
            .http1_max_buf_size(READ_BUFFER)
            // Only what a kept connection gives back unread is sent again: hyper returns a request from a closing connection
            // if and only if none of it was written. With this off, such a request is an error; nothing else changes.
            .retry_canceled_requests(true)
            .build(connector.clone());
        Ok(Self { pool, connector })
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Client")
    }
}

#[async_trait]
impl Outbound for Client {
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, OutboundError> {
        let mut request = request.map(Full::new);
        let connection = capture_connection(&mut request);
        let exchange = pin!(exchange(self.pool.request(request), connection.clone(), limits.max_body));
        // The answer's time starts when there is a connection; until then the connector's own deadline holds.
        let connected = pin!(carried(connection));
        match select(exchange, connected).await {
            Either::Left((answer, _)) => answer,
            Either::Right(((), exchange)) => {
                tokio::time::timeout(limits.answer, exchange).await.unwrap_or_else(|_| {
                    Err(OutboundError::Lost(format!(
                        "no answer within {}",
                        humantime::format_duration(limits.answer)
                    )))
                })
            }
        }
    }

    async fn open(&self, uri: &Uri) -> Result<Box<dyn Duplex>, OutboundError> {
        match self.connector.clone().call(uri.clone()).await {
            Ok(stream) => Ok(Box::new(TokioIo::new(stream))),
            Err(error) => Err(OutboundError::NotSent(describe(&*error))),
        }
    }
}

/// Waits until a connection carries the request.
async fn carried(mut connection: CaptureConnection) {
    drop(connection.wait_for_connection_metadata().await);
}

async fn exchange(
    answer: impl Future<Output = Result<Response<Incoming>, PoolError>>,
    connection: CaptureConnection,
    max_body: usize,
) -> Result<Response<Bytes>, OutboundError> {
    let (head, body) = answer.await.map_err(|error| failed(&error, &connection))?.into_parts();
    let body = Limited::new(body, max_body).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() {
            OutboundError::TooLarge { max_body }
        } else {
            OutboundError::Lost(describe(&*error))
        }
    })?;
    Ok(Response::from_parts(head, body.to_bytes()))
}

fn failed(error: &PoolError, connection: &CaptureConnection) -> OutboundError {
    let text = describe(error);
    let never_carried = connection.connection_metadata().is_none();
    if never_carried || error.is_connect() || cause::is_unread(error) || cause::is_refused_certificate(error)
    {
        OutboundError::NotSent(text)
    } else {
        OutboundError::Lost(text)
    }
}
