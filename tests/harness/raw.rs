//! Bytes over a socket, for requests that no client library would send.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

/// An answer as it came over the wire.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Names as sent, values as text.
    pub headers: Vec<(String, String)>,
    /// The body, as long as Content-Length says.
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header, by name in any case of letters.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// A socket to a server, and what of its output was not consumed yet.
pub struct Connection {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// When nothing listens there.
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream =
            TcpStream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, unread: Vec::new() })
    }

    /// Sends these bytes and nothing else.
    ///
    /// # Errors
    /// When the server has closed the connection.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.write_all(bytes).await.context("the server closed the connection")
    }

    /// Says that no more will be sent, and goes on reading.
    ///
    /// # Errors
    /// When the server has closed the connection.
    pub async fn finish(&mut self) -> Result<()> {
        self.stream.shutdown().await.context("the server closed the connection")
    }

    /// Reads one answer; `None` when the server closes the connection (or resets it) without one.
    ///
    /// # Errors
    /// When the deadline passes, when the bytes are no HTTP, or when the connection ends within the answer.
    pub async fn read(&mut self, within: Duration) -> Result<Option<Answer>> {
        let deadline = Instant::now() + within;
        loop {
            if let Some(answer) = self.parse()? {
                return Ok(Some(answer));
            }
            let read = timeout_at(deadline, self.stream.read_buf(&mut self.unread)).await;
            match read
                .with_context(|| format!("no whole answer within {within:?}: {}", self.unread_text()))?
            {
                Ok(1..) => {}
                Ok(0) | Err(_) if self.unread.is_empty() => return Ok(None),
                Ok(0) | Err(_) => bail!("the connection ended within the answer: {}", self.unread_text()),
            }
        }
    }

    /// Waits until the server closes the connection.
    ///
    /// # Errors
    /// When the deadline passes, or when something else comes.
    pub async fn closed(&mut self, within: Duration) -> Result<()> {
        match self.read(within).await? {
            None => Ok(()),
            Some(answer) => bail!("the server sent another answer: {answer:?}"),
        }
    }

    /// Ends the connection with a reset, as a process that dies does.
    ///
    /// # Errors
    /// When the socket is gone already.
    pub fn reset(self) -> Result<()> {
        self.stream.set_zero_linger().context("the socket is gone")
    }

    /// Takes one whole answer off the front of what was read.
    fn parse(&mut self) -> Result<Option<Answer>> {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut head = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(length) = head
            .parse(&self.unread)
            .with_context(|| format!("not an HTTP answer: {}", self.unread_text()))?
        else {
            return Ok(None);
        };
        let status = head.code.context("an answer has a status")?;
        let headers: Vec<(String, String)> = head
            .headers
            .iter()
            .map(|header| (header.name.to_owned(), String::from_utf8_lossy(header.value).into_owned()))
            .collect();
        let mut answer = Answer { status, headers, body: Vec::new() };
        let body = match answer.header("content-length") {
            Some(text) => text.parse::<usize>().with_context(|| format!("Content-Length: {text}"))?,
            None if status < 200 || status == 204 || status == 304 => 0,
            None => bail!("an answer without Content-Length: {}", self.unread_text()),
        };
        if self.unread.len() < length + body {
            return Ok(None);
        }
        answer.body = self.unread.drain(..length + body).skip(length).collect();
        Ok(Some(answer))
    }

    fn unread_text(&self) -> String {
        String::from_utf8_lossy(&self.unread).chars().take(500).collect()
    }
}

/// Sends these bytes over a connection of their own and reads the answer, if one comes.
///
/// # Errors
/// As [`Connection::read`]. A server that closes while it is still being written to may have answered before.
pub async fn exchange(address: SocketAddr, bytes: &[u8], within: Duration) -> Result<Option<Answer>> {
    let mut connection = Connection::open(address).await?;
    let written = connection.write(bytes).await;
    match connection.read(within).await {
        Ok(None) => written.map(|()| None),
        answer => answer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PATIENCE;

    async fn served(output: &'static [u8]) -> Result<Option<Answer>> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4];
            stream.read_exact(&mut request).await.unwrap();
            stream.write_all(output).await.unwrap();
        });
        exchange(address, b"ping", PATIENCE).await
    }

    #[tokio::test]
    async fn an_answer_ends_where_its_length_says() {
        let answer =
            served(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno").await.unwrap().unwrap();
        assert_eq!(
            (answer.status, answer.header("content-length"), &answer.body[..]),
            (400, Some("2"), &b"no"[..])
        );
    }

    #[tokio::test]
    async fn silence_is_told_from_truncation() {
        assert!(served(b"").await.unwrap().is_none());
        let error = served(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nno").await.unwrap_err();
        assert!(error.to_string().starts_with("the connection ended within the answer"), "{error:#}");
    }
}
