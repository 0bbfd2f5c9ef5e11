//! What texts of a policy may look like, for its schema. The words in which a mistake is told stand beside the reader of
//! policy files (`api::file::wording`).

/// The name of an entry of a policy: a label of RFC 1123.
pub const NAME: &str = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";
/// The name of a Secret, a ConfigMap or a claim: a subdomain of RFC 1123.
pub const OBJECT_NAME: &str = "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$";
/// The key of a Secret or ConfigMap.
pub const DATA_KEY: &str = r"^([-_a-zA-Z0-9]|\.[-_a-zA-Z0-9])[-._a-zA-Z0-9]*$";
/// A word of a provider's protocol, or an indicator.
pub const WORD: &str = "^[A-Za-z0-9]+$";
/// An address with a path, without a login, a query or a fragment.
pub const URL: &str = r"^https?://[^?#@\s]+$";
/// The address of a Redis or Valkey server.
pub const REDIS_URL: &str = r"^rediss?://[^/?#\s]+$";
/// A JSON pointer that points below the root.
pub const POINTER: &str = "^(/[^/]+)+$";
