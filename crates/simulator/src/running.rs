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
use crate::front::{Front, Provider, Rooms};
use crate::gate::Gate;
use crate::http::{Acceptance, Server, Tasks};
use crate::one_span::OneSpan;
use crate::options::{Options, Transport};
use crate::pki::PkiError;
use crate::recorder::Recorder;
use crate::risk_service::RiskService;
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
    /// There is no key to sign with.
    #[error("the system gives no randomness")]
    NoRandomness,
}

/// A running simulator. Dropping it stops it too, at once.
#[derive(Debug)]
pub struct Running {
    scheme: &'static str,
    bankid_se: SocketAddr,
    tic_identity: Option<SocketAddr>,
    bankid_no: Option<SocketAddr>,
    risk_service: Option<SocketAddr>,
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
        risk_service,
        one_span,
        control,
        transport,
        clock,
        scripts,
        settings,
        recording,
    } = options;
    let clock = Clock::new(clock);
    let rooms = Arc::new(Rooms {
        clock: clock.clone(),
        recorder: Recorder::new(recording, clock.clone()),
        gate: Gate::default(),
    });
    let mut house = House::new(&transport, rooms.clone())?;
    let scheme = house.scheme;

    let bankid_se = BankIdSe::new(clock.clone(), settings, scripts, recording.requests)?;
    let bankid_se = house.open(listen, Clients::WithCertificates, |_| Ok(bankid_se)).await?;
    let one_span = house.open(one_span, Clients::WithCertificates, |_| Ok(OneSpan::default())).await?;
    let bankid_no = house
        .open_if(bankid_no, |address| {
            BankIdNo::new(clock.clone(), base(scheme, address)).map_err(|_| StartError::NoRandomness)
        })
        .await?;
    let tasks = house.tasks.clone();
    let tic_identity = house
        .open_if(tic_identity, |_| {
            Ok(TicIdentity::new(clock.clone(), tic_identity::Settings::default(), tasks))
        })
        .await?;
    let risk_service = house.open_if(risk_service, |_| Ok(RiskService::default())).await?;

    let (control_listener, control) = bind(control).await?;
    let House { tasks, providers, .. } = house;
    let service = Control { rooms: rooms.clone(), providers };
    Server::start(service, Acceptance::Plain, control_listener, &tasks);
    Ok(Running { scheme, bankid_se, tic_identity, bankid_no, risk_service, one_span, control, tasks, rooms })
}

/// How clients of a stand-in say who they are.
#[derive(Clone, Copy)]
enum Clients {
    /// By certificates.
    WithCertificates,
    /// In their requests.
    Without,
}

/// Where stand-ins are opened.
struct House<'a> {
    scheme: &'static str,
    transport: &'a Transport,
    /// For clients with certificates.
    acceptance: Acceptance,
    rooms: Arc<Rooms>,
    tasks: Tasks,
    providers: Vec<Arc<dyn ProviderControl>>,
}

impl<'a> House<'a> {
    fn new(transport: &'a Transport, rooms: Arc<Rooms>) -> Result<Self, StartError> {
        let (scheme, acceptance) = match transport {
            Transport::Plain => ("http", Acceptance::Plain),
            Transport::Tls(tls) => ("https", Acceptance::Tls(Acceptor::new(tls)?)),
        };
        Ok(Self { scheme, transport, acceptance, rooms, tasks: Tasks::default(), providers: Vec::new() })
    }

    /// Serves what `make` makes of the address that was taken.
    async fn open<P: Provider + ProviderControl>(
        &mut self,
        listen: SocketAddr,
        clients: Clients,
        make: impl FnOnce(SocketAddr) -> Result<P, StartError>,
    ) -> Result<SocketAddr, StartError> {
        let acceptance = match (clients, self.transport) {
            (Clients::Without, Transport::Tls(tls)) => {
                Acceptance::Tls(Acceptor::without_client_certificates(tls)?)
            }
            _ => self.acceptance.clone(),
        };
        let (listener, address) = bind(listen).await?;
        let provider = Arc::new(make(address)?);
        let front = Front { provider: provider.clone(), rooms: self.rooms.clone() };
        Server::start(front, acceptance, listener, &self.tasks);
        self.providers.push(provider);
        Ok(address)
    }

    /// The same for clients without certificates, where it is wanted.
    async fn open_if<P: Provider + ProviderControl>(
        &mut self,
        listen: Option<SocketAddr>,
        make: impl FnOnce(SocketAddr) -> Result<P, StartError>,
    ) -> Result<Option<SocketAddr>, StartError> {
        match listen {
            Some(listen) => self.open(listen, Clients::Without, make).await.map(Some),
            None => Ok(None),
        }
    }
}

/// The base of an API that listens on `address`.
fn base(scheme: &str, address: SocketAddr) -> String {
    format!("{scheme}://localhost:{}", address.port())
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
        base(self.scheme, self.bankid_se)
    }

    /// Where the BankID SE API listens.
    #[must_use]
    pub fn bankid_se_address(&self) -> SocketAddr {
        self.bankid_se
    }

    /// The base of TIC Identity's API and hub, where it is served: `https://localhost:PORT`.
    #[must_use]
    pub fn tic_identity(&self) -> Option<String> {
        self.tic_identity.map(|address| base(self.scheme, address))
    }

    /// The base of BankID Norway, where it is served: `https://localhost:PORT`. The issuer is `/auth/realms/current` below it.
    #[must_use]
    pub fn bankid_no(&self) -> Option<String> {
        self.bankid_no.map(|address| base(self.scheme, address))
    }

    /// Where a platform team's own risk service is asked, where it is served: `https://localhost:PORT/assess`.
    #[must_use]
    pub fn risk_service(&self) -> Option<String> {
        self.risk_service.map(|address| format!("{}/assess", base(self.scheme, address)))
    }

    /// The base of OneSpan's API, without a path: `https://localhost:PORT`.
    #[must_use]
    pub fn one_span(&self) -> String {
        base(self.scheme, self.one_span)
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
