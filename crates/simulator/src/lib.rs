//! Faithful stand-ins of the providers, over real TLS: for the demo, the tests, and users' own staging.
//!
//! ```text
//! options, running   what a simulator is started with, and one that runs
//! pki, tls, client   throw-away certificates; TLS with client certificates; who is calling
//! http, front        the HTTP/1.1 server; what happens to every request before its provider sees it
//! clock, recorder, gate, control   what providers share: time, recorded traffic, holding, the control API
//! bankid_se          the Swedish BankID RP API
//! tic_identity       TIC Identity: REST, webhooks, hub
//! bankid_no          BankID Norway: its login and its security data service
//! one_span           OneSpan's adaptive authentication
//! risk_service       a platform team's own service, the other side of riskgate's source http
//! ```
//!
//! `docs/simulator.md` tells how to use it.

mod bankid_no;
pub mod bankid_se;
mod client;
mod clock;
mod control;
mod front;
mod gate;
mod http;
pub mod one_span;
mod options;
pub mod pki;
mod recorder;
mod risk_service;
mod running;
mod sync;
pub mod tic_identity;
mod tls;

pub use self::clock::ClockMode;
pub use self::options::{
    BadClientCertificate, Options, Recording, ServerCertificate, TlsOptions, TlsVersions, Transport,
};
pub use self::running::{Running, StartError, start};
pub use self::tls::TlsError;
