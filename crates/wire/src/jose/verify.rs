//! Whether a token is what it says: signed by the provider, with an algorithm and a key that we chose, for this client, and now.

use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use serde_json::{Map, Value};

use super::keys::KeySet;

/// How far the provider's clock and ours may be apart, in seconds.
const LEEWAY: u64 = 60;

/// The longest token that is looked at, in bytes. Tokens with a full certificate chain in their header stay below half of it
/// (other-systems.md section A.2, API version 3).
const LONGEST: usize = 64 * 1024;

/// What a token must say.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// `iss`, to the letter.
    pub issuer: &'a str,
    /// The client for which it must be (`aud`, and `azp` where there is one); none for an access token, which is for others.
    pub client: Option<&'a str>,
    /// The algorithms that the provider announces; of these, only the accepted ones count.
    pub announced: &'a [Algorithm],
    /// The time, in seconds since the Unix epoch.
    pub now: u64,
}

/// Why a token is not believed. The texts repeat nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// Not a signed token, or its header names an algorithm that nobody may use (`none` among them).
    #[error("it is not a token signed with an algorithm that is known")]
    Form,
    /// The algorithm of its header is not announced by the provider, or not accepted.
    #[error("its algorithm is not one that the provider announces and that is accepted")]
    Algorithm,
    /// Its header asks for something that is not understood (`crit`), and must then not be taken (RFC 7515 section 4.1.11).
    #[error("its header has a critical part that is not understood")]
    Critical,
    /// No published key has its key id and fits its algorithm: the provider may have new keys.
    #[error("none of the provider's keys is the one that it names")]
    UnknownKey,
    /// The signature does not fit.
    #[error("its signature does not fit")]
    Signature,
    /// From another issuer.
    #[error("its issuer is another")]
    Issuer,
    /// For another client.
    #[error("it is for another client")]
    Audience,
    /// Its time is over, or it has none.
    #[error("its time is over")]
    Expired,
    /// Its time has not come.
    #[error("its time has not come")]
    NotYet,
}

/// What a verified token says.
#[derive(Clone, PartialEq)]
pub struct Claims(Map<String, Value>);

/// Verifies `token`, and gives what it says.
///
/// # Errors
///
/// [`Unverified`]; [`Unverified::UnknownKey`] is worth another try with keys fetched anew.
pub fn verify(token: &str, keys: &KeySet, expected: &Expected<'_>) -> Result<Claims, Unverified> {
    super::with_ring();
    if token.len() > LONGEST {
        return Err(Unverified::Form);
    }
    let header = decode_header(token).map_err(|_| Unverified::Form)?;
    let algorithm = header.alg;
    if !(super::ACCEPTED.contains(&algorithm) && expected.announced.contains(&algorithm)) {
        return Err(Unverified::Algorithm);
    }
    if header.crit.is_some() {
        return Err(Unverified::Critical);
    }
    let key = keys.find(header.kid.as_deref(), algorithm).ok_or(Unverified::UnknownKey)?;
    let claims = decode::<Map<String, Value>>(token, key, &signature_only(algorithm))
        .map_err(|_| Unverified::Signature)?
        .claims;
    check(&claims, expected)?;
    Ok(Claims(claims))
}

/// The library checks the signature. What the claims must say is checked here, against a time that is an input.
fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation
}

fn check(claims: &Map<String, Value>, expected: &Expected<'_>) -> Result<(), Unverified> {
    if claims.get("iss").and_then(Value::as_str) != Some(expected.issuer) {
        return Err(Unverified::Issuer);
    }
    if expected.client.is_some_and(|client| !is_for(claims, client)) {
        return Err(Unverified::Audience);
    }
    let expires = claims.get("exp").and_then(seconds).ok_or(Unverified::Expired)?;
    if expires.saturating_add(LEEWAY) <= expected.now {
        return Err(Unverified::Expired);
    }
    for begins in ["nbf", "iat"] {
        match claims.get(begins) {
            None => {}
            Some(value) => {
                let begins = seconds(value).ok_or(Unverified::NotYet)?;
                if begins > expected.now.saturating_add(LEEWAY) {
                    return Err(Unverified::NotYet);
                }
            }
        }
    }
    Ok(())
}

/// Whether the token is for `client`: it is an audience, and the authorised party where one is named (OpenID Connect Core,
/// section 3.1.3.7).
fn is_for(claims: &Map<String, Value>, client: &str) -> bool {
    let named = match claims.get("aud") {
        Some(Value::String(one)) => one == client,
        Some(Value::Array(several)) => several.iter().any(|one| one.as_str() == Some(client)),
        _ => false,
    };
    let party = claims.get("azp");
    named && party.is_none_or(|party| party.as_str() == Some(client))
}

/// A NumericDate (RFC 7519 section 2), whole seconds. A negative one is long ago.
fn seconds(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_f64().filter(|number| number.is_finite()).map(|number| number as u64))
}

impl Claims {
    /// The text of the claim `name`.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// Whether there is a claim `name`.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The text at `place`: the name of a claim, or a JSON pointer (RFC 6901) where it starts with `/`.
    #[must_use]
    pub fn text_at(&self, place: &str) -> Option<&str> {
        let Some(path) = place.strip_prefix('/') else { return self.text(place) };
        let mut tokens = path.split('/').map(|token| token.replace("~1", "/").replace("~0", "~"));
        let first = self.0.get(&tokens.next()?)?;
        let value = tokens.try_fold(first, |value, token| match value {
            Value::Object(members) => members.get(&token),
            Value::Array(items) => items.get(token.parse::<usize>().ok()?),
            _ => None,
        })?;
        value.as_str()
    }
}

impl From<Map<String, Value>> for Claims {
    fn from(claims: Map<String, Value>) -> Self {
        Self(claims)
    }
}

/// How many claims there are: what they say is a user's own.
impl std::fmt::Debug for Claims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Claims of {}", self.0.len())
    }
}
