//! The port that the API server calls: TLS with whatever certificate is shown at the moment, a bounded number of
//! connections, a bounded time for each of their steps.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use rustls::version::{TLS12, TLS13};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::{Admission, http};
use crate::certificates::Served;

/// Connections at a time. API servers keep few and use them again; whoever else comes must not take all memory.
const CONNECTIONS: usize = 512;
/// The longest handshake: as long as the API server waits. One that is overloaded takes seconds for its part, and would refuse the pod
/// if it was cut off; what strangers may hold open is bounded by their number.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// The longest that a request's head takes, and that a connection waits for the next one.
const HEAD: Duration = Duration::from_secs(30);
/// How long the listener rests when the system has no room for another connection.
const REST: Duration = Duration::from_millis(50);

/// Why the port cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address.
    #[error("--webhook-address {address} cannot be served: {error}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        error: std::io::Error,
    },
    /// The TLS library.
    #[error("no TLS can be set up: {0}")]
    Tls(#[from] rustls::Error),
}

/// The port, bound and not served yet.
pub struct Server {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// Binds the port.
    ///
    /// # Errors
    /// [`ServeError`].
    pub async fn bind(address: SocketAddr, served: Arc<Served>) -> Result<Self, ServeError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13, &TLS12])?
            .with_no_client_auth()
            .with_cert_resolver(served);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let failed = |error| ServeError::Listen { address, error };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, acceptor: TlsAcceptor::from(Arc::new(config)), address })
    }

    /// Answers until `stop`; questions that were asked by then are answered.
    pub async fn run(self, admission: Arc<Admission>, stop: CancellationToken) {
        let Self { listener, acceptor, address: _ } = self;
        let router = http::router(admission);
        let connections = Arc::new(Semaphore::new(CONNECTIONS));
        let graceful = GracefulShutdown::new();
        while let Some(stream) = next(&listener, &connections, &stop).await {
            let (stream, permit) = stream;
            let (acceptor, router, watcher) = (acceptor.clone(), router.clone(), graceful.watcher());
            tokio::spawn(async move {
                connection(stream, acceptor, router, watcher).await;
                drop(permit);
            });
        }
        drop(listener);
        graceful.shutdown().await;
    }
}

/// The next connection, with its place among those that there may be.
async fn next(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
    stop: &CancellationToken,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let accept = async {
        let permit = Arc::clone(connections).acquire_owned().await.ok()?;
        loop {
            match listener.accept().await {
                Ok((stream, _)) => return Some((stream, permit)),
                Err(error) => {
                    tracing::warn!(%error, "a connection cannot be taken");
                    sleep(REST).await;
                }
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => None,
        accepted = accept => accepted,
    }
}

async fn connection(stream: TcpStream, acceptor: TlsAcceptor, router: Router, watcher: Watcher) {
    // Fails where the peer is gone already.
    let _ = stream.set_nodelay(true);
    let stream = match timeout(HANDSHAKE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return tracing::debug!(%error, "a handshake failed"),
        Err(_) => return tracing::debug!("a handshake took too long"),
    };
    let service = TowerToHyperService::new(router);
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(serving).await {
        tracing::debug!(%error, "a connection ended early");
    }
}
