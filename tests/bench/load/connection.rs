//! One connection of the loader: one request at a time, and the check of its answer.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::http1;
use crate::loader::Load;
use crate::orders::{self, OrderRef};

/// The order of an application behind a browser, as an ordinary framework sends it.
pub(crate) const ORDER: &str = r#"{"endUserIp":"192.0.2.1","userVisibleData":"TG9nIGluIHRvIHNob3AuZXhhbXBsZS5zZQ==","userVisibleDataFormat":"simpleMarkdownV1","requirement":{"pinCode":true}}"#;

/// A kept connection.
pub(crate) struct Connection {
    stream: TcpStream,
    address: SocketAddr,
    load: Load,
    inbox: Vec<u8>,
    flight: Option<Flight>,
    /// The order whose result is asked for next.
    order: Option<OrderRef>,
}

/// What was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    Order,
    Collect,
}

/// An answer that is whole and right.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer {
    pub(crate) of: Of,
    pub(crate) latency: Duration,
}

/// A request under way.
struct Flight {
    due: Instant,
    /// The order whose result was asked for; none when an order was.
    collects: Option<OrderRef>,
}

impl Connection {
    /// Connects.
    pub(crate) fn open(address: SocketAddr, load: Load) -> Result<Self> {
        let stream = TcpStream::connect(address).with_context(|| address.to_string())?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        Ok(Self { stream, address, load, inbox: Vec::with_capacity(8 << 10), flight: None, order: None })
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Whether an answer is awaited.
    pub(crate) fn flies(&self) -> bool {
        self.flight.is_some()
    }

    /// Sends the next request, whose latency counts from `due`.
    pub(crate) fn send(&mut self, due: Instant) -> Result<()> {
        let collects = self.order.take();
        let request = match &collects {
            Some(order) => {
                let order = std::str::from_utf8(order)?;
                self.request("/rp/v6.0/collect", &format!(r#"{{"orderRef":"{order}"}}"#))
            }
            None => self.request("/rp/v6.0/auth", ORDER),
        };
        // Some hundred bytes into an empty socket buffer: they fit.
        self.stream.write_all(request.as_bytes()).context("the request was not taken")?;
        self.flight = Some(Flight { due, collects });
        Ok(())
    }

    fn request(&self, path: &str, body: &str) -> String {
        let (address, length) = (self.address, body.len());
        format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
             Riskgate-User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        )
    }

    /// Reads what has come; none while the answer is not whole.
    pub(crate) fn receive(&mut self) -> Result<Option<Answer>> {
        let mut bytes = [0; 8 << 10];
        let count = match self.stream.read(&mut bytes) {
            Ok(0) => bail!("the connection was closed before the answer"),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(error).context("the connection broke before the answer"),
        };
        self.inbox.extend_from_slice(&bytes[..count]);
        let Some(answer) = http1::answer(&self.inbox)? else { return Ok(None) };
        let flight = self.flight.take().context("an answer that nobody asked for")?;
        let latency = flight.due.elapsed();
        ensure!(answer.body.end == self.inbox.len(), "more than the answer came");
        let body = &self.inbox[answer.body];
        let told = || String::from_utf8_lossy(&body[..body.len().min(200)]);
        ensure!(answer.status == 200, "status {}: {}", answer.status, told());
        let order = orders::find(body).with_context(|| format!("no orderRef: {}", told()))?;
        let of = match flight.collects {
            Some(asked) => {
                ensure!(asked == order, "another order's answer: {}", told());
                ensure!(orders::holds(body, br#""status":"complete""#), "not complete: {}", told());
                Of::Collect
            }
            None => {
                self.order = (self.load == Load::Mix).then_some(order);
                Of::Order
            }
        };
        self.inbox.clear();
        Ok(Some(Answer { of, latency }))
    }
}
