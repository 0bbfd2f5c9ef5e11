//! Who is calling: the client certificate of a connection.

use std::fmt;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use sha2::{Digest, Sha256};
use x509_parser::oid_registry::{Oid, asn1_rs::oid};
use x509_parser::prelude::{FromDer, X509Certificate};

/// X.520 `name`, which carries the RP's display name (`bankid-se.md section 1`).
const NAME: Oid<'static> = oid!(2.5.4.41);

/// SHA-256 of a certificate, shown as lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Fingerprint([u8; 32]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

/// A client certificate that was shown during the handshake.
#[derive(Debug)]
pub(crate) struct ClientCertificate {
    pub(crate) fingerprint: Fingerprint,
    /// The RP's display name, when the certificate has one.
    pub(crate) display_name: Option<String>,
}

impl ClientCertificate {
    pub(crate) fn read(der: &CertificateDer<'_>) -> Self {
        let fingerprint = Fingerprint(Sha256::digest(der).into());
        Self { fingerprint, display_name: display_name(der) }
    }
}

fn display_name(der: &[u8]) -> Option<String> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let attribute = certificate.subject().iter_by_oid(&NAME).next()?;
    attribute.as_str().ok().map(str::to_owned)
}

/// What is known about the other side of a connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Client {
    /// None over plain HTTP, and where the client showed none and was let in to be answered with a 403.
    pub(crate) certificate: Option<Arc<ClientCertificate>>,
    /// The certificate was missing or not acceptable; only a 403 is due.
    pub(crate) refused: bool,
}

impl Client {
    pub(crate) fn fingerprint(&self) -> Option<Fingerprint> {
        self.certificate.as_ref().map(|certificate| certificate.fingerprint)
    }
}
