//! How our own client proves to the token endpoint who it is (other-systems.md section A.4).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Request, Uri, header};
use riskgate_core::config::ClientAuthentication;
use riskgate_wire::bankid_no::FORM;
use riskgate_wire::jose::{SigningError, SigningKey};
use serde_json::json;
use uuid::Uuid;
use zeroize::Zeroizing;

/// How long an assertion may be used, in seconds. It is used at once, and its identifier is never used again.
const ASSERTION_FOR: u64 = 60;

/// Why a credential cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// The private key cannot sign.
    #[error(transparent)]
    Key(#[from] SigningError),
    /// The secret is empty, or no text.
    #[error("the client secret is empty or not text: write the secret that BankID gave")]
    Secret,
}

/// What the client proves with who it is.
pub enum ClientCredential {
    /// A key that signs assertions.
    PrivateKey(SigningKey),
    /// A secret in the header `Authorization`.
    SecretBasic(Zeroizing<String>),
    /// A secret in the form.
    SecretPost(Zeroizing<String>),
}

impl ClientCredential {
    /// Reads what a Secret holds: a private key in PEM, or a secret as text, whose white space at either end is not part of it.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] when it is not that.
    pub fn read(
        authentication: ClientAuthentication,
        content: &[u8],
        key_id: Option<&str>,
    ) -> Result<Self, CredentialError> {
        let secret = || {
            let text = std::str::from_utf8(content).map_err(|_| CredentialError::Secret)?.trim();
            if text.is_empty() { Err(CredentialError::Secret) } else { Ok(Zeroizing::new(text.to_owned())) }
        };
        Ok(match authentication {
            ClientAuthentication::PrivateKeyJwt => Self::PrivateKey(SigningKey::from_pem(content, key_id)?),
            ClientAuthentication::ClientSecretBasic => Self::SecretBasic(secret()?),
            ClientAuthentication::ClientSecretPost => Self::SecretPost(secret()?),
        })
    }

    /// The request for an access token. `now` is in seconds since the Unix epoch.
    pub(super) fn request(
        &self,
        endpoint: &Uri,
        issuer: &str,
        client: &str,
        scope: &str,
        now: u64,
    ) -> Result<Request<Bytes>, RequestError> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials").append_pair("scope", scope);
        let mut request = Request::post(endpoint)
            .header(header::CONTENT_TYPE, FORM)
            .header(header::ACCEPT, "application/json");
        match self {
            Self::PrivateKey(key) => {
                let claims = json!({
                    "iss": client, "sub": client, "aud": issuer,
                    "jti": Uuid::new_v4().to_string(), "iat": now, "exp": now.saturating_add(ASSERTION_FOR),
                });
                form.append_pair("client_id", client)
                    .append_pair("client_assertion_type", ASSERTION_TYPE)
                    .append_pair("client_assertion", &key.sign(&claims)?);
            }
            Self::SecretBasic(secret) => {
                // Both halves are form-encoded before they are put together (RFC 6749 section 2.3.1).
                let encoded =
                    |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
                let pair = Zeroizing::new(format!("{}:{}", encoded(client), encoded(secret)));
                let mut value = header::HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(&*pair)))
                    .map_err(http::Error::from)?;
                value.set_sensitive(true);
                request = request.header(header::AUTHORIZATION, value);
            }
            Self::SecretPost(secret) => {
                form.append_pair("client_id", client).append_pair("client_secret", secret);
            }
        }
        Ok(request.body(Bytes::from(form.finish()))?)
    }
}

/// RFC 7523 section 2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Why no request could be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum RequestError {
    #[error(transparent)]
    Assertion(#[from] SigningError),
    #[error("the request for an access token cannot be written: {0}")]
    Http(#[from] http::Error),
}

/// Its kind only.
impl std::fmt::Debug for ClientCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::PrivateKey(_) => "PrivateKey",
            Self::SecretBasic(_) => "SecretBasic",
            Self::SecretPost(_) => "SecretPost",
        })
    }
}
