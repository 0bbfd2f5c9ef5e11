//! Client certificates: what the sidecar shows to a provider, checked before anything uses it.

mod keystore;
mod leaf;
mod pem;

use std::fmt;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::sign::CertifiedKey;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use leaf::Leaf;

/// Why a client certificate cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// No certificate where there should be one.
    #[error(
        "there is no certificate: put the client certificate, and its intermediates after it, as -----BEGIN CERTIFICATE----- blocks"
    )]
    NoCertificate,
    /// A certificate that cannot be read.
    #[error("certificate {number} cannot be read: {reason}")]
    BadCertificate {
        /// Which, counted from 1.
        number: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// No private key where there should be one.
    #[error(
        "there is no private key: put it as a -----BEGIN PRIVATE KEY----- block (PKCS#8; RSA and EC PRIVATE KEY are read, too)"
    )]
    NoKey,
    /// Several private keys, so that it is not said which to use.
    #[error("there are {count} private keys: leave only the one of the client certificate")]
    SeveralKeys {
        /// How many.
        count: usize,
    },
    /// A private key under a password.
    #[error(
        "the private key is encrypted: decrypt it with `openssl pkey -in tls.key -out decrypted.key`, or put certificate and key \
         as keystore.p12 beside its password"
    )]
    EncryptedKey,
    /// A private key that cannot be read or used.
    #[error(
        "the private key cannot be used: {0}; RSA of 2048 to 8192 bits, EC P-256 and P-384, and Ed25519 can"
    )]
    BadKey(String),
    /// The key belongs to none of the certificates.
    #[error("the private key does not belong to the certificate of {subject}: give both from the same order")]
    KeyMismatch {
        /// The first certificate's subject.
        subject: String,
    },
    /// A certificate that is no client's.
    #[error("the certificate of {subject} is no client certificate: {reason}")]
    NotForClients {
        /// Its subject.
        subject: String,
        /// What is in the way.
        reason: &'static str,
    },
    /// A certificate whose time is over.
    #[error("the certificate of {subject} expired on {not_after}: order a new one from your bank")]
    Expired {
        /// Its subject.
        subject: String,
        /// When, as the certificate writes it.
        not_after: String,
    },
    /// A certificate whose time has not come.
    #[error("the certificate of {subject} is valid only from {not_before}")]
    NotValidYet {
        /// Its subject.
        subject: String,
        /// When, as the certificate writes it.
        not_before: String,
    },
    /// A password that does not open the keystore.
    #[error("the password does not open the PKCS#12 keystore")]
    WrongPassword,
    /// A keystore that cannot be read.
    #[error("the PKCS#12 keystore cannot be read: {0}")]
    BadKeystore(String),
}

/// A client certificate with its chain and key. Cloning shares them.
#[derive(Clone)]
pub struct Identity {
    certified: Arc<CertifiedKey>,
    leaf: Arc<Leaf>,
}

impl Identity {
    /// From a PEM pair as in a `kubernetes.io/tls` Secret. `now` is in seconds since the Unix epoch.
    ///
    /// # Errors
    ///
    /// [`IdentityError`] when the two are no valid client certificate with its key.
    pub fn from_pem(certificate: &[u8], key: &[u8], now: i64) -> Result<Self, IdentityError> {
        Self::assemble(&pem::certificates(certificate)?, &*pem::key(key)?, now)
    }

    /// From a PKCS#12 keystore, of the modern kind (PBES2 with AES) or the legacy one (3DES or RC2). `now` is in seconds since
    /// the Unix epoch.
    ///
    /// # Errors
    ///
    /// [`IdentityError`] when the password does not open it, or what is in it is no valid client certificate with its key.
    pub fn from_pkcs12(keystore: &[u8], password: &str, now: i64) -> Result<Self, IdentityError> {
        let (certificates, key) = keystore::open(keystore, password)?;
        Self::assemble(&certificates, &key, now)
    }

    /// The leaf's SHA-256 fingerprint, in lower-case hexadecimal.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.leaf.fingerprint
    }

    /// When the certificate ends, in seconds since the Unix epoch.
    #[must_use]
    pub fn not_after(&self) -> i64 {
        self.leaf.not_after
    }

    /// The certificate's subject.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.leaf.subject
    }

    pub(super) fn certified(&self) -> &Arc<CertifiedKey> {
        &self.certified
    }

    fn assemble(
        certificates: &[CertificateDer<'static>],
        key: &PrivateKeyDer<'static>,
        now: i64,
    ) -> Result<Self, IdentityError> {
        // ring copies what it needs; what was read is wiped when the caller drops it.
        let key =
            ring::sign::any_supported_type(key).map_err(|error| IdentityError::BadKey(error.to_string()))?;
        let (chain, leaf) = leaf::chain(certificates, &key)?;
        leaf.check(now)?;
        Ok(Self { certified: Arc::new(CertifiedKey::new(chain, key)), leaf: Arc::new(leaf) })
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("subject", &self.leaf.subject)
            .field("fingerprint", &self.leaf.fingerprint)
            .field("not_after", &self.leaf.not_after)
            .finish_non_exhaustive()
    }
}
