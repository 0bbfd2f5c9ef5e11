//! A provider's published keys (RFC 7517).

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Why a set of keys cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// It is not a JSON object with a list `keys`.
    #[error("the provider's keys are not a JSON Web Key Set: {0}")]
    Form(String),
    /// None of its keys can verify a signature of an accepted algorithm.
    #[error("none of the provider's {0} keys verifies signatures of an algorithm that is accepted")]
    NoneUsable(usize),
}

/// The keys of a provider that verify signatures. What is for encryption, symmetric or of a kind that is not known here is left
/// out: a provider may add keys of any kind.
#[derive(Debug, Clone)]
pub struct KeySet {
    keys: Vec<Key>,
}

#[derive(Debug, Clone)]
struct Key {
    id: Option<String>,
    /// The algorithms that the key is good for: by its kind, and by its own `alg` where it has one.
    algorithms: Vec<Algorithm>,
    key: DecodingKey,
}

#[derive(Deserialize)]
struct Published<'a> {
    #[serde(borrow)]
    keys: Vec<&'a RawValue>,
}

impl KeySet {
    /// Reads a key set as the provider publishes it.
    ///
    /// # Errors
    ///
    /// [`KeysError`] when it is none, or has no key that can be used.
    pub fn read(body: &[u8]) -> Result<Self, KeysError> {
        let published: Published<'_> =
            serde_json::from_slice(body).map_err(|error| KeysError::Form(kind_of(&error)))?;
        let keys: Vec<Key> = published.keys.iter().filter_map(|text| Key::read(text.get())).collect();
        if keys.is_empty() { Err(KeysError::NoneUsable(published.keys.len())) } else { Ok(Self { keys }) }
    }

    /// The key that verifies a token: the one that its header names, if that is good for its algorithm. A token that names none
    /// is taken only where a single key could be meant.
    pub(super) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<&DecodingKey> {
        let mut fitting = self
            .keys
            .iter()
            .filter(|key| key.algorithms.contains(&algorithm) && (id.is_none() || key.id.as_deref() == id));
        let found = fitting.next()?;
        // Two keys of one name, or none named and several to choose from: it is not for us to guess.
        fitting.next().is_none().then_some(&found.key)
    }
}

impl Key {
    fn read(text: &str) -> Option<Self> {
        let jwk: Jwk = serde_json::from_str(text).ok()?;
        if jwk.common.public_key_use.as_ref().is_some_and(|meant| *meant != PublicKeyUse::Signature) {
            return None;
        }
        let mut algorithms = by_kind(&jwk.algorithm);
        if let Some(own) = jwk.common.key_algorithm {
            let own: Algorithm = own.to_string().parse().ok()?;
            algorithms.retain(|algorithm| *algorithm == own);
        }
        let key = DecodingKey::from_jwk(&jwk).ok()?;
        (!algorithms.is_empty()).then_some(Self { id: jwk.common.key_id, algorithms, key })
    }
}

fn by_kind(parameters: &AlgorithmParameters) -> Vec<Algorithm> {
    match parameters {
        AlgorithmParameters::EllipticCurve(key) => match key.curve {
            EllipticCurve::P256 => vec![Algorithm::ES256],
            EllipticCurve::P384 => vec![Algorithm::ES384],
            _ => Vec::new(),
        },
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            vec![Algorithm::EdDSA]
        }
        AlgorithmParameters::RSA(_) => vec![
            Algorithm::RS256,
            Algorithm::RS384,
            Algorithm::RS512,
            Algorithm::PS256,
            Algorithm::PS384,
            Algorithm::PS512,
        ],
        _ => Vec::new(),
    }
}

fn kind_of(error: &serde_json::Error) -> String {
    format!("{:?} error at line {} column {}", error.classify(), error.line(), error.column())
}
