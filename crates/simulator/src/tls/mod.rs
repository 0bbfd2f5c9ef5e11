//! TLS as BankID serves it: 1.2 and 1.3, HTTP/1.1 only, a client certificate required (`bankid-se.md section 1`).

mod tolerant;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion, version};
use thiserror::Error;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use self::tolerant::Tolerant;
use crate::client::{Client, ClientCertificate};
use crate::http::Wire;
use crate::options::{BadClientCertificate, TlsOptions, TlsVersions};
use crate::pki::{self, PkiError};

/// Why TLS cannot be served.
#[derive(Debug, Error)]
pub enum TlsError {
    /// The PKI folder is unusable.
    #[error(transparent)]
    Pki(#[from] PkiError),
    /// A certificate or key could not be read.
    #[error("{}: {source}", path.display())]
    Pem {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: rustls::pki_types::pem::Error,
    },
    /// The client CAs are unusable.
    #[error("the client CAs cannot be used: {0}")]
    ClientCas(#[from] VerifierBuilderError),
    /// The server's certificate and key are unusable, for instance because they do not match.
    #[error("the server certificate cannot be used: {0}")]
    Config(#[from] rustls::Error),
}

/// Accepts TLS connections and tells who the client is. Cloning shares it.
#[derive(Clone)]
pub(crate) struct Acceptor {
    inner: TlsAcceptor,
    /// None where clients have no certificates.
    verifier: Option<Arc<dyn ClientCertVerifier>>,
}

impl Acceptor {
    /// Clients need a certificate.
    pub(crate) fn new(options: &TlsOptions) -> Result<Self, TlsError> {
        Self::build(options, true)
    }

    /// Clients have no certificates: they say who they are in their requests.
    pub(crate) fn without_client_certificates(options: &TlsOptions) -> Result<Self, TlsError> {
        Self::build(options, false)
    }

    fn build(options: &TlsOptions, client_certificates: bool) -> Result<Self, TlsError> {
        let pki = pki::ensure(&options.pki, &options.server_names)?;
        let folder = pki.file(options.server_certificate.folder());
        let chain = certificates(&folder.join("tls.crt"))?;
        let key_path = folder.join("tls.key");
        let key = PrivateKeyDer::from_pem_file(&key_path)
            .map_err(|source| TlsError::Pem { path: key_path.clone(), source })?;

        let own_ca = [pki.file("server/client-ca.crt")];
        let ca_files: &[PathBuf] = if options.client_cas.is_empty() { &own_ca } else { &options.client_cas };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier =
            WebPkiClientVerifier::builder_with_provider(roots(ca_files)?.into(), provider.clone()).build()?;
        let during_handshake: Arc<dyn ClientCertVerifier> = match options.on_bad_client_certificate {
            BadClientCertificate::FailHandshake => verifier.clone(),
            BadClientCertificate::Html403 => Arc::new(Tolerant(verifier.clone())),
        };
        let builder = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions(options.versions))?;
        let builder = if client_certificates {
            builder.with_client_cert_verifier(during_handshake)
        } else {
            builder.with_no_client_auth()
        };
        let mut config = builder.with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let verifier = client_certificates.then_some(verifier as Arc<dyn ClientCertVerifier>);
        Ok(Self { inner: TlsAcceptor::from(Arc::new(config)), verifier })
    }

    pub(crate) async fn accept(&self, socket: Wire) -> std::io::Result<(TlsStream<Wire>, Client)> {
        let stream = self.inner.accept(socket).await?;
        let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
        let client = self.client(chain);
        Ok((stream, client))
    }

    fn client(&self, chain: &[CertificateDer<'_>]) -> Client {
        let Some(verifier) = &self.verifier else { return Client::default() };
        let Some((leaf, intermediates)) = chain.split_first() else {
            return Client { certificate: None, refused: true };
        };
        let refused = verifier.verify_client_cert(leaf, intermediates, UnixTime::now()).is_err();
        Client { certificate: Some(Arc::new(ClientCertificate::read(leaf))), refused }
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|source| TlsError::Pem { path: path.to_path_buf(), source })
}

fn roots(files: &[PathBuf]) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for file in files {
        for certificate in certificates(file)? {
            roots.add(certificate)?;
        }
    }
    Ok(roots)
}

fn versions(versions: TlsVersions) -> Vec<&'static SupportedProtocolVersion> {
    match versions {
        TlsVersions::Both => vec![&version::TLS13, &version::TLS12],
        TlsVersions::Tls12 => vec![&version::TLS12],
        TlsVersions::Tls13 => vec![&version::TLS13],
    }
}
