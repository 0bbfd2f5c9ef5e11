//! Answers as the application receives them.

use bytes::Bytes;

/// An answer that riskgate writes itself, in the provider's own form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The `Content-Type`.
    pub content_type: &'static str,
    /// The body.
    pub body: Bytes,
}

/// What went wrong, in words that every provider has a form for. What each becomes on the wire is the provider's matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The caller may not use the listener: a browser, a foreign Host, or a front end of the provider that refuses us.
    Unauthorized,
    /// A path that the provider does not have.
    NotFound,
    /// A method that the provider does not take.
    MethodNotAllowed,
    /// Another content type than the provider takes.
    UnsupportedMediaType,
    /// A request that cannot be read, is too long, or contradicts the policy.
    InvalidParameters,
    /// The application sent its request too slowly.
    RequestTimeout,
    /// The provider cannot be reached, or riskgate can take no more; nothing was sent.
    Maintenance,
    /// The provider's answer is missing or cannot be believed; something may have happened.
    InternalError,
}
