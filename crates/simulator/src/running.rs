//! Starting a simulator, and a running one.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::net::TcpListener;

use crate::bankid_no::BankIdNo;
use crate::bankid_se::BankIdSe;
use crate::clock::Clock;
use crate::control::{Control, ProviderControl};
use crate::front::{Front, Rooms};
use crate::gate::Gate;
use crate::http::{Acceptance, Server, Tasks};
use crate::one_span::OneSpan;
use crate::options::{Options, Transport};
use crate::pki::PkiError;
use crate::recorder::Recorder;
use crate::tic_identity::{self, TicIdentity};
use crate::tls::{Acceptor, TlsError};

/// How long open connections may take to end once the simulator is told to stop.
const STOP_TIME: Duration = Duration::from_secs(2);

/// Why a simulator could not be started.
#[derive(Debug, Error)]
pub enum StartError {
    /// TLS cannot be served.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The simulated person's certificate could not be made.
    #[error(transparent)]
    Pki(#[from] PkiError),
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

/// A running simulator. Dropping it stops it too, at once.
#[derive(Debug)]
pub struct Running {
    scheme: &'static str,
    bankid_se: SocketAddr,
    tic_identity: Option<SocketAddr>,
    bankid_no: Option<SocketAddr>,
    one_span: SocketAddr,
    control: SocketAddr,
    tasks: Tasks,
    rooms: Arc<Rooms>,
}

/// Starts a simulator on the current tokio runtime. It serves once this returns.
///
/// # Errors
/// [`StartError`] when the PKI is unusable or an address is taken.
pub async fn start(options: Options) -> Result<Running, StartError> {
    let Options {
        listen,
        bankid_no,
        tic_identity,
        one_span,
        control,
        transport,
        clock,
        scripts,
        settings,
        recording,
    } = options;
    let (scheme, acceptance) = match &transport {
        Transport::Plain => ("http", Acceptance::Plain),
        Transport::Tls(tls) => ("https", Acceptance::Tls(Acceptor::new(tls)?)),
    };
    let clock = Clock::new(clock);
    let rooms = Arc::new(Rooms {
        clock: clock.clone(),
        recorder: Recorder::new(recording, clock.clone()),
        gate: Gate::default(),
    });
    let bankid_se = Arc::new(BankIdSe::new(clock.clone(), settings, scripts, recording.requests)?);

    let (api_listener, api_address) = bind(listen).await?;
    let one_span_api = Arc::new(OneSpan::default());
    let (one_span_listener, one_span) = bind(one_span).await?;
    let (control_listener, control_address) = bind(control).await?;
    let tasks = Tasks::default();
    let front = Front { provider: bankid_se.clone(), rooms: rooms.clone() };
    Server::start(front, acceptance.clone(), api_listener, &tasks);
    let front = Front { provider: one_span_api.clone(), rooms: rooms.clone() };
    Server::start(front, acceptance, one_span_listener, &tasks);
    let mut providers: Vec<Arc<dyn ProviderControl>> = vec![bankid_se, one_span_api];
    let mut bankid_no_address = None;
    if let Some(listen) = bankid_no {
        let (listener, address) = bind(listen).await?;
        let acceptance = match &transport {
            Transport::Plain => Acceptance::Plain,
            Transport::Tls(tls) => Acceptance::Tls(Acceptor::without_client_certificates(tls)?),
        };
        let provider = Arc::new(BankIdNo::new(clock.clone()));
        let front = Front { provider: provider.clone(), rooms: rooms.clone() };
        Server::start(front, acceptance, listener, &tasks);
        providers.push(provider);
        bankid_no_address = Some(address);
    }
    let mut tic_address = None;
    if let Some(listen) = tic_identity {
        let (listener, address) = bind(listen).await?;
        let acceptance = match &transport {
            Transport::Plain => Acceptance::Plain,
            Transport::Tls(tls) => Acceptance::Tls(Acceptor::without_client_certificates(tls)?),
        };
        let settings = tic_identity::Settings::default();
        let provider = Arc::new(TicIdentity::new(clock, settings, tasks.clone()));
        let front = Front { provider: provider.clone(), rooms: rooms.clone() };
        Server::start(front, acceptance, listener, &tasks);
        providers.push(provider);
        tic_address = Some(address);
    }
    let control = Control { rooms: rooms.clone(), providers };
    Server::start(control, Acceptance::Plain, control_listener, &tasks);
    Ok(Running {
        scheme,
        bankid_se: api_address,
        tic_identity: tic_address,
        bankid_no: bankid_no_address,
        one_span,
        control: control_address,
        tasks,
        rooms,
    })
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let bound = async {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    bound.await.map_err(|source| StartError::Listen { address, source })
}

impl Running {
    /// The base of the BankID SE API, without a path: `https://localhost:PORT`.
    #[must_use]
    pub fn bankid_se(&self) -> String {
        format!("{}://localhost:{}", self.scheme, self.bankid_se.port())
    }

    /// Where the BankID SE API listens.
    #[must_use]
    pub fn bankid_se_address(&self) -> SocketAddr {
        self.bankid_se
    }

    /// The base of TIC Identity's API and hub, where it is served: `https://localhost:PORT`.
    #[must_use]
    pub fn tic_identity(&self) -> Option<String> {
        self.tic_identity.map(|address| format!("{}://localhost:{}", self.scheme, address.port()))
    }

    /// The base of the security data service of BankID Norway, where it is served: `https://localhost:PORT`.
    #[must_use]
    pub fn bankid_no(&self) -> Option<String> {
        self.bankid_no.map(|address| format!("{}://localhost:{}", self.scheme, address.port()))
    }

    /// The base of OneSpan's API, without a path: `https://localhost:PORT`.
    #[must_use]
    pub fn one_span(&self) -> String {
        format!("{}://localhost:{}", self.scheme, self.one_span.port())
    }

    /// The base of the control API: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn control(&self) -> String {
        format!("http://{}", self.control)
    }

    /// Where the control API listens.
    #[must_use]
    pub fn control_address(&self) -> SocketAddr {
        self.control
    }

    /// Stops accepting, gives requests that are being answered up to two seconds, and returns when nothing runs
    /// any more.
    pub async fn stop(self) {
        self.rooms.gate.release_all();
        self.tasks.end(STOP_TIME).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.tasks.abort();
    }
}
