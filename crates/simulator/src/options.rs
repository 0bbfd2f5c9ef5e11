//! What a simulator is started with.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::ValueEnum;

use crate::bankid_se::{ScriptFile, Settings};
use crate::clock::ClockMode;

/// Everything that [`crate::start`] needs. Ports may be 0; [`crate::Running`] tells which ones were taken.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the BankID SE API listens.
    pub listen: SocketAddr,
    /// Where TIC Identity listens; left out, it is not served.
    pub tic_identity: Option<SocketAddr>,
    /// Where BankID Norway listens, its login and its security data; left out, it is not served.
    pub bankid_no: Option<SocketAddr>,
    /// Where a platform team's own risk service listens; left out, it is not served.
    pub risk_service: Option<SocketAddr>,
    /// Where OneSpan's API listens.
    pub one_span: SocketAddr,
    /// Where the control API listens (plain HTTP, no authentication: keep it on loopback).
    pub control: SocketAddr,
    /// TLS, or plain HTTP.
    pub transport: Transport,
    /// The clock that lifetimes are measured with.
    pub clock: ClockMode,
    /// Which orders do what.
    pub scripts: ScriptFile,
    /// How the API behaves where the real one is undocumented or has changed.
    pub settings: Settings,
    /// How much of the traffic is kept for assertions.
    pub recording: Recording,
}

impl Options {
    /// A simulator on free loopback ports.
    #[must_use]
    pub fn new(transport: Transport) -> Self {
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            listen: loopback,
            tic_identity: None,
            bankid_no: None,
            risk_service: None,
            one_span: loopback,
            control: loopback,
            transport,
            clock: ClockMode::default(),
            scripts: ScriptFile::default(),
            settings: Settings::default(),
            recording: Recording::default(),
        }
    }
}

/// How the provider's API is reached.
#[derive(Clone, Debug)]
pub enum Transport {
    /// HTTP without TLS: no client certificates, all orders belong to one nameless RP.
    Plain,
    /// TLS with required client certificates.
    Tls(TlsOptions),
}

impl Transport {
    /// TLS with the PKI in `pki`, which is written when it is not there yet.
    #[must_use]
    pub fn tls(pki: impl Into<PathBuf>) -> Self {
        Self::Tls(TlsOptions {
            pki: pki.into(),
            server_names: Vec::new(),
            server_certificate: ServerCertificate::default(),
            client_cas: Vec::new(),
            on_bad_client_certificate: BadClientCertificate::default(),
            versions: TlsVersions::default(),
        })
    }
}

/// How TLS is served.
#[derive(Clone, Debug)]
pub struct TlsOptions {
    /// The folder of [`crate::pki`].
    pub pki: PathBuf,
    /// DNS names and addresses that the server certificate must cover beside this machine's.
    pub server_names: Vec<String>,
    /// Which server certificate is shown.
    pub server_certificate: ServerCertificate,
    /// PEM files with the CAs of acceptable client certificates; the PKI's own when empty.
    pub client_cas: Vec<PathBuf>,
    /// What a client without an acceptable certificate gets.
    pub on_bad_client_certificate: BadClientCertificate,
    /// Which versions of TLS are spoken.
    pub versions: TlsVersions,
}

/// The server certificate to show: the good one, or one that a careful client refuses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ServerCertificate {
    /// Below the root in `configmaps/bankid-roots`.
    #[default]
    Good,
    /// Of the same root, but expired.
    Expired,
    /// Of another root.
    OtherRoot,
    /// Of the same root, but for another name.
    WrongName,
}

impl ServerCertificate {
    /// Its folder within the PKI.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Good => "server",
            Self::Expired => "faults/expired",
            Self::OtherRoot => "faults/other-root",
            Self::WrongName => "faults/wrong-name",
        }
    }
}

/// What a client without an acceptable certificate gets (`bankid-se.md section 1` has seen both).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum BadClientCertificate {
    /// A TLS alert.
    #[default]
    FailHandshake,
    /// nginx's HTML page with status 403, whatever the request.
    #[value(name = "html-403")]
    Html403,
}

/// Which versions of TLS are spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum TlsVersions {
    /// 1.2 and 1.3.
    #[default]
    Both,
    /// Only 1.2.
    #[value(name = "1.2")]
    Tls12,
    /// Only 1.3.
    #[value(name = "1.3")]
    Tls13,
}

/// How many requests are kept, oldest forgotten first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recording {
    /// The number of requests; 0 switches the recording off.
    pub requests: usize,
    /// Bytes of their bodies and headers together.
    pub bytes: usize,
}

impl Default for Recording {
    fn default() -> Self {
        Self { requests: 10_000, bytes: 64 << 20 }
    }
}
