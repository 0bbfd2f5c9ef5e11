//! Requests to the token endpoint (other-systems.md section A.4): who asks, and for what.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Deserialize;

use crate::form::{Form, decoded};
use crate::protocol::Malformed;

/// What tokens are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// For a code that the user's browser brought: a login, or a signature.
    AuthorizationCode,
    /// In place of tokens that grow old: the same login goes on.
    RefreshToken,
    /// For the client itself: no user, and no risk to judge.
    ClientCredentials,
    /// Any other way to a user's tokens, such as a login that was started on another device.
    Other,
}

/// A request for tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// What is asked for.
    pub grant: Grant,
    /// The client that asks. The provider checks that it is who it says; its tokens must be for it.
    pub client: Option<String>,
}

/// What is read of a client's own assertion. Not verified here: the provider does, and refuses it if it is forged.
#[derive(Deserialize)]
struct Assertion {
    sub: Option<String>,
}

impl TokenRequest {
    /// Reads a request with its `Authorization` header.
    ///
    /// # Errors
    ///
    /// [`Malformed`] when it is no form, names no grant, or names two clients.
    pub fn read(body: &[u8], authorization: Option<&str>) -> Result<Self, Malformed> {
        let form = Form::read(body)?;
        let grant = match form.get("grant_type") {
            None | Some("") => {
                return Err(Malformed::Member {
                    member: "grant_type",
                    expected: "write authorization_code, refresh_token or client_credentials",
                });
            }
            Some("authorization_code") => Grant::AuthorizationCode,
            Some("refresh_token") => Grant::RefreshToken,
            Some("client_credentials") => Grant::ClientCredentials,
            Some(_) => Grant::Other,
        };
        let named = [
            form.get("client_id").map(str::to_owned),
            authorization.and_then(of_basic),
            form.get("client_assertion").and_then(of_assertion),
        ];
        let mut clients: Vec<String> = named.into_iter().flatten().collect();
        clients.dedup();
        if clients.len() > 1 {
            return Err(Malformed::Member {
                member: "client_id",
                expected: "name one client, the same in client_id, Authorization and client_assertion",
            });
        }
        Ok(Self { grant, client: clients.pop() })
    }
}

/// The client of HTTP Basic: its id is form-encoded before it is put there (RFC 6749 section 2.3.1).
fn of_basic(authorization: &str) -> Option<String> {
    let (scheme, encoded) = authorization.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (client, _secret) = text.split_once(':')?;
    decoded(client).map(std::borrow::Cow::into_owned)
}

/// The client that an assertion is of (RFC 7523 section 3: its `sub`).
fn of_assertion(token: &str) -> Option<String> {
    let payload = token.split('.').nth(1)?;
    let claims: Assertion = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    claims.sub
}
