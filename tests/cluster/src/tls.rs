//! A stranger at the webhooks' port: whatever bytes, over TLS that trusts anybody.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use harness::PATIENCE;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{self, ClientConfig, DigitallySignedStruct, SignatureScheme};

/// A connection over TLS.
pub struct Tls(TlsStream<TcpStream>);

/// The certificates of a bundle, PEM, each as DER.
///
/// # Errors
/// When it does not read.
pub fn certificates(bundle: &[u8]) -> Result<Vec<Vec<u8>>> {
    CertificateDer::pem_slice_iter(bundle).map(|certificate| Ok(certificate?.to_vec())).collect()
}

/// Trusts anybody.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl Tls {
    /// Connects.
    ///
    /// # Errors
    /// When nothing listens there, or it speaks no TLS.
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let provider = Arc::new(ring::default_provider());
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody(provider)))
            .with_no_client_auth();
        let stream = TcpStream::connect(address).await?;
        let name = ServerName::from(address.ip());
        let handshake = TlsConnector::from(Arc::new(config)).connect(name, stream);
        Ok(Self(timeout(PATIENCE, handshake).await.context("no handshake")??))
    }

    /// That the server shows what these roots, PEM, vouch for.
    ///
    /// # Errors
    /// When it does not.
    pub async fn trusted(address: SocketAddr, roots: &[u8]) -> Result<()> {
        let mut store = rustls::RootCertStore::empty();
        for root in CertificateDer::pem_slice_iter(roots) {
            store.add(root?)?;
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(store)
            .with_no_client_auth();
        let stream = TcpStream::connect(address).await?;
        let name = ServerName::from(address.ip());
        let handshake = TlsConnector::from(Arc::new(config)).connect(name, stream);
        timeout(PATIENCE, handshake).await.context("no handshake")??;
        Ok(())
    }

    /// The certificate that the server showed, DER.
    #[must_use]
    pub fn certificate(&self) -> Option<Vec<u8>> {
        let (_, connection) = self.0.get_ref();
        connection.peer_certificates()?.first().map(|certificate| certificate.to_vec())
    }

    /// Posts a body as one request, and returns the whole answer as text.
    ///
    /// # Errors
    /// When the server does not answer in time.
    pub async fn post(self, path: &str, content_type: &str, body: &[u8]) -> Result<String> {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: webhook\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(body);
        self.say(&bytes).await
    }

    /// Sends bytes, and returns everything that comes until the server closes the connection.
    ///
    /// # Errors
    /// When the server does not close it in time.
    pub async fn say(mut self, bytes: &[u8]) -> Result<String> {
        let exchange = async {
            // The server may have heard enough before the end.
            let _ = self.0.write_all(bytes).await;
            let mut answer = Vec::new();
            let mut buffer = [0; 4096];
            // So may a connection that is closed end: without a farewell.
            while let Ok(read @ 1..) = self.0.read(&mut buffer).await {
                answer.extend_from_slice(&buffer[..read]);
            }
            String::from_utf8_lossy(&answer).into_owned()
        };
        timeout(PATIENCE, exchange).await.context("the server neither answers nor closes")
    }
}

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
