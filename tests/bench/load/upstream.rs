//! An upstream that answers as the RP API (bankid-se.md sections 3 and 4) at next to no cost, so that what is measured is
//! what stands in front of it. Orders are numbered, every collect is answered `complete` at once, and both are counted.

use std::fs;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result};
use clap::Args;
use serde::Serialize;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::http1;
use crate::orders::{self, HIGH, OrderRef};

/// Read at most this much at once.
const READ: usize = 16 << 10;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Folder of `riskgate-simulator pki`: the server's certificate and the roots of its clients
    #[arg(long, value_name = "DIR")]
    pki: PathBuf,
}

/// The ready line.
#[derive(Serialize)]
struct Ready {
    plain: SocketAddr,
    tls: SocketAddr,
}

/// What reached the upstream so far; `GET /counts` tells it.
#[derive(Default, Serialize)]
struct Counts {
    /// Orders; their number is part of their reference.
    orders: AtomicU64,
    /// Orders that came with both `returnRisk` and `web`.
    attached: AtomicU64,
    collects: AtomicU64,
}

/// The answers; only references change.
struct Answers {
    order: Template,
    low: Template,
    high: Template,
    counts: Counts,
}

/// An answer around the place of its reference.
struct Template {
    before: Vec<u8>,
    after: Vec<u8>,
}

impl Template {
    fn new(before: &str, after: &str) -> Self {
        let length = before.len() + orders::LENGTH + after.len();
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n");
        Self { before: (head + before).into_bytes(), after: after.as_bytes().to_vec() }
    }

    fn write(&self, reference: &OrderRef, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.before);
        out.extend_from_slice(reference);
        out.extend_from_slice(&self.after);
    }
}

impl Answers {
    fn new() -> Self {
        let tokens = r#"","autoStartToken":"7c40b5c9-fa74-49cf-b98c-bfe651f9a7c6","qrStartToken":"67df3917-fa0d-44e5-b327-edcc928297f8","qrStartSecret":"d28db9a7-4cde-429e-a983-359be676944c"}"#;
        let complete = |risk: &str| {
            // Shorter than real evidence, whose length depends on what was signed: the answer has about 2 KB.
            let (signature, ocsp) = ("PD94bWwgdmVy".repeat(100), "MIIHdgoBAKCC".repeat(40));
            format!(
                r#"","status":"complete","completionData":{{"user":{{"personalNumber":"190001010004","name":"Karl Karlsson","givenName":"Karl","surname":"Karlsson"}},"device":{{"ipAddress":"192.0.2.1","uhi":"OZvYM9VvyiAmG7NA5jU5zqGcVpo="}},"bankIdIssueDate":"2024-02-01Z","signature":"{signature}","ocspResponse":"{ocsp}","risk":"{risk}"}}}}"#
            )
        };
        Self {
            order: Template::new(r#"{"orderRef":""#, tokens),
            low: Template::new(r#"{"orderRef":""#, &complete("low")),
            high: Template::new(r#"{"orderRef":""#, &complete("high")),
            counts: Counts::default(),
        }
    }

    /// Writes the answer to a request.
    fn answer(&self, path: &[u8], body: &[u8], out: &mut Vec<u8>) -> Result<()> {
        match path {
            b"/rp/v6.0/collect" => {
                self.counts.collects.fetch_add(1, Ordering::Relaxed);
                let reference = orders::find(body).context("a collect without orderRef")?;
                let template = if reference.starts_with(HIGH) { &self.high } else { &self.low };
                template.write(&reference, out);
            }
            b"/counts" => {
                let counts = serde_json::to_vec(&self.counts)?;
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", counts.len());
                out.extend_from_slice(head.as_bytes());
                out.extend_from_slice(&counts);
            }
            _ => {
                let number = self.counts.orders.fetch_add(1, Ordering::Relaxed);
                if orders::holds(body, br#""returnRisk":true"#) && orders::holds(body, br#""web":{"#) {
                    self.counts.attached.fetch_add(1, Ordering::Relaxed);
                }
                self.order.write(&orders::numbered(0, number), out);
            }
        }
        Ok(())
    }
}

/// Serves until the process is ended.
pub(crate) fn run(options: &Options) -> Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_io().build()?.block_on(serve(options))
}

async fn serve(options: &Options) -> Result<()> {
    let acceptor = TlsAcceptor::from(Arc::new(tls(options)?));
    let plain = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let tls = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let ready = Ready { plain: plain.local_addr()?, tls: tls.local_addr()? };
    writeln!(io::stdout(), "{}", serde_json::to_string(&ready)?)?;

    let answers = Arc::new(Answers::new());
    loop {
        let (stream, secured) = tokio::select! {
            accepted = plain.accept() => (accepted?.0, false),
            accepted = tls.accept() => (accepted?.0, true),
        };
        stream.set_nodelay(true)?;
        let (answers, acceptor) = (answers.clone(), acceptor.clone());
        tokio::spawn(async move {
            // A peer that goes away in between shows as a failed request at the loader; nothing is to be done here.
            let _gone = if secured {
                match acceptor.accept(stream).await {
                    Ok(stream) => connection(stream, &answers).await,
                    Err(error) => Err(error.into()),
                }
            } else {
                connection(stream, &answers).await
            };
        });
    }
}

async fn connection(mut stream: impl AsyncRead + AsyncWrite + Unpin, answers: &Answers) -> Result<()> {
    let (mut inbox, mut out) = (Vec::with_capacity(READ), Vec::with_capacity(READ));
    loop {
        let mut done = 0;
        while let Some(request) = http1::request(&inbox[done..])? {
            let bytes = &inbox[done..];
            done += request.body.end;
            answers.answer(&bytes[request.path], &bytes[request.body], &mut out)?;
        }
        inbox.drain(..done);
        if !out.is_empty() {
            stream.write_all(&out).await?;
            stream.flush().await?;
            out.clear();
        }
        if stream.read_buf(&mut inbox).await? == 0 {
            return Ok(());
        }
    }
}

fn tls(options: &Options) -> Result<ServerConfig> {
    let server = options.pki.join("server");
    let certificate = |name: &str| -> Result<Vec<CertificateDer<'static>>> {
        let pem = fs::read(server.join(name)).with_context(|| format!("server/{name} of the PKI"))?;
        Ok(CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>()?)
    };
    let mut roots = RootCertStore::empty();
    for root in certificate("client-ca.crt")? {
        roots.add(root)?;
    }
    let key = PrivateKeyDer::from_pem_file(server.join("tls.key")).context("server/tls.key of the PKI")?;
    let clients = WebPkiClientVerifier::builder(Arc::new(roots)).build()?;
    Ok(ServerConfig::builder()
        .with_client_cert_verifier(clients)
        .with_single_cert(certificate("tls.crt")?, key)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(answers: &Answers, path: &str, body: &str) -> serde_json::Value {
        let mut out = Vec::new();
        answers.answer(path.as_bytes(), body.as_bytes(), &mut out).unwrap();
        let answer = http1::answer(&out).unwrap().unwrap();
        assert_eq!((answer.status, answer.body.end), (200, out.len()));
        serde_json::from_slice(&out[answer.body]).unwrap()
    }

    #[test]
    fn an_order_is_numbered_and_counted() {
        let answers = Answers::new();
        answer(&answers, "/rp/v6.0/auth", "{}");
        let second = answer(&answers, "/rp/v6.0/auth", r#"{"returnRisk":true,"web":{"userAgent":"x"}}"#);
        assert_eq!(second["orderRef"], "00000000-0000-4000-8000-000000000001");
        let counts = answer(&answers, "/counts", "");
        assert_eq!(counts, serde_json::json!({ "orders": 2, "attached": 1, "collects": 0 }));
    }

    #[test]
    fn a_result_is_of_the_order_that_was_asked_for() {
        let answers = Answers::new();
        for (space, risk) in [(1, "low"), (u32::MAX, "high")] {
            let reference = String::from_utf8(orders::numbered(space, 9).to_vec()).unwrap();
            let result = answer(&answers, "/rp/v6.0/collect", &format!(r#"{{"orderRef":"{reference}"}}"#));
            assert_eq!((&result["orderRef"], &result["status"]), (&reference.into(), &"complete".into()));
            assert_eq!(result["completionData"]["risk"], risk);
        }
    }
}
