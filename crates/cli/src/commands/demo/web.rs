//! The least of an HTTP client: one request, one answer, read whole.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde_json::Value;

/// How long an answer may take: longer than any source of a policy.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client of services on this machine.
pub(super) struct Web {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl Web {
    /// For plain HTTP.
    pub(super) fn plain() -> anyhow::Result<Self> {
        Self::trusting(RootCertStore::empty())
    }

    /// For HTTPS, too, under the roots in a file: what a user's browser has.
    pub(super) fn browser(roots: &Path) -> anyhow::Result<Self> {
        let mut store = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(roots).context("the simulated roots do not read")? {
            store.add(certificate?)?;
        }
        Self::trusting(store)
    }

    fn trusting(roots: RootCertStore) -> anyhow::Result<Self> {
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(config(roots)?)
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self { client: Client::builder(TokioExecutor::new()).build(connector) })
    }

    /// The answer to a request, with JSON as its body or with none.
    pub(super) async fn send(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> anyhow::Result<Response<Bytes>> {
        let body = body.map(|body| ("application/json", body.to_string()));
        self.send_as(method, url, headers, body).await
    }

    /// The same with a body of any kind.
    pub(super) async fn send_as(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: Option<(&str, String)>,
    ) -> anyhow::Result<Response<Bytes>> {
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let content = match body {
            Some((kind, content)) => {
                request = request.header(CONTENT_TYPE, kind);
                Bytes::from(content)
            }
            None => Bytes::new(),
        };
        let request = request.body(Full::from(content))?;
        let exchange = async {
            let (head, body) = self.client.request(request).await?.into_parts();
            anyhow::Ok(Response::from_parts(head, body.collect().await?.to_bytes()))
        };
        tokio::time::timeout(PATIENCE, exchange).await.context("no answer")?
    }
}

fn config(roots: RootCertStore) -> anyhow::Result<ClientConfig> {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
