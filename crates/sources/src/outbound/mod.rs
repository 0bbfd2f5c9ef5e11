//! The one outbound HTTP client, for providers and sources alike.
//!
//! HTTP/1.1 over TLS 1.2 or 1.3, with pinned roots and a client certificate where there is one; without TLS only to this very
//! machine; through an egress proxy where there is one. No redirect is followed, and no request that may have reached the server is sent again.

mod cause;
mod client;
mod connect;
mod identity;
mod pem;
mod proxy;
mod resolve;
mod roots;
mod tunnel;

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, Uri};
use tokio::io::{AsyncRead, AsyncWrite};

pub use client::{Client, ClientError, ClientOptions};
pub use identity::{Identity, IdentityError};
pub use proxy::{Proxy, ProxyError, ProxyLogin};
pub use resolve::{ResolveError, Resolver};
pub use roots::{Roots, RootsError};

/// What one request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From when there is a connection until the whole answer is read.
    pub answer: Duration,
    /// Bytes of the answer's body.
    pub max_body: usize,
}

/// Why there is no answer. The texts name the cause in plain words and hold nothing of requests or answers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// Nothing reached the server: no address, no connection, no TLS, or a kept connection that closed before it took the
    /// request. Sending the request again cannot do anything twice.
    #[error("nothing was sent: {0}")]
    NotSent(String),
    /// Something may have reached the server, and its answer did not come whole.
    #[error("the answer was lost: {0}")]
    Lost(String),
    /// The answer's body is longer than the limit; it was not read to its end.
    #[error("the answer is longer than {max_body} bytes")]
    TooLarge {
        /// The limit, in bytes.
        max_body: usize,
    },
}

/// A connection's two directions.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// Sends requests to other systems.
#[async_trait]
pub trait Outbound: Send + Sync {
    /// Sends `request`, whose URI is absolute, and reads the whole answer.
    ///
    /// # Errors
    ///
    /// [`OutboundError`]; an answer of any status is no error.
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, OutboundError>;

    /// Opens a connection of its own to the server of `uri`, TLS included, for what is no request and answer. It is never
    /// used for requests.
    ///
    /// # Errors
    ///
    /// [`OutboundError::NotSent`].
    async fn open(&self, _uri: &Uri) -> Result<Box<dyn Duplex>, OutboundError> {
        Err(OutboundError::NotSent("this client opens no connections".to_owned()))
    }
}

/// The status of a proxy's answer to CONNECT, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(crate) fn connect_status(head: &[u8]) -> Option<Option<u16>> {
    tunnel::status_of(head)
}
