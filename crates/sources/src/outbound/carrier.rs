//! One connection to a server, and the exchanges on it.
//!
//! hyper hands a connection's work to a future of its own, which is usually a task. Here it is driven by whoever waits for
//! the answer: nobody else needs it, and no exchange pays for waking a second task and being woken by it.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::client::conn::http1::{Builder, Connection, SendRequest};

use super::OutboundError;
use super::cause::describe;
use super::connect::Stream;

/// The longest answer head, in bytes, and the size up to which a connection's read buffer grows.
const READ_BUFFER: usize = 64 * 1024;

/// An open connection. Dropping it closes it. Boxed, since it goes from hand to hand: hyper's side of it is more than a
/// kilobyte.
pub(super) struct Carrier {
    sender: SendRequest<Full<Bytes>>,
    /// None once the connection is closed.
    driver: Option<Connection<Stream, Full<Bytes>>>,
}

/// Why an exchange failed.
pub(super) enum Broken {
    /// None of the request was written: it is given back.
    Unsent(Box<Request<Full<Bytes>>>, hyper::Error),
    /// There is no whole answer.
    Failed(OutboundError),
    /// The connection broke, and the request may have been read.
    Lost(hyper::Error),
}

impl Carrier {
    /// Takes over a connection on which nothing was said yet.
    pub(super) async fn new(stream: Stream) -> hyper::Result<Box<Self>> {
        let (sender, driver) = Builder::new().max_buf_size(READ_BUFFER).handshake(stream).await?;
        Ok(Box::new(Self { sender, driver: Some(driver) }))
    }

    /// Whether it is open and has no exchange on it: looks once, and waits for nothing.
    pub(super) async fn is_free(&mut self) -> bool {
        poll_fn(|context| {
            let Some(driver) = &mut self.driver else { return Poll::Ready(false) };
            let closed = Pin::new(driver).poll(context).is_ready();
            Poll::Ready(!closed && matches!(self.sender.poll_ready(context), Poll::Ready(Ok(()))))
        })
        .await
    }

    /// Sends a request and reads the whole answer. After an error the connection is of no more use.
    pub(super) async fn exchange(
        &mut self,
        request: Request<Full<Bytes>>,
        max_body: usize,
    ) -> Result<Response<Bytes>, Broken> {
        let answer = self.sender.try_send_request(request);
        let (head, body) = drive(&mut self.driver, answer)
            .await
            .map_err(|mut error| match error.take_message() {
                Some(request) => Broken::Unsent(Box::new(request), error.into_error()),
                None => Broken::Lost(error.into_error()),
            })?
            .into_parts();
        let body =
            drive(&mut self.driver, Limited::new(body, max_body).collect()).await.map_err(|error| {
                Broken::Failed(if error.is::<LengthLimitError>() {
                    OutboundError::TooLarge { max_body }
                } else {
                    OutboundError::Lost(describe(&*error))
                })
            })?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }
}

/// Waits for `work`, and does the work of the connection meanwhile.
async fn drive<T>(driver: &mut Option<Connection<Stream, Full<Bytes>>>, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    poll_fn(|context| {
        if let Poll::Ready(done) = work.as_mut().poll(context) {
            return Poll::Ready(done);
        }
        if let Some(open) = driver
            && Pin::new(open).poll(context).is_ready()
        {
            *driver = None; // whoever waits for something of it is told
        }
        work.as_mut().poll(context)
    })
    .await
}
