//! The provider's configuration (OpenID Connect Discovery; other-systems.md section A.1).

use bytes::Bytes;
use http::Uri;
use jsonwebtoken::Algorithm;
use serde::Deserialize;

use crate::json::{Edits, Object, quoted};

/// A back-channel endpoint that the sidecar serves in the provider's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    /// Gives tokens.
    Token,
    /// Takes authorization requests from the back channel (RFC 9126).
    PushedAuthorization,
    /// Says whether a token is in force (RFC 7662).
    Introspection,
    /// Says who the user is.
    UserInfo,
    /// Takes tokens back (RFC 7009).
    Revocation,
}

impl Endpoint {
    const ALL: [Self; 5] =
        [Self::Token, Self::PushedAuthorization, Self::Introspection, Self::UserInfo, Self::Revocation];
}

/// Why a configuration cannot be used. The texts repeat nothing of it but names of its members.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryError {
    /// Not JSON of the form that it must have.
    #[error("the provider's configuration does not read: {0}")]
    Form(String),
    /// Of another issuer than the policy names: nothing in it may be believed (OpenID Connect Discovery section 4.3).
    #[error("the provider's configuration is of another issuer than the policy's")]
    Issuer,
    /// A member holds no absolute address that could be called.
    #[error("the provider's configuration has no usable {0}")]
    Address(&'static str),
    /// Two endpoints have one path, so that a request could not be told apart.
    #[error("two endpoints of the provider's configuration have one path")]
    SamePath,
}

#[derive(Deserialize)]
struct Published {
    issuer: String,
    token_endpoint: Option<String>,
    authorization_endpoint: Option<String>,
    pushed_authorization_request_endpoint: Option<String>,
    introspection_endpoint: Option<String>,
    /// BankID says the same twice (other-systems.md section A.1).
    token_introspection_endpoint: Option<String>,
    userinfo_endpoint: Option<String>,
    revocation_endpoint: Option<String>,
    jwks_uri: Option<String>,
    id_token_signing_alg_values_supported: Option<Vec<String>>,
    #[serde(rename = "fraud-data-baseurl")]
    fraud_data_baseurl: Option<String>,
}

/// The provider's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovery {
    document: Bytes,
    issuer: String,
    endpoints: Vec<(Endpoint, Uri)>,
    authorization: Option<Uri>,
    keys: Uri,
    algorithms: Vec<Algorithm>,
    security_data: Option<String>,
}

impl Discovery {
    /// Reads the configuration of `issuer`.
    ///
    /// # Errors
    ///
    /// [`DiscoveryError`] when it is not that issuer's, or lacks what is needed.
    pub fn read(document: &Bytes, issuer: &str) -> Result<Self, DiscoveryError> {
        Object::read(document).map_err(|error| DiscoveryError::Form(error.to_string()))?;
        let published: Published = serde_json::from_slice(document).map_err(|error| {
            DiscoveryError::Form(format!("line {} column {}", error.line(), error.column()))
        })?;
        if published.issuer != issuer {
            return Err(DiscoveryError::Issuer);
        }
        let introspection = published.introspection_endpoint.or(published.token_introspection_endpoint);
        let token = published.token_endpoint.ok_or(DiscoveryError::Address("token_endpoint"))?;
        let mut endpoints = vec![(Endpoint::Token, address(&token, "token_endpoint")?)];
        let others = [
            (
                Endpoint::PushedAuthorization,
                "pushed_authorization_request_endpoint",
                published.pushed_authorization_request_endpoint,
            ),
            (Endpoint::Introspection, "introspection_endpoint", introspection),
            (Endpoint::UserInfo, "userinfo_endpoint", published.userinfo_endpoint),
            (Endpoint::Revocation, "revocation_endpoint", published.revocation_endpoint),
        ];
        for (endpoint, member, text) in others {
            if let Some(text) = text {
                endpoints.push((endpoint, address(&text, member)?));
            }
        }
        let mut paths: Vec<&str> = endpoints.iter().map(|(_, uri)| uri.path()).collect();
        let own = super::configuration_path(issuer);
        paths.push(&own);
        paths.sort_unstable();
        if paths.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(DiscoveryError::SamePath);
        }
        let keys = published.jwks_uri.ok_or(DiscoveryError::Address("jwks_uri"))?;
        let authorization = published.authorization_endpoint;
        Ok(Self {
            authorization: authorization.map(|text| address(&text, "authorization_endpoint")).transpose()?,
            keys: address(&keys, "jwks_uri")?,
            algorithms: algorithms(published.id_token_signing_alg_values_supported),
            security_data: published.fraud_data_baseurl.filter(|base| !base.is_empty()),
            document: document.clone(),
            issuer: published.issuer,
            endpoints,
        })
    }

    /// The issuer, which the sidecar never changes: the application compares it to the tokens'.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Where the provider itself serves `endpoint`.
    #[must_use]
    pub fn endpoint(&self, endpoint: Endpoint) -> Option<&Uri> {
        self.endpoints.iter().find(|(known, _)| *known == endpoint).map(|(_, uri)| uri)
    }

    /// Which endpoint has this path. The sidecar serves each under the provider's own path.
    #[must_use]
    pub fn endpoint_at(&self, path: &str) -> Option<Endpoint> {
        self.endpoints.iter().find(|(_, uri)| uri.path() == path).map(|(endpoint, _)| *endpoint)
    }

    /// Where the user's browser is sent.
    #[must_use]
    pub fn authorization(&self) -> Option<&Uri> {
        self.authorization.as_ref()
    }

    /// Where the provider's keys are.
    #[must_use]
    pub fn keys(&self) -> &Uri {
        &self.keys
    }

    /// The algorithms that the provider signs ID tokens with, as far as they are known here.
    #[must_use]
    pub fn algorithms(&self) -> &[Algorithm] {
        &self.algorithms
    }

    /// The base address of the security data service: with a scheme, without a slash at its end. BankID's own text gives it
    /// with neither (other-systems.md section A.1). None where the provider has no such service.
    #[must_use]
    pub fn security_data(&self) -> Option<String> {
        self.security_data.as_deref().map(with_scheme)
    }

    /// The configuration as the application gets it from the sidecar at `base` (`http://127.0.0.1:15382`): the issuer
    /// unchanged, the back-channel endpoints at the sidecar. What would lead past it is left out: `signed_metadata`, which
    /// overrides the plain members (RFC 8414 section 2.1), and the endpoints for mutual TLS (RFC 8705 section 5).
    ///
    /// # Errors
    ///
    /// [`DiscoveryError::Form`]; the document was read before.
    pub fn rewritten(&self, base: &str) -> Result<Bytes, DiscoveryError> {
        let object = Object::read(&self.document).map_err(|error| DiscoveryError::Form(error.to_string()))?;
        let mut edits = Edits::default();
        for endpoint in Endpoint::ALL {
            let Some(uri) = self.endpoint(endpoint) else { continue };
            for member in members(endpoint).iter().filter(|member| !object.get(member).is_missing()) {
                edits.set(member, quoted(&format!("{base}{}", uri.path())));
            }
        }
        edits.remove("signed_metadata");
        edits.remove("mtls_endpoint_aliases");
        Ok(edits.apply(Some(&object), self.document.len()).into())
    }
}

/// The members that name an endpoint.
fn members(endpoint: Endpoint) -> &'static [&'static str] {
    match endpoint {
        Endpoint::Token => &["token_endpoint"],
        Endpoint::PushedAuthorization => &["pushed_authorization_request_endpoint"],
        Endpoint::Introspection => &["introspection_endpoint", "token_introspection_endpoint"],
        Endpoint::UserInfo => &["userinfo_endpoint"],
        Endpoint::Revocation => &["revocation_endpoint"],
    }
}

/// An absolute address without a query, which a request of the application could then not be told from.
fn address(text: &str, member: &'static str) -> Result<Uri, DiscoveryError> {
    let uri: Uri = text.parse().map_err(|_| DiscoveryError::Address(member))?;
    let usable = matches!(uri.scheme_str(), Some("https" | "http"))
        && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'))
        && uri.query().is_none()
        && uri.path().len() > 1;
    if usable { Ok(uri) } else { Err(DiscoveryError::Address(member)) }
}

/// Where nothing is announced, the one that every provider must have (OpenID Connect Discovery section 3).
fn algorithms(announced: Option<Vec<String>>) -> Vec<Algorithm> {
    announced.map_or_else(
        || vec![Algorithm::RS256],
        |names| names.iter().filter_map(|name| name.parse().ok()).collect(),
    )
}

fn with_scheme(base: &str) -> String {
    let base = base.trim_end_matches('/');
    if base.contains("://") { base.to_owned() } else { format!("https://{base}") }
}
