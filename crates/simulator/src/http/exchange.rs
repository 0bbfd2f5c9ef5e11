//! A request as it came, body included.

use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;

use crate::client::Client;

/// The longest body that is read. Signatures carry at most 240,000 bytes of user data (`bankid-se.md section 2.1`).
const BODY_LIMIT: usize = 1 << 20;
/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(10);

/// Why a body is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyProblem {
    /// Over [`BODY_LIMIT`].
    TooLarge,
    /// Not complete within [`BODY_TIME`].
    TooSlow,
    /// The client stopped sending, or broke the framing.
    Broken,
}

/// A request, read whole.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) parts: Parts,
    pub(crate) body: Result<Bytes, BodyProblem>,
    pub(crate) client: Client,
}

impl Exchange {
    pub(super) async fn read(request: http::Request<Incoming>, client: Client) -> Self {
        let (parts, body) = request.into_parts();
        let body = match tokio::time::timeout(BODY_TIME, Limited::new(body, BODY_LIMIT).collect()).await {
            Ok(Ok(collected)) => Ok(collected.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(BodyProblem::TooLarge),
            Ok(Err(_)) => Err(BodyProblem::Broken),
            Err(_) => Err(BodyProblem::TooSlow),
        };
        Self { parts, body, client }
    }

    pub(crate) fn path(&self) -> &str {
        self.parts.uri.path()
    }
}
