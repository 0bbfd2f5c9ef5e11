//! From a URI to a connection that is ready for a request, within one deadline.

use std::error::Error;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use rustls::client::Resumption;
use rustls::crypto::ring;
use rustls::{ClientConfig, sign};
use tower_service::Service;

use super::resolve::is_localhost;
use super::tunnel::Road;
use super::{Identity, Roots};

type BoxError = Box<dyn Error + Send + Sync>;

/// TLS sessions kept for resumption. A client talks to one host, or to the few of one source.
const SESSIONS: usize = 8;

/// The whole way to the server took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no connection within {}", humantime::format_duration(*.0))]
pub(super) struct TooSlow(pub(super) Duration);

/// Plain HTTP to another machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("plain HTTP is spoken only on loopback: write https://")]
pub(super) struct PlainText;

/// Resolves, connects, through the proxy where there is one, and speaks TLS with the server.
#[derive(Clone)]
pub(super) struct Connector {
    inner: HttpsConnector<Road>,
    within: Duration,
}

impl Connector {
    pub(super) fn new(tls: ClientConfig, road: Road, within: Duration) -> Self {
        // Plain HTTP is for loopback alone, where a simulator may listen: see `call`.
        let inner = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(road);
        Self { inner, within }
    }
}

impl Service<Uri> for Connector {
    type Response = <HttpsConnector<Road> as Service<Uri>>::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        if uri.scheme() == Some(&Scheme::HTTP) && !uri.host().is_some_and(is_loopback) {
            return Box::pin(std::future::ready(Err(PlainText.into())));
        }
        let (connecting, within) = (self.inner.call(uri), self.within);
        Box::pin(async move {
            tokio::time::timeout(within, connecting).await.unwrap_or_else(|_| Err(Box::new(TooSlow(within))))
        })
    }
}

/// Whether `host`, as it stands in a URI, names this machine whatever a name server says.
fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    is_localhost(host) || address.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// TLS 1.2 and 1.3 by ring, with verification against `roots` and nothing else.
pub(super) fn tls(roots: &Roots, identity: Option<&Identity>) -> Result<ClientConfig, rustls::Error> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots.store());
    let mut config = match identity {
        Some(identity) => builder.with_client_cert_resolver(Arc::new(sign::SingleCertAndKey::from(
            Arc::clone(identity.certified()),
        ))),
        None => builder.with_no_client_auth(),
    };
    config.resumption = Resumption::in_memory_sessions(SESSIONS);
    Ok(config)
}
