//! What a Service is to the API server: one address, behind which replicas come and go.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// A way to whichever replicas are behind it, connection by connection in turn. Dropping it closes it.
pub struct Service {
    address: SocketAddr,
    endpoints: Arc<Mutex<Vec<SocketAddr>>>,
    serving: JoinHandle<()>,
}

impl Service {
    /// One with nothing behind it.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn open() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let endpoints = Arc::<Mutex<Vec<SocketAddr>>>::default();
        let behind = Arc::clone(&endpoints);
        let serving = tokio::spawn(async move {
            let turn = AtomicUsize::new(0);
            // They end with the task.
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                while connections.try_join_next().is_some() {}
                let endpoints = behind.lock().unwrap_or_else(PoisonError::into_inner).clone();
                if endpoints.is_empty() {
                    continue;
                }
                let endpoint = endpoints[turn.fetch_add(1, Ordering::Relaxed) % endpoints.len()];
                connections.spawn(pass(stream, endpoint));
            }
        });
        Ok(Self { address, endpoints, serving })
    }

    /// What is behind it from now on. Connections that are open stay.
    pub fn set(&self, endpoints: &[SocketAddr]) {
        *self.endpoints.lock().unwrap_or_else(PoisonError::into_inner) = endpoints.to_vec();
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }
}

async fn pass(mut from: TcpStream, endpoint: SocketAddr) {
    // A replica that is gone closes the connection, as the network would.
    if let Ok(mut to) = TcpStream::connect(endpoint).await {
        // Kubernetes' own way there is no process, and holds nothing back.
        let _ = from.set_nodelay(true).and_then(|()| to.set_nodelay(true));
        let _ = tokio::io::copy_bidirectional(&mut from, &mut to).await;
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
