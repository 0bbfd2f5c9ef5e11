//! One request and one answer, whole: every route is terminated and originated (design.md section 4).

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use riskgate_store::Settled;
use riskgate_wire::Answer;

/// Headers that concern one connection, or that are written anew, and are never passed on.
const NOT_PASSED: [HeaderName; 11] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::DATE,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// How many headers a decision adds at most.
const OURS: usize = 4;

/// A request of the application. It has no `{:?}` form: it holds a personal number, and must not reach a log.
pub struct Request<'a> {
    /// The method.
    pub method: &'a Method,
    /// The raw path, query included.
    pub path: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The `Content-Type` as the protocol spells it, once it is known to be one that it takes.
    pub content_type: Option<&'static str>,
    /// The body.
    pub body: Bytes,
}

/// An answer to the application.
#[derive(Clone)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers, without those that the server writes itself.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub body: Bytes,
}

impl Response {
    /// An answer of our own.
    #[must_use]
    pub fn own(answer: Answer) -> Self {
        let headers = vec![(header::CONTENT_TYPE, HeaderValue::from_static(answer.content_type))];
        Self { status: answer.status, headers, body: answer.body }
    }

    /// The provider's answer as it came, without what concerns its connection only and without headers that only
    /// riskgate may set.
    #[must_use]
    pub fn passed(response: http::Response<Bytes>) -> Self {
        let (parts, body) = response.into_parts();
        let mut headers = Vec::with_capacity(parts.headers.len() + OURS);
        let mut name = None;
        for (next, value) in parts.headers {
            name = next.or(name); // another value of the same name comes without it
            if let Some(name) = name.as_ref().filter(|name| !NOT_PASSED.contains(name) && !is_ours(name)) {
                headers.push((name.clone(), value));
            }
        }
        Self { status: parts.status.as_u16(), headers, body }
    }

    /// Adds a header.
    pub fn add(&mut self, name: HeaderName, value: HeaderValue) {
        self.headers.push((name, value));
    }

    /// Its headers that only riskgate sets: a decision's own.
    pub fn ours(&self) -> impl Iterator<Item = &(HeaderName, HeaderValue)> {
        self.headers.iter().filter(|(name, _)| is_ours(name))
    }

    /// The status as hyper and pingora know it.
    #[must_use]
    pub fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl From<Settled> for Response {
    fn from(settled: Settled) -> Self {
        Self { status: settled.status, headers: settled.headers, body: settled.body }
    }
}

/// Whether a header is one that only riskgate and its application exchange.
#[must_use]
pub fn is_ours(name: &HeaderName) -> bool {
    name.as_str().starts_with("riskgate-")
}
