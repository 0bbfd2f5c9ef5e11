//! Causes in plain words. A transport error is a chain of wrappers; what an operator needs is its last link.

use std::error::Error;
use std::io;

use rustls::{AlertDescription, CertificateError};

use super::connect::TooSlow;
use super::resolve::ResolveError;
use super::tunnel::TunnelError;

/// What went wrong, for a log line and a status. Holds nothing of a request or an answer.
pub(super) fn describe(error: &(dyn Error + 'static)) -> String {
    if let Some(slow) = find::<TooSlow>(error) {
        slow.to_string()
    } else if let Some(no_tunnel) = find::<TunnelError>(error) {
        no_tunnel.to_string()
    } else if let Some(unresolved) = find::<ResolveError>(error) {
        unresolved.to_string()
    } else if let Some(tls) = find::<rustls::Error>(error) {
        describe_tls(tls)
    } else if is_unread(error) {
        "the server closed the connection before it took the request".to_owned()
    } else if let Some(http) = find::<hyper::Error>(error).filter(|http| find::<io::Error>(*http).is_none()) {
        describe_http(http)
    } else if let Some(io) = find::<io::Error>(error) {
        describe_io(io)
    } else {
        chain(error).last().map_or_else(|| error.to_string(), ToString::to_string)
    }
}

/// Whether the connection gave the request back before it wrote any of it: hyper's dispatcher calls an error `canceled` in
/// exactly the cases in which the message was still in its queue.
pub(super) fn is_unread(error: &(dyn Error + 'static)) -> bool {
    chain(error).filter_map(|link| link.downcast_ref::<hyper::Error>()).any(hyper::Error::is_canceled)
}

/// Whether the server ended the TLS handshake because of our certificate. Under TLS 1.3 that alert arrives when the handshake
/// looks complete from here, so a request may be written already; but a server checks the client's certificate before it
/// reads a byte of the request, so none of it was acted on.
pub(super) fn is_refused_certificate(error: &(dyn Error + 'static)) -> bool {
    matches!(find::<rustls::Error>(error), Some(rustls::Error::AlertReceived(alert)) if concerns_certificate(*alert))
}

fn concerns_certificate(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateRequired
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            // A signature below the certificate, or the one that proves the key, does not fit.
            | AlertDescription::DecryptError
    )
}

/// The error, what it wraps, and so on. What an `io::Error` wraps is not its `source` but its `get_ref`.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => error.source(),
        }
    })
}

/// The innermost `T` of the chain.
fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    chain(error).filter_map(|link| link.downcast_ref::<T>()).last()
}

fn describe_tls(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(problem) => describe_certificate(problem),
        rustls::Error::AlertReceived(alert) if concerns_certificate(*alert) => {
            format!("the server refused the client certificate (TLS alert {alert:?})")
        }
        rustls::Error::AlertReceived(alert) => {
            format!("the server ended the TLS handshake (alert {alert:?})")
        }
        rustls::Error::InvalidMessage(_) => "what the server sent is not TLS".to_owned(),
        other => format!("TLS failed: {other}"),
    }
}

fn describe_certificate(problem: &CertificateError) -> String {
    match problem {
        CertificateError::UnknownIssuer => {
            "the server's certificate does not lead to a trusted root (another \
             environment's endpoint, or something on the way that opens TLS)"
                .to_owned()
        }
        CertificateError::BadSignature => {
            "the server's certificate does not lead to a trusted root (the root has the right name and another key)"
                .to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the server's certificate has expired".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the server's certificate is not valid yet (or the clock here is behind)".to_owned()
        }
        CertificateError::NotValidForNameContext { expected, presented } => format!(
            "the server's certificate is not for {}, but for {}",
            expected.to_str(),
            if presented.is_empty() { "no name".to_owned() } else { presented.join(", ") }
        ),
        CertificateError::NotValidForName => "the server's certificate is for another name".to_owned(),
        CertificateError::Revoked => "the server's certificate is revoked".to_owned(),
        other => format!("the server's certificate is not acceptable: {other}"),
    }
}

fn describe_http(error: &hyper::Error) -> String {
    if error.is_incomplete_message() {
        "the server closed the connection before the answer was complete".to_owned()
    } else if error.is_parse() {
        format!("the answer is not well-formed HTTP/1.1 ({error})")
    } else {
        error.to_string()
    }
}

fn describe_io(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
            "the server reset the connection".to_owned()
        }
        io::ErrorKind::UnexpectedEof => "the server closed the connection unexpectedly".to_owned(),
        io::ErrorKind::TimedOut => "the network gave no answer in time".to_owned(),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            "no route to the server".to_owned()
        }
        _ => error.to_string(),
    }
}

/// The fact that [`is_unread`] stands on, against hyper itself.
#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;
    use http_body_util::Full;
    use hyper::client::conn::http1;
    use hyper_util::rt::TokioIo;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    const ROOM: usize = 1024;
    /// The whole of [`request`] on the wire.
    const WRITTEN: usize = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nbody".len();

    fn request() -> Request<Full<Bytes>> {
        Request::post("/")
            .header("host", "a")
            .body(Full::new(Bytes::from_static(b"body")))
            .expect("a request")
    }

    #[tokio::test]
    async fn a_request_on_a_closed_connection_comes_back_unread() {
        let (near, mut far) = duplex(ROOM);
        let (mut sender, connection) = http1::handshake(TokioIo::new(near)).await.expect("a connection");
        // Closed towards the client, and still reading: whatever the client wrote would be seen.
        far.shutdown().await.expect("a shutdown");
        let (answer, _) = tokio::join!(sender.try_send_request(request()), connection);
        let mut error = answer.expect_err("no answer");
        assert!(error.take_message().is_some());
        let error = error.into_error();
        assert!(is_unread(&error), "{error:?}");
        let mut written = Vec::new();
        far.read_to_end(&mut written).await.expect("the end");
        assert_eq!(written, b"");
    }

    #[tokio::test]
    async fn a_request_that_was_written_does_not_come_back() {
        for bytes_read in [1, 10, WRITTEN] {
            let (near, mut far) = duplex(ROOM);
            let (mut sender, connection) = http1::handshake(TokioIo::new(near)).await.expect("a connection");
            let serving = async move { far.read_exact(&mut vec![0; bytes_read]).await.map(drop) };
            let (answer, _, served) = tokio::join!(sender.try_send_request(request()), connection, serving);
            served.expect("a beginning");
            let mut error = answer.expect_err("no answer");
            assert!(error.take_message().is_none());
            let error = error.into_error();
            assert!(!is_unread(&error), "{bytes_read} bytes: {error:?}");
        }
    }
}
