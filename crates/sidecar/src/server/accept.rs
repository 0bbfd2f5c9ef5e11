//! The accept loop of one listener, and the life of one connection.

use std::sync::Arc;
use std::time::Duration;

use pingora_core::apps::HttpServerApp;
use pingora_core::protocols::http::ServerSession;
use pingora_core::server::ShutdownWatch;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;

use super::exchange::Application;
use super::hub;
use super::stream::ClientStream;

/// How long the loop rests when the system has no socket left to give.
const REST: Duration = Duration::from_millis(100);

/// Accepts connections until `shutdown`, each served by a task of its own under `tasks`.
pub async fn serve(
    listener: TcpListener,
    app: Arc<Application>,
    mut shutdown: ShutdownWatch,
    tasks: TaskTracker,
) {
    loop {
        let accepted = tokio::select! {
            biased;
            _ = shutdown.changed() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((tcp, _)) => drop(tasks.spawn(connection(tcp, app.clone(), shutdown.clone()))),
            Err(error) => {
                tracing::warn!(%error, "no connection could be accepted");
                tokio::time::sleep(REST).await;
            }
        }
    }
}

/// Serves one connection: request after request until either side ends it.
async fn connection(tcp: TcpStream, app: Arc<Application>, mut shutdown: ShutdownWatch) {
    if tcp.set_nodelay(true).is_err() {
        return; // closed between accept and now
    }
    if app.has_hub() && hub::is_wanted(&tcp, app.idle()).await {
        return Box::pin(hub::serve(tcp, app.gateway(), app.provider(), shutdown)).await;
    }
    let mut client = Box::new(ClientStream::new(tcp));
    loop {
        if !begins(&mut client, &app, &mut shutdown).await {
            return;
        }
        let mut session = ServerSession::new_http1(client);
        // The application's own time limits hold. pingora's would start a thread that wakes a hundred times a second, in every pod.
        session.set_keepalive(Some(0));
        session.set_read_timeout(None);
        let Some(reused) = app.process_new_http(session, &shutdown).await else { return };
        let (stream, _) = reused.consume();
        let Some(taken_back) = ClientStream::from_pingora(stream) else { return };
        client = taken_back;
    }
}

/// Waits for the next request. False when there will be none: the application closed or idled, or the sidecar drains.
async fn begins(client: &mut ClientStream, app: &Application, shutdown: &mut ShutdownWatch) -> bool {
    if *shutdown.borrow() {
        return false;
    }
    tokio::select! {
        biased;
        begins = tokio::time::timeout(app.idle(), client.request_begins()) => begins.unwrap_or(false),
        _ = shutdown.changed() => false,
    }
}
