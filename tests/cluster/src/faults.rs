//! An API server that has bad moments: what stands between the operator and the real one, and answers itself when it is told
//! to.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kube::Client;
use kube::config::Kubeconfig;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::identity::client_config;

/// The longest request that is passed on.
const MAX_BODY: usize = 1 << 20;

/// An answer that is not the API server's.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// What it is given to.
    pub to: Asked,
    /// The status: 409, 429, 503. 0: no answer at all.
    pub status: u16,
    /// The last part of the path that it waits for, such as `status`, or the name of a ConfigMap.
    pub path: &'static str,
}

/// What is asked of the API server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Something is read or watched.
    Read,
    /// Something is written.
    Write,
}

impl Asked {
    fn by(method: &Method) -> Self {
        if *method == Method::GET { Self::Read } else { Self::Write }
    }
}

/// A way to the API server, over plain HTTP. Dropping it closes it.
pub struct FaultyWay {
    address: SocketAddr,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

struct Shared {
    client: Client,
    faults: Mutex<VecDeque<Fault>>,
    /// What was asked at which last part of a path, and what was answered.
    answers: Mutex<Vec<(Asked, String, u16)>>,
}

impl FaultyWay {
    /// Opens one for whom the kubeconfig is.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn open(kubeconfig: Kubeconfig) -> Result<Self> {
        let mut config = client_config(kubeconfig).await?;
        // What the real API server answers is passed on, whatever it is.
        config.default_retry = false;
        let client = Client::try_from(config)?;
        let shared = Arc::new(Shared { client, faults: Mutex::default(), answers: Mutex::default() });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let router = Router::new().fallback(pass).with_state(Arc::clone(&shared));
        let serving = tokio::spawn(async move {
            // Ends with the task.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, shared, serving })
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Gives these answers to the next who ask so, each once, in their order.
    pub fn fail(&self, faults: &[Fault]) {
        self.shared.faults.lock().unwrap_or_else(PoisonError::into_inner).extend(faults);
    }

    /// The statuses that were answered at this last part of a path.
    #[must_use]
    pub fn answers(&self, to: Asked, path: &str) -> Vec<u16> {
        let answers = self.shared.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let here = answers.iter().filter(|(asked, at, _)| *asked == to && at == path);
        here.map(|(_, _, status)| *status).collect()
    }
}

impl Drop for FaultyWay {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn pass(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (asked, path) = (Asked::by(request.method()), request.uri().path().to_owned());
    let last = path.rsplit('/').next().unwrap_or_default().to_owned();
    let response = match shared.fault(asked, &last) {
        // Until whoever asked goes away.
        Some(Fault { status: 0, .. }) => std::future::pending().await,
        Some(fault) => refusal(fault),
        None => match forward(&shared.client, request).await {
            Ok(response) => response,
            Err(error) => (StatusCode::BAD_GATEWAY, format!("{error:#}")).into_response(),
        },
    };
    let mut answers = shared.answers.lock().unwrap_or_else(PoisonError::into_inner);
    answers.push((asked, last, response.status().as_u16()));
    drop(answers);
    response
}

impl Shared {
    fn fault(&self, asked: Asked, path: &str) -> Option<Fault> {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let at = faults.iter().position(|fault| fault.to == asked && fault.path == path)?;
        faults.remove(at)
    }
}

async fn forward(client: &Client, request: Request) -> Result<Response> {
    let (mut parts, body) = request.into_parts();
    // The client writes its own.
    parts.headers.remove(header::HOST);
    let body = to_bytes(body, MAX_BODY).await?;
    let response = client.send(http::Request::from_parts(parts, body.into())).await?;
    Ok(response.map(Body::new))
}

fn refusal(fault: Fault) -> Response {
    let reason = match fault.status {
        409 => "Conflict",
        429 => "TooManyRequests",
        _ => "ServiceUnavailable",
    };
    let status = json!({ "apiVersion": "v1", "kind": "Status", "status": "Failure", "code": fault.status,
        "reason": reason, "message": "a bad moment" });
    let code = StatusCode::from_u16(fault.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (code, [(header::CONTENT_TYPE, "application/json")], status.to_string()).into_response()
}
