//! A CA and the certificates that it signs. Pure, but for randomness.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose,
};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use time::OffsetDateTime;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Clocks of API servers that are behind ours must not find a certificate that is not valid yet.
const BEHIND: Duration = Duration::from_secs(300);

/// Why a certificate cannot be made or read. It never repeats a key.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// Making or signing.
    #[error("cannot make a certificate: {0}")]
    Make(#[from] rcgen::Error),
    /// A certificate that is no PEM, or no certificate.
    #[error("{0} is not a certificate in PEM")]
    Certificate(&'static str),
    /// A key that is no PEM, or of a kind that is not known.
    #[error("{0} is not a private key in PEM")]
    Key(&'static str),
    /// A key of another certificate.
    #[error("{certificate} and {key} do not belong together: {error}")]
    Pair {
        /// The certificate.
        certificate: &'static str,
        /// The key.
        key: &'static str,
        /// What differs.
        error: rustls::Error,
    },
    /// A time that no certificate can tell.
    #[error("no certificate can hold that long")]
    Time,
}

/// A CA.
pub struct Authority {
    certificate: String,
    issuer: Issuer<'static, KeyPair>,
    not_after: Timestamp,
}

/// A certificate that a server shows, with its key.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// For rustls.
    pub certified: Arc<CertifiedKey>,
    /// When it expires.
    pub not_after: Timestamp,
    /// By which others tell it from its like, in hexadecimal.
    pub serial: String,
}

impl Authority {
    /// Makes a CA of its own.
    ///
    /// # Errors
    /// When the system has no randomness, or the lifetime is beyond what a certificate can tell.
    pub fn generate(now: Timestamp, lifetime: Duration) -> Result<Self, AuthorityError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        // Two CAs that are trusted at a time must not have one name.
        let name = format!("riskgate webhooks {}", now.as_millisecond());
        params.distinguished_name = named(&name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let not_after = now.checked_add(lifetime).map_err(|_| AuthorityError::Time)?;
        (params.not_before, params.not_after) = (offset(before(now))?, offset(not_after)?);
        let certificate = params.self_signed(&key)?.pem();
        let not_after = whole_seconds(not_after)?;
        Ok(Self { certificate, issuer: Issuer::new(params, key), not_after })
    }

    /// Reads a CA from a certificate and its key, both PEM.
    ///
    /// # Errors
    /// When one of them does not read, or they do not belong together.
    pub fn parse(certificate: &[u8], key: &[u8]) -> Result<Self, AuthorityError> {
        const CERTIFICATE: &str = "the CA's certificate";
        const KEY: &str = "the CA's key";
        let text = std::str::from_utf8(key).map_err(|_| AuthorityError::Key(KEY))?;
        let pair = KeyPair::from_pem(text).map_err(|_| AuthorityError::Key(KEY))?;
        let leaf = Leaf::parse(certificate, key, CERTIFICATE, KEY)?;
        let Some(der) = leaf.certified.cert.first() else {
            return Err(AuthorityError::Certificate(CERTIFICATE));
        };
        let issuer = Issuer::from_ca_cert_der(der, pair)?;
        let certificate = String::from_utf8_lossy(certificate).into_owned();
        Ok(Self { certificate, issuer, not_after: leaf.not_after })
    }

    /// Its certificate, PEM.
    #[must_use]
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// Its key, PEM, for the Secret and nothing else.
    #[must_use]
    pub fn key(&self) -> String {
        self.issuer.key().serialize_pem()
    }

    /// When it expires.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// Signs a certificate for servers of these names and addresses. It does not outlive the CA.
    ///
    /// # Errors
    /// When a name is none, or the system has no randomness.
    pub fn issue(
        &self,
        hosts: &[String],
        now: Timestamp,
        lifetime: Duration,
    ) -> Result<Leaf, AuthorityError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(hosts.to_vec())?;
        params.distinguished_name = named(hosts.first().map_or("riskgate", String::as_str));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let wanted = now.checked_add(lifetime).map_err(|_| AuthorityError::Time)?;
        let not_after = wanted.min(self.not_after);
        (params.not_before, params.not_after) = (offset(before(now))?, offset(not_after)?);
        let certificate = params.signed_by(&key, &self.issuer)?;
        Leaf::parse(
            certificate.pem().as_bytes(),
            key.serialize_pem().as_bytes(),
            "the certificate",
            "the key",
        )
    }
}

impl Leaf {
    /// Reads a chain and the key of its first certificate, both PEM, under the names by which errors tell of them.
    ///
    /// # Errors
    /// When one of them does not read, or they do not belong together.
    pub fn parse(
        chain: &[u8],
        key: &[u8],
        chain_name: &'static str,
        key_name: &'static str,
    ) -> Result<Self, AuthorityError> {
        let bad = |_| AuthorityError::Certificate(chain_name);
        let chain: Vec<_> = CertificateDer::pem_slice_iter(chain).collect::<Result<_, _>>().map_err(bad)?;
        let first = chain.first().ok_or(AuthorityError::Certificate(chain_name))?;
        let (_, read) =
            X509Certificate::from_der(first).map_err(|_| AuthorityError::Certificate(chain_name))?;
        let serial = read.tbs_certificate.raw_serial_as_string();
        let not_after = read.validity().not_after.timestamp();
        let not_after = Timestamp::from_second(not_after).map_err(|_| AuthorityError::Time)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| AuthorityError::Key(key_name))?;
        let provider = rustls::crypto::ring::default_provider();
        let certified = CertifiedKey::from_der(chain, key, &provider)
            .map_err(|error| AuthorityError::Pair { certificate: chain_name, key: key_name, error })?;
        Ok(Self { certified: Arc::new(certified), not_after, serial })
    }
}

fn named(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}

fn before(now: Timestamp) -> Timestamp {
    now.checked_sub(BEHIND).unwrap_or(now)
}

fn whole_seconds(at: Timestamp) -> Result<Timestamp, AuthorityError> {
    Timestamp::from_second(at.as_second()).map_err(|_| AuthorityError::Time)
}

fn offset(at: Timestamp) -> Result<OffsetDateTime, AuthorityError> {
    OffsetDateTime::from_unix_timestamp(at.as_second()).map_err(|_| AuthorityError::Time)
}

#[cfg(test)]
mod tests {
    use rustls::RootCertStore;
    use rustls::client::WebPkiServerVerifier;
    use rustls::client::danger::ServerCertVerifier;
    use rustls_pki_types::{ServerName, UnixTime};

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn trusts(authority: &Authority, leaf: &Leaf, host: &str, at: Timestamp) -> Result<(), rustls::Error> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(authority.certificate().as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        let name = ServerName::try_from(host.to_owned()).unwrap();
        let at = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(at.as_second()).unwrap()));
        let (first, rest) = leaf.certified.cert.split_first().unwrap();
        verifier.verify_server_cert(first, rest, &name, &[], at).map(drop)
    }

    #[test]
    fn what_it_signs_is_trusted_for_its_hosts_and_its_time() {
        let now = Timestamp::now();
        let authority = Authority::generate(now, 10 * HOUR).unwrap();
        let hosts = ["riskgate-webhook.riskgate-system.svc".to_owned(), "127.0.0.1".to_owned()];
        let leaf = authority.issue(&hosts, now, HOUR).unwrap();
        for host in &hosts {
            trusts(&authority, &leaf, host, now).unwrap();
        }
        // An API server whose clock is behind.
        trusts(&authority, &leaf, &hosts[0], now - Duration::from_secs(240)).unwrap();
        assert!(trusts(&authority, &leaf, "other.svc", now).is_err());
        assert!(trusts(&authority, &leaf, &hosts[0], now + 2 * HOUR).is_err());
        let other = Authority::generate(now, 10 * HOUR).unwrap();
        assert!(trusts(&other, &leaf, &hosts[0], now).is_err());
    }

    #[test]
    fn a_leaf_does_not_outlive_its_ca() {
        let now = Timestamp::now();
        let authority = Authority::generate(now, HOUR).unwrap();
        let leaf = authority.issue(&["a.svc".to_owned()], now, 2 * HOUR).unwrap();
        assert_eq!(leaf.not_after, authority.not_after());
    }

    #[test]
    fn a_ca_is_read_as_it_was_written() {
        let now = Timestamp::now();
        let made = Authority::generate(now, HOUR).unwrap();
        let read = Authority::parse(made.certificate().as_bytes(), made.key().as_bytes()).unwrap();
        assert_eq!((read.certificate(), read.key()), (made.certificate(), made.key()));
        assert_eq!(read.not_after(), made.not_after());
        let leaf = read.issue(&["a.svc".to_owned()], now, HOUR).unwrap();
        trusts(&made, &leaf, "a.svc", now).unwrap();
    }

    #[test]
    fn what_is_no_pair_is_told() {
        let now = Timestamp::now();
        let (one, two) = (Authority::generate(now, HOUR).unwrap(), Authority::generate(now, HOUR).unwrap());
        for (certificate, key, told) in [
            ("", one.key().as_str(), "the CA's certificate is not a certificate in PEM"),
            (one.certificate(), "", "the CA's key is not a private key in PEM"),
            (
                one.certificate(),
                two.key().as_str(),
                "the CA's certificate and the CA's key do not belong together",
            ),
        ] {
            let error = Authority::parse(certificate.as_bytes(), key.as_bytes()).err().unwrap().to_string();
            assert!(error.starts_with(told), "{error}");
            assert!(!error.contains("PRIVATE"), "{error}");
        }
    }
}
