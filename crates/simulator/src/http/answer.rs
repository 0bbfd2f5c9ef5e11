//! An answer and how it is put on the wire.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use serde::Serialize;

use super::body::AnswerBody;

/// `application/json` exactly (`bankid-se.md section 1`).
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// What becomes of an answer on its way to the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Delivery {
    /// It arrives.
    #[default]
    Whole,
    /// Its head arrives and half of its body; then the connection closes.
    Truncated,
    /// The connection closes without a byte of it.
    Dropped,
    /// The connection is reset without a byte of it.
    Reset,
}

/// A status, headers and a body.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Bytes,
    pub(crate) delivery: Delivery,
}

impl Answer {
    pub(crate) fn json(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self::new(status, JSON, body)
    }

    pub(crate) fn new(status: StatusCode, content_type: HeaderValue, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: vec![(CONTENT_TYPE, content_type)],
            body: body.into(),
            delivery: Delivery::Whole,
        }
    }

    /// An answer without a body and without a content type.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new(), delivery: Delivery::Whole }
    }

    pub(super) fn into_response(self) -> Response<AnswerBody> {
        let body = match self.delivery {
            Delivery::Truncated => AnswerBody::truncated(self.body),
            _ => AnswerBody::whole(self.body),
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        response.headers_mut().extend(self.headers);
        response
    }
}
