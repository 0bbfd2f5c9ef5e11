//! As much of HTTP/1.1 as both ends need: messages with Content-Length over kept connections.

use std::ops::Range;

use anyhow::{Context, Result, bail, ensure};

/// The most headers of a message.
const HEADERS: usize = 32;

/// A request that is whole, as places in the bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) path: Range<usize>,
    /// Its body. The next request begins at its end.
    pub(crate) body: Range<usize>,
}

/// An answer that is whole.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Where its body lies.
    pub(crate) body: Range<usize>,
}

/// The request at the beginning of `bytes`; none while it is not whole.
pub(crate) fn request(bytes: &[u8]) -> Result<Option<Request>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(head) = request.parse(bytes)? else { return Ok(None) };
    let (method, path) = request.method.zip(request.path).context("no request line")?;
    // A request line is the method, one space, and the path.
    let path = method.len() + 1..method.len() + 1 + path.len();
    let body = head..head + length(request.headers)?.unwrap_or(0);
    Ok((bytes.len() >= body.end).then_some(Request { path, body }))
}

/// The answer at the beginning of `bytes`; none while it is not whole.
pub(crate) fn answer(bytes: &[u8]) -> Result<Option<Answer>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut answer = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = answer.parse(bytes)? else { return Ok(None) };
    let status = answer.code.context("no status")?;
    let body = head..head + length(answer.headers)?.context("an answer without Content-Length")?;
    Ok((bytes.len() >= body.end).then_some(Answer { status, body }))
}

fn length(headers: &[httparse::Header<'_>]) -> Result<Option<usize>> {
    let mut length = None;
    for header in headers {
        if header.name.eq_ignore_ascii_case("transfer-encoding") {
            bail!("a message in chunks");
        } else if header.name.eq_ignore_ascii_case("content-length") {
            ensure!(length.is_none(), "two Content-Length");
            length = Some(std::str::from_utf8(header.value)?.parse()?);
        }
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_cut_where_their_length_says() {
        let two = b"POST /rp/v6.0/auth HTTP/1.1\r\ncontent-LENGTH: 2\r\n\r\n{}POST / HTTP/1.1\r\n\r\n";
        let first = request(two).unwrap().unwrap();
        assert_eq!(&two[first.path], b"/rp/v6.0/auth");
        assert_eq!(&two[first.body.clone()], b"{}");
        let second = request(&two[first.body.end..]).unwrap().unwrap();
        assert!(second.body.is_empty());
        for end in 0..first.body.end {
            assert_eq!(request(&two[..end]).unwrap(), None, "cut after {end} bytes");
        }
    }

    #[test]
    fn an_answer_must_say_its_length() {
        let whole = answer(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx").unwrap().unwrap();
        assert_eq!((whole.status, whole.body.len()), (200, 1));
        assert!(answer(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").is_err());
        assert!(answer(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx").is_err());
    }
}
