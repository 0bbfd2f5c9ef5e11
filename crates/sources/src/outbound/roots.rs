//! The root certificates that a server's certificate must lead to.

use std::fmt;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::pem;

const BANKID_PRODUCTION: &[u8] = include_bytes!("../../roots/bankid-production.pem");
const BANKID_TEST: &[u8] = include_bytes!("../../roots/bankid-test.pem");

/// Why a trust bundle cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RootsError {
    /// No certificate in it.
    #[error("the trust bundle holds no certificate: write one or more -----BEGIN CERTIFICATE----- blocks")]
    Empty,
    /// A block that is no readable certificate.
    #[error("certificate {number} of the trust bundle cannot be read: {reason}")]
    Unreadable {
        /// Which, counted from 1.
        number: usize,
        /// What is wrong with it.
        reason: String,
    },
}

/// A set of trusted roots. Never empty. Cloning shares it.
#[derive(Clone)]
pub struct Roots {
    store: Arc<RootCertStore>,
}

impl Roots {
    /// BankID's root for production, and nothing else (bankid-se.md section 1).
    #[must_use]
    pub fn bankid_production() -> Self {
        Self::embedded(BANKID_PRODUCTION)
    }

    /// BankID's root for its test environment, and nothing else (bankid-se.md section 1).
    #[must_use]
    pub fn bankid_test() -> Self {
        Self::embedded(BANKID_TEST)
    }

    /// The roots of the public web.
    #[must_use]
    pub fn web() -> Self {
        let store = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        Self { store: Arc::new(store) }
    }

    /// The certificates of a PEM bundle.
    ///
    /// # Errors
    ///
    /// [`RootsError`] when there is none, or when one cannot be read.
    pub fn from_pem(bundle: &[u8]) -> Result<Self, RootsError> {
        let mut store = RootCertStore::empty();
        for (index, certificate) in CertificateDer::pem_slice_iter(bundle).enumerate() {
            let unreadable = |reason: String| RootsError::Unreadable { number: index + 1, reason };
            let certificate = certificate.map_err(|error| unreadable(pem::told(&error).to_owned()))?;
            store.add(certificate).map_err(|error| unreadable(error.to_string()))?;
        }
        if store.is_empty() {
            return Err(RootsError::Empty);
        }
        Ok(Self { store: Arc::new(store) })
    }

    /// What was embedded can be read, as the tests prove; and an empty store would trust nobody.
    fn embedded(bundle: &[u8]) -> Self {
        Self::from_pem(bundle).unwrap_or_else(|_| Self { store: Arc::new(RootCertStore::empty()) })
    }

    pub(super) fn store(&self) -> Arc<RootCertStore> {
        Arc::clone(&self.store)
    }
}

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Roots {{ {} certificates }}", self.store.len())
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    fn fingerprint(pem: &[u8]) -> String {
        let certificate = CertificateDer::from_pem_slice(pem).expect("one certificate");
        Sha256::digest(&certificate).iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
    }

    #[test]
    fn the_embedded_roots_are_the_ones_of_the_reference() {
        assert_eq!(
            fingerprint(BANKID_PRODUCTION),
            "E6:A2:D4:5C:0A:10:51:C9:59:42:86:49:F8:6A:09:A9:B2:15:2C:D5:51:99:3C:C2:EB:4C:F0:94:BD:AC:BE:CB"
        );
        assert_eq!(
            fingerprint(BANKID_TEST),
            "F3:D0:74:0E:BF:B3:70:0E:3B:81:AA:79:1F:EE:45:14:72:69:8C:84:E1:99:C2:EB:48:A4:43:FF:1D:5B:40:5C"
        );
        assert_eq!(Roots::bankid_production().store.len(), 1);
        assert_eq!(Roots::bankid_test().store.len(), 1);
    }

    #[test]
    fn the_web_has_many_roots() {
        assert!(Roots::web().store.len() > 50);
    }

    #[test]
    fn a_bundle_without_a_certificate_says_what_to_write() {
        for bundle in
            [&b""[..], b"not PEM at all", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"]
        {
            assert_eq!(Roots::from_pem(bundle).expect_err("no certificate"), RootsError::Empty);
        }
    }

    #[test]
    fn nothing_of_what_does_not_read_is_told() {
        for bundle in [
            "-----BEGIN PRIVATE KEY----- MC4CAQAwBQYDK2Vw -----END PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY----- MC4CAQAwBQYDK2Vw",
        ] {
            let told = Roots::from_pem(bundle.as_bytes()).expect_err("a key on one line").to_string();
            assert!(told.contains("stands on a line of its own") && !told.contains("MC4"), "{told}");
            // As bytes, too.
            assert!(!told.contains("77, 67"), "{told}");
        }
    }

    #[test]
    fn one_bad_certificate_spoils_the_bundle() {
        for bad in [
            &b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"[..],
            b"-----BEGIN CERTIFICATE-----\nnot base64!\n-----END CERTIFICATE-----\n",
            b"-----BEGIN CERTIFICATE-----\nAAAA\n",
        ] {
            let bundle = [BANKID_TEST, bad].concat();
            let error = Roots::from_pem(&bundle).expect_err("the second certificate");
            assert!(matches!(error, RootsError::Unreadable { number: 2, .. }), "{error}");
        }
    }
}
