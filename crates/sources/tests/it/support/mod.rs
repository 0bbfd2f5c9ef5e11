//! Certificates, a scripted server and a client for it.

pub(crate) mod pki;
pub(crate) mod proxy;
pub(crate) mod server;

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use riskgate_sources::outbound::{Client, ClientOptions, Identity, Limits, Resolver, Roots};

/// Limits that no test reaches unless it means to.
pub(crate) const ROOMY: Limits = Limits { answer: Duration::from_secs(20), max_body: 1 << 20 };

/// A connect deadline that no test reaches unless it means to.
pub(crate) const PATIENT: Duration = Duration::from_secs(20);

pub(crate) fn client(roots: &Roots, identity: Option<&Identity>) -> Client {
    let options =
        ClientOptions { roots, identity, connect: PATIENT, resolver: Resolver::system(), proxy: None };
    Client::new(options).expect("a client")
}

/// A POST of `body`, as the sidecar sends one to BankID.
pub(crate) fn post(url: &str, body: &'static str) -> Request<Bytes> {
    Request::post(url)
        .header("content-type", "application/json")
        .body(Bytes::from_static(body.as_bytes()))
        .expect("a request")
}
