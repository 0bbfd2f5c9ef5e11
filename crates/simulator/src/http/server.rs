//! Accepting connections and serving them until told to stop.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};

use super::answer::{Answer, Delivery};
use super::body::Sabotage;
use super::exchange::Exchange;
use super::tasks::Tasks;
use super::wire::{ResetSwitch, Wire};
use crate::client::Client;
use crate::tls::Acceptor;

const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// How long a connection may be idle, as long as nginx allows by default.
const HEAD_TIME: Duration = Duration::from_secs(75);
/// Pause after a failed accept, which mostly means that there are no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Something that answers requests.
pub(crate) trait Service: Send + Sync + 'static {
    /// The answer to one request.
    fn answer(&self, exchange: Exchange) -> impl Future<Output = Answer> + Send;
}

/// How connections begin.
#[derive(Clone)]
pub(crate) enum Acceptance {
    /// Without TLS.
    Plain,
    /// With a handshake.
    Tls(Acceptor),
}

/// One listening API.
pub(crate) struct Server<S> {
    service: S,
    acceptance: Acceptance,
    tasks: Tasks,
}

impl<S: Service> Server<S> {
    /// Serves connections of `listener` as tasks, until these are to end.
    pub(crate) fn start(service: S, acceptance: Acceptance, listener: TcpListener, tasks: &Tasks) {
        let server = Arc::new(Self { service, acceptance, tasks: tasks.clone() });
        tasks.spawn(server.accept_all(listener));
    }

    async fn accept_all(self: Arc<Self>, listener: TcpListener) {
        while let Some(accepted) = self.tasks.until_ending(listener.accept()).await {
            match accepted {
                Ok((socket, _)) => {
                    self.tasks.spawn(Arc::clone(&self).connection(socket));
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    async fn connection(self: Arc<Self>, socket: TcpStream) {
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
        let (wire, reset) = Wire::new(socket);
        match &self.acceptance {
            Acceptance::Plain => self.serve(wire, Client::default(), &reset).await,
            Acceptance::Tls(acceptor) => {
                let handshake = tokio::time::timeout(HANDSHAKE_TIME, acceptor.accept(wire));
                match self.tasks.until_ending(handshake).await {
                    Some(Ok(Ok((stream, client)))) => self.serve(stream, client, &reset).await,
                    Some(Ok(Err(error))) => tracing::info!(%error, "a TLS handshake failed"),
                    Some(Err(_)) => tracing::info!("a TLS handshake took too long"),
                    None => {}
                }
            }
        }
    }

    async fn serve(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        client: Client,
        reset: &ResetSwitch,
    ) {
        let service = service_fn(|request| {
            let client = client.clone();
            async {
                let answer = self.service.answer(Exchange::read(request, client).await).await;
                match answer.delivery {
                    Delivery::Whole | Delivery::Truncated => Ok(answer.into_response()),
                    Delivery::Dropped => Err(Sabotage),
                    Delivery::Reset => {
                        reset.pull();
                        Err(Sabotage)
                    }
                }
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .title_case_headers(true)
            // A request that was read has its effect, even when its client is gone before the answer.
            .half_close(true)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        let mut connection = std::pin::pin!(connection);
        let ended = match self.tasks.until_ending(connection.as_mut()).await {
            Some(ended) => ended,
            None => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}
