//! Which call of the provider a request is.

use super::discovery::{Discovery, Endpoint};

/// The one `Content-Type` of the provider's requests.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// What a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Called {
    /// It asks for the provider's configuration.
    Configuration,
    /// It calls a back-channel endpoint.
    Endpoint(Endpoint),
    /// It is the user's browser's own: the authorization endpoint.
    Authorization,
    /// A known path with a method that the provider does not take.
    OtherMethod,
    /// A path that the provider does not have.
    UnknownPath,
}

/// The path of the provider's configuration, below the issuer's own (OpenID Connect Discovery section 4).
#[must_use]
pub fn configuration_path(issuer: &str) -> String {
    let behind_scheme = issuer.split_once("://").map_or(issuer, |(_, rest)| rest);
    let path = behind_scheme.find('/').map_or("", |start| &behind_scheme[start..]);
    format!("{}/.well-known/openid-configuration", path.trim_end_matches('/'))
}

/// Which call this is. A path is known by its exact bytes, as the provider's configuration has it: a query, a trailing slash or
/// an escape makes it another. Only the authorization endpoint has a query.
#[must_use]
pub fn recognise(discovery: &Discovery, method: &str, path: &str) -> Called {
    if path == configuration_path(discovery.issuer()) {
        return if method == "GET" { Called::Configuration } else { Called::OtherMethod };
    }
    let plain = path.split_once('?').map_or(path, |(plain, _)| plain);
    if discovery.authorization().is_some_and(|uri| uri.path() == plain) {
        return if method == "GET" { Called::Authorization } else { Called::OtherMethod };
    }
    match (discovery.endpoint_at(path), method) {
        (None, _) => Called::UnknownPath,
        (Some(endpoint), "POST") => Called::Endpoint(endpoint),
        (Some(Endpoint::UserInfo), "GET") => Called::Endpoint(Endpoint::UserInfo),
        (Some(_), _) => Called::OtherMethod,
    }
}
