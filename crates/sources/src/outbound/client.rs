//! The client itself: a kept connection or a new one, one request, one whole answer.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::uri::{PathAndQuery, Scheme};
use http::{HeaderValue, Request, Response, Uri, header};
use http_body_util::Full;

use super::carrier::{Broken, Carrier};
use super::cause::{self, describe};
use super::connect::{Connector, tls};
use super::pool::{Origin, Pool};
use super::{Identity, Limits, Outbound, OutboundError, Resolver, Roots};

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
    connector: Connector,
    pool: Pool,
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
        Ok(Self { connector, pool: Pool::default() })
    }

    /// A kept connection, else a new one; and whether it was kept.
    async fn carrier(&self, origin: &Origin, uri: &Uri) -> Result<(Box<Carrier>, bool), OutboundError> {
        if let Some(kept) = self.pool.take(origin).await {
            return Ok((kept, true));
        }
        let stream = self.connector.connect(uri.clone()).await;
        let stream = stream.map_err(|error| OutboundError::NotSent(describe(&*error)))?;
        let carrier = Carrier::new(stream).await;
        Ok((carrier.map_err(|error| OutboundError::NotSent(describe(&error)))?, false))
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
        let uri = request.uri().clone();
        let Some(origin) = Origin::of(&uri) else {
            return Err(OutboundError::NotSent(format!("{uri} names no server")));
        };
        let mut request = addressed(request, &origin)?;
        loop {
            let (mut carrier, kept) = self.carrier(&origin, &uri).await?;
            let exchange = carrier.exchange(request, limits.max_body);
            let Ok(ended) = tokio::time::timeout(limits.answer, exchange).await else {
                return Err(no_answer(limits.answer));
            };
            match ended {
                Ok(answer) => {
                    self.pool.keep(origin, carrier).await;
                    return Ok(answer);
                }
                // Only what a kept connection gives back unread is sent again: hyper gives a request back if and only if
                // none of it was written.
                Err(Broken::Unsent(unsent, _)) if kept => request = *unsent,
                Err(Broken::Unsent(_, error)) => return Err(OutboundError::NotSent(describe(&error))),
                Err(Broken::Lost(error)) if cause::is_refused_certificate(&error) => {
                    return Err(OutboundError::NotSent(describe(&error)));
                }
                Err(Broken::Lost(error)) => return Err(OutboundError::Lost(describe(&error))),
                Err(Broken::Failed(error)) => return Err(error),
            }
        }
    }
}

/// The request as it stands on the wire: the path alone, and the server in `Host` (RFC 9112 section 3.2).
fn addressed(request: Request<Bytes>, origin: &Origin) -> Result<Request<Full<Bytes>>, OutboundError> {
    let mut request = request.map(Full::new);
    let host = host(origin).map_err(|error| OutboundError::NotSent(error.to_string()))?;
    request.headers_mut().insert(header::HOST, host);
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = Uri::from(path.unwrap_or(PathAndQuery::from_static("/")));
    Ok(request)
}

/// Host and port, without the port that the scheme has anyway.
fn host(origin: &Origin) -> Result<HeaderValue, header::InvalidHeaderValue> {
    let usual = if origin.scheme == Scheme::HTTPS { 443 } else { 80 };
    let (host, port) = (origin.authority.host(), origin.authority.port_u16());
    match port.filter(|port| *port != usual) {
        Some(port) => HeaderValue::try_from(format!("{host}:{port}")),
        None => HeaderValue::from_str(host),
    }
}

fn no_answer(within: Duration) -> OutboundError {
    OutboundError::Lost(format!("no answer within {}", humantime::format_duration(within)))
}
