//! A client's private key, for proving to a provider who it is (RFC 7523).

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde::Serialize;

/// Why nothing can be signed with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SigningError {
    /// No private key that can be used.
    #[error(
        "it is not a private key in PEM that can sign: write an RSA key of 2048 bits or more, or a PKCS #8 key of P-256, P-384 or Ed25519"
    )]
    Key,
    /// The claims could not be signed.
    #[error("the claims cannot be signed")]
    Claims,
}

/// A private key with the algorithm that it signs with.
#[derive(Clone)]
pub struct SigningKey {
    key: EncodingKey,
    algorithm: Algorithm,
    id: Option<String>,
}

impl SigningKey {
    /// Reads a private key. Its kind says the algorithm: `ES256`, `ES384`, `EdDSA`, or `RS256` for RSA. `id` is the key's name
    /// at the provider, where it has one.
    ///
    /// # Errors
    ///
    /// [`SigningError::Key`] when it is none of these.
    pub fn from_pem(pem: &[u8], id: Option<&str>) -> Result<Self, SigningError> {
        super::with_ring();
        let candidates = [
            (EncodingKey::from_ec_pem(pem), [Algorithm::ES256, Algorithm::ES384].as_slice()),
            (EncodingKey::from_ed_pem(pem), [Algorithm::EdDSA].as_slice()),
            (EncodingKey::from_rsa_pem(pem), [Algorithm::RS256].as_slice()),
        ];
        for (key, algorithms) in candidates {
            let Ok(key) = key else { continue };
            for &algorithm in algorithms {
                let candidate = Self { key: key.clone(), algorithm, id: id.map(str::to_owned) };
                // Only ring knows whether the key is of this curve.
                if candidate.sign(&serde_json::Map::new()).is_ok() {
                    return Ok(candidate);
                }
            }
        }
        Err(SigningError::Key)
    }

    /// The claims as a signed token.
    ///
    /// # Errors
    ///
    /// [`SigningError::Claims`] when they cannot be written or signed.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String, SigningError> {
        super::with_ring();
        let header = Header { kid: self.id.clone(), ..Header::new(self.algorithm) };
        encode(&header, claims, &self.key).map_err(|_| SigningError::Claims)
    }

    /// What it signs with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}
