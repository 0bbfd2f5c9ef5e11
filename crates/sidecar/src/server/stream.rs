//! The application's connection, as pingora's session reads and writes it.

use std::io;
use std::os::fd::AsRawFd;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use async_trait::async_trait;
use pingora_core::protocols::raw_connect::ProxyDigest;
use pingora_core::protocols::{
    GetProxyDigest, GetSocketDigest, GetTimingDigest, Peek, Shutdown, SocketDigest, Ssl, Stream,
    TimingDigest, UniqueID,
};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufStream, ReadBuf};
use tokio::net::TcpStream;

/// Room for an ordinary request: one read.
const READ_BUFFER: usize = 4 << 10;
/// Room for the head and body of an ordinary answer, a collected signature included: one send.
const WRITE_BUFFER: usize = 16 << 10;

/// A buffered connection. pingora writes head and body apart; buffered, they leave in one send.
#[derive(Debug)]
pub struct ClientStream {
    inner: BufStream<TcpStream>,
    fd: i32,
}

impl ClientStream {
    /// Wraps an accepted connection.
    #[must_use]
    pub fn new(tcp: TcpStream) -> Self {
        let fd = tcp.as_raw_fd();
        Self { inner: BufStream::with_capacity(READ_BUFFER, WRITE_BUFFER, tcp), fd }
    }

    /// Takes a connection back from pingora.
    #[must_use]
    pub fn from_pingora(stream: Stream) -> Option<Box<Self>> {
        stream.into_any().downcast().ok()
    }

    /// Waits until a request begins; false when the application has closed the connection. Nothing is consumed, so the
    /// wait can be given up at any time.
    pub async fn request_begins(&mut self) -> bool {
        self.inner.fill_buf().await.is_ok_and(|bytes| !bytes.is_empty())
    }
}

impl AsyncRead for ClientStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[async_trait]
impl Shutdown for ClientStream {
    async fn shutdown(&mut self) {
        // The application may have closed the connection already; nothing is left to do then.
        let _already_closed = AsyncWriteExt::shutdown(&mut self.inner).await;
    }
}

impl UniqueID for ClientStream {
    fn id(&self) -> i32 {
        self.fd
    }
}

impl GetTimingDigest for ClientStream {
    fn get_timing_digest(&self) -> Vec<Option<TimingDigest>> {
        Vec::new()
    }
}

impl GetProxyDigest for ClientStream {
    fn get_proxy_digest(&self) -> Option<Arc<ProxyDigest>> {
        None
    }
}

impl GetSocketDigest for ClientStream {
    fn get_socket_digest(&self) -> Option<Arc<SocketDigest>> {
        None
    }
}

impl Ssl for ClientStream {}
impl Peek for ClientStream {}
