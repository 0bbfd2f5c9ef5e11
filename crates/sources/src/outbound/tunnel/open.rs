//! The CONNECT itself, over any stream.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::super::Proxy;
use super::TunnelError;

/// The longest head of a proxy's answer, in bytes.
const LONGEST_HEAD: usize = 16 << 10;
/// The most headers in it.
const MOST_HEADERS: usize = 64;

/// Asks `proxy`, at the other end of `stream`, for a tunnel to `target`. From then on the stream is the server's. The caller
/// bounds the time.
pub(super) async fn open(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    proxy: &Proxy,
    target: &str,
) -> Result<(), TunnelError> {
    // A proxy that hangs up while it is asked may have said why: what it said is read first.
    let asked = stream.write_all(&question(proxy, target)).await;
    let status = read_status(stream).await.map_err(|trouble| {
        let proxy = proxy.authority().to_string();
        match trouble {
            Trouble::Closed => TunnelError::Closed { proxy },
            Trouble::Garbage => TunnelError::Garbage { proxy },
        }
    })?;
    let name = proxy.authority().to_string();
    match status {
        200..=299 if asked.is_err() => Err(TunnelError::Closed { proxy: name }),
        200..=299 => Ok(()),
        // tinyproxy says 401 to a login that it does not know.
        401 | 407 if proxy.authorization().is_none() => {
            Err(TunnelError::LoginMissing { proxy: name, status })
        }
        401 | 407 => Err(TunnelError::LoginRefused { proxy: name, status }),
        403 => Err(TunnelError::Forbidden { proxy: name, target: target.to_owned() }),
        status => Err(TunnelError::Refused { proxy: name, target: target.to_owned(), status }),
    }
}

fn question(proxy: &Proxy, target: &str) -> Vec<u8> {
    let mut head = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n").into_bytes();
    if let Some(authorization) = proxy.authorization() {
        head.extend_from_slice(b"Proxy-Authorization: ");
        head.extend_from_slice(authorization.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}

enum Trouble {
    Closed,
    Garbage,
}

/// The status of the answer, whose head is read to its end and no byte further than it came in one piece with it.
async fn read_status(stream: &mut (impl AsyncRead + Unpin)) -> Result<u16, Trouble> {
    let mut head = Vec::with_capacity(512);
    loop {
        if stream.read_buf(&mut head).await.unwrap_or(0) == 0 {
            return Err(Trouble::Closed);
        }
        match status_of(&head) {
            Some(Some(status)) => return Ok(status),
            Some(None) => {}
            None => return Err(Trouble::Garbage),
        }
    }
}

/// The status of an answer of which this came so far: none inside while its head is not whole, none at all where it is no
/// answer of a proxy.
pub(in crate::outbound) fn status_of(head: &[u8]) -> Option<Option<u16>> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut answer = httparse::Response::new(&mut headers);
    match (answer.parse(head), answer.code) {
        (Ok(httparse::Status::Complete(length)), Some(status)) => {
            // In TLS the client speaks first: what follows a success at once is not from the server.
            let is_whole = length == head.len() || !(200..=299).contains(&status);
            is_whole.then_some(Some(status))
        }
        (Ok(httparse::Status::Partial), _) if head.len() < LONGEST_HEAD => Some(None),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;

    use super::super::super::ProxyLogin;
    use super::*;

    const TARGET: &str = "appapi2.bankid.com:443";

    fn proxy(has_login: bool) -> Proxy {
        let login = ProxyLogin { username: "rg".to_owned(), password: "secret".to_owned() };
        Proxy::new("http://proxy.corp:3128", has_login.then_some(&login), &[]).unwrap()
    }

    /// What comes of an answer that arrives in two pieces; the proxy closes after it.
    async fn after(answer: &[u8], cut: usize, has_login: bool) -> Result<(), TunnelError> {
        let (mut near, mut far) = duplex(1 << 10);
        let serving = async move {
            let mut asked = vec![0; question(&proxy(has_login), TARGET).len()];
            far.read_exact(&mut asked).await.unwrap();
            // The client may have heard enough before the end.
            for piece in [&answer[..cut], &answer[cut..]] {
                let _heard_enough = far.write_all(piece).await;
                tokio::task::yield_now().await;
            }
        };
        let proxy = proxy(has_login);
        let opening = async {
            let result = open(&mut near, &proxy, TARGET).await;
            drop(near);
            result
        };
        tokio::join!(opening, serving).0
    }

    #[test]
    fn the_question_names_the_server_and_the_login() {
        assert_eq!(
            question(&proxy(true), TARGET),
            b"CONNECT appapi2.bankid.com:443 HTTP/1.1\r\nHost: appapi2.bankid.com:443\r\n\
              Proxy-Authorization: Basic cmc6c2VjcmV0\r\n\r\n"
        );
    }

    #[tokio::test]
    async fn every_success_opens_the_tunnel_however_it_is_cut() {
        for answer in [
            &b"HTTP/1.1 200 Connection established\r\n\r\n"[..],
            b"HTTP/1.0 200 OK\r\nProxy-Agent: tinyproxy/1.11.1\r\n\r\n",
            b"HTTP/1.1 204 \r\n\r\n",
        ] {
            for cut in 0..answer.len() {
                assert_eq!(after(answer, cut, false).await, Ok(()), "cut at {cut}");
            }
        }
    }

    #[tokio::test]
    async fn what_the_proxy_refuses_is_told_in_words() {
        let name = || "proxy.corp:3128".to_owned();
        let (proxy, target) = (name(), TARGET.to_owned());
        for (status, has_login, expected) in [
            (407, false, TunnelError::LoginMissing { proxy: name(), status: 407 }),
            (407, true, TunnelError::LoginRefused { proxy: name(), status: 407 }),
            (401, true, TunnelError::LoginRefused { proxy: name(), status: 401 }),
            (403, true, TunnelError::Forbidden { proxy: name(), target: target.clone() }),
            (502, true, TunnelError::Refused { proxy: name(), target: target.clone(), status: 502 }),
            (301, false, TunnelError::Refused { proxy: name(), target: target.clone(), status: 301 }),
            (100, false, TunnelError::Refused { proxy, target: target.clone(), status: 100 }),
        ] {
            let answer = format!("HTTP/1.1 {status} No\r\nContent-Length: 5\r\n\r\nwords");
            let error = after(answer.as_bytes(), 12, has_login).await.unwrap_err();
            assert_eq!(error, expected);
            let text = error.to_string();
            assert!(!text.contains("words") && !text.contains("cmc6"), "{text}");
            assert!(text.contains(&status.to_string()), "{text}");
        }
    }

    #[tokio::test]
    async fn what_is_no_answer_of_a_proxy_opens_nothing() {
        let endless = [b"HTTP/1.1 200 OK\r\nx: ".to_vec(), vec![b'y'; 32 << 10]].concat();
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(MOST_HEADERS + 1));
        for garbage in [
            &b"\0\x01\x02 nothing like HTTP\r\n\r\n"[..],
            b"SSH-2.0-OpenSSH_9.2\r\n",
            b"HTTP/1.1 2000 OK\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n\r\n\x16\x03\x01",
            &endless,
            many.as_bytes(),
        ] {
            let error = after(garbage, 0, false).await.unwrap_err();
            assert!(matches!(error, TunnelError::Garbage { .. }), "{error}");
        }
        for beginning in [&b""[..], b"HTTP/1.1 2", b"HTTP/1.1 200 OK\r\nx: y\r\n"] {
            let error = after(beginning, 0, false).await.unwrap_err();
            assert!(matches!(error, TunnelError::Closed { .. }), "{error}");
        }
    }
}
