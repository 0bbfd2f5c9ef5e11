//! The body of an answer, whole or cut off on purpose.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use thiserror::Error;

/// The simulator closes the connection on purpose.
#[derive(Debug, Error)]
#[error("the connection is closed on purpose")]
pub(super) struct Sabotage;

/// A body that says how long it is, and then may break off.
#[derive(Debug)]
pub(super) struct AnswerBody {
    announced: u64,
    state: State,
}

#[derive(Debug)]
enum State {
    Whole(Bytes),
    Half(Bytes),
    /// Lets the connection flush what it has before it breaks.
    Flushing,
    Breaking,
    Done,
}

impl AnswerBody {
    pub(super) fn whole(bytes: Bytes) -> Self {
        let announced = bytes.len() as u64;
        Self { announced, state: if bytes.is_empty() { State::Done } else { State::Whole(bytes) } }
    }

    pub(super) fn truncated(mut bytes: Bytes) -> Self {
        let announced = bytes.len() as u64;
        bytes.truncate(bytes.len() / 2);
        Self { announced, state: State::Half(bytes) }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Sabotage;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Sabotage>>> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            State::Half(bytes) => {
                self.state = State::Flushing;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            State::Flushing => {
                self.state = State::Breaking;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            State::Breaking => Poll::Ready(Some(Err(Sabotage))),
            State::Done => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.state, State::Done)
    }

    fn size_hint(&self) -> SizeHint {
        match self.state {
            State::Whole(_) | State::Half(_) => SizeHint::with_exact(self.announced),
            _ => SizeHint::default(),
        }
    }
}
