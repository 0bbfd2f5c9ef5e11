//! A tunnel through an HTTP proxy: one CONNECT (RFC 9110, section 9.3.6), then whatever the two ends say to each other.
//!
//! hyper-util has one as well, which tells neither the status nor whose fault a failure is; both are what an operator needs.

mod open;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use super::cause::describe;
use super::{Proxy, Resolver};
use open::open;
#[cfg(feature = "fuzzing")]
pub(super) use open::status_of;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why there is no tunnel. The texts hold neither the login nor anything that the proxy sent beside its status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum TunnelError {
    #[error("the egress proxy {proxy} cannot be reached: {reason}")]
    Unreachable { proxy: String, reason: String },
    #[error("the egress proxy {proxy} asks for a login (status {status}): write egressProxy.credentialsRef")]
    LoginMissing { proxy: String, status: u16 },
    #[error("the egress proxy {proxy} refused the login of egressProxy.credentialsRef (status {status})")]
    LoginRefused { proxy: String, status: u16 },
    #[error("the egress proxy {proxy} does not allow connections to {target} (status 403)")]
    Forbidden { proxy: String, target: String },
    #[error("the egress proxy {proxy} opened no connection to {target} (status {status})")]
    Refused { proxy: String, target: String, status: u16 },
    #[error("the egress proxy {proxy} does not answer as an HTTP proxy does")]
    Garbage { proxy: String },
    #[error("the egress proxy {proxy} closed the connection before it answered")]
    Closed { proxy: String },
}

/// Connects over TCP: to the server itself, or to the proxy that opens a tunnel to it.
#[derive(Clone)]
pub(super) struct Road {
    tcp: HttpConnector<Resolver>,
    proxy: Option<Arc<Proxy>>,
}

impl Road {
    pub(super) fn new(resolver: Resolver, proxy: Option<&Proxy>) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(resolver);
        tcp.set_nodelay(true);
        tcp.enforce_http(false);
        Self { tcp, proxy: proxy.cloned().map(Arc::new) }
    }
}

impl Service<Uri> for Road {
    type Response = TokioIo<TcpStream>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let Some(proxy) = self.proxy.clone().filter(|proxy| proxy.carries(&uri)) else {
            let connecting = self.tcp.call(uri);
            return Box::pin(async move { Ok(connecting.await?) });
        };
        // The name of the server stays text: it is the proxy that looks it up.
        let connecting = self.tcp.call(proxy.uri());
        Box::pin(async move {
            let mut stream = connecting.await.map_err(|error| TunnelError::Unreachable {
                proxy: proxy.authority().to_string(),
                reason: describe(&error),
            })?;
            open(stream.inner_mut(), &proxy, &target(&uri)).await?;
            Ok(stream)
        })
    }
}

/// Host and port of `uri`, as CONNECT names them. Only `https` goes through a tunnel.
fn target(uri: &Uri) -> String {
    format!("{}:{}", uri.host().unwrap_or_default(), uri.port_u16().unwrap_or(443))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_always_named() {
        for (uri, expected) in [
            ("https://appapi2.bankid.com/rp/v6.0/auth", "appapi2.bankid.com:443"),
            ("https://appapi2.bankid.com:8443", "appapi2.bankid.com:8443"),
            ("https://[2001:db8::1]/", "[2001:db8::1]:443"),
        ] {
            assert_eq!(target(&uri.parse().unwrap()), expected);
        }
    }
}
