//! ring as the cryptography of `jsonwebtoken`.

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::signature::{self, Signer, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind, EncodingKey};
use ring::rand::SystemRandom;
use ring::signature as ring_signature;

/// What `jsonwebtoken` calculates with.
pub(super) static RING: CryptoProvider = CryptoProvider {
    signer_factory: signer,
    verifier_factory: verifier,
    // Only for keys that are turned into JWKs, which nobody does here.
    key_utils: KeyUtils::new_unimplemented(),
};

fn signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>, Error> {
    if key.family() != algorithm.family() {
        return Err(ErrorKind::InvalidKeyFormat.into());
    }
    let pair = Pair::of(*algorithm, key.as_bytes())?;
    Ok(Box::new(RingSigner { algorithm: *algorithm, pair }))
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    if key.family() != algorithm.family() {
        return Err(ErrorKind::InvalidKeyFormat.into());
    }
    let scheme = Scheme::of(*algorithm)?;
    Ok(Box::new(RingVerifier { algorithm: *algorithm, scheme, key: key.clone() }))
}

/// A private key, ready to sign.
enum Pair {
    Ecdsa(ring_signature::EcdsaKeyPair),
    Ed25519(ring_signature::Ed25519KeyPair),
    Rsa(ring_signature::RsaKeyPair, &'static dyn ring_signature::RsaEncoding),
}

impl Pair {
    fn of(algorithm: Algorithm, key: &[u8]) -> Result<Self, Error> {
        let ecdsa = |parameters| {
            ring_signature::EcdsaKeyPair::from_pkcs8(parameters, key, &SystemRandom::new())
                .map(Self::Ecdsa)
                .map_err(|_| ErrorKind::InvalidEcdsaKey.into())
        };
        let rsa = |encoding| {
            ring_signature::RsaKeyPair::from_der(key)
                .map(|pair| Self::Rsa(pair, encoding))
                .map_err(|_| ErrorKind::InvalidKeyFormat.into())
        };
        match algorithm {
            Algorithm::ES256 => ecdsa(&ring_signature::ECDSA_P256_SHA256_FIXED_SIGNING),
            Algorithm::ES384 => ecdsa(&ring_signature::ECDSA_P384_SHA384_FIXED_SIGNING),
            Algorithm::EdDSA => ring_signature::Ed25519KeyPair::from_pkcs8_maybe_unchecked(key)
                .map(Self::Ed25519)
                .map_err(|_| ErrorKind::InvalidKeyFormat.into()),
            Algorithm::RS256 => rsa(&ring_signature::RSA_PKCS1_SHA256),
            Algorithm::RS384 => rsa(&ring_signature::RSA_PKCS1_SHA384),
            Algorithm::RS512 => rsa(&ring_signature::RSA_PKCS1_SHA512),
            Algorithm::PS256 => rsa(&ring_signature::RSA_PSS_SHA256),
            Algorithm::PS384 => rsa(&ring_signature::RSA_PSS_SHA384),
            Algorithm::PS512 => rsa(&ring_signature::RSA_PSS_SHA512),
            // The symmetric ones, and what the library may learn later.
            _ => Err(ErrorKind::UnsupportedAlgorithm.into()),
        }
    }
}

struct RingSigner {
    algorithm: Algorithm,
    pair: Pair,
}

impl Signer<Vec<u8>> for RingSigner {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Ecdsa(pair) => {
                let signed = pair.sign(&random, message).map_err(|_| signature::Error::new())?;
                Ok(signed.as_ref().to_vec())
            }
            Pair::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
            Pair::Rsa(pair, encoding) => {
                let mut signed = vec![0; pair.public().modulus_len()];
                pair.sign(*encoding, &random, message, &mut signed).map_err(|_| signature::Error::new())?;
                Ok(signed)
            }
        }
    }
}

impl JwtSigner for RingSigner {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

/// How a signature is checked.
enum Scheme {
    Key(&'static dyn ring_signature::VerificationAlgorithm),
    Rsa(&'static ring_signature::RsaParameters),
}

impl Scheme {
    fn of(algorithm: Algorithm) -> Result<Self, Error> {
        Ok(match algorithm {
            Algorithm::ES256 => Self::Key(&ring_signature::ECDSA_P256_SHA256_FIXED),
            Algorithm::ES384 => Self::Key(&ring_signature::ECDSA_P384_SHA384_FIXED),
            Algorithm::EdDSA => Self::Key(&ring_signature::ED25519),
            Algorithm::RS256 => Self::Rsa(&ring_signature::RSA_PKCS1_2048_8192_SHA256),
            Algorithm::RS384 => Self::Rsa(&ring_signature::RSA_PKCS1_2048_8192_SHA384),
            Algorithm::RS512 => Self::Rsa(&ring_signature::RSA_PKCS1_2048_8192_SHA512),
            Algorithm::PS256 => Self::Rsa(&ring_signature::RSA_PSS_2048_8192_SHA256),
            Algorithm::PS384 => Self::Rsa(&ring_signature::RSA_PSS_2048_8192_SHA384),
            Algorithm::PS512 => Self::Rsa(&ring_signature::RSA_PSS_2048_8192_SHA512),
            _ => return Err(ErrorKind::UnsupportedAlgorithm.into()),
        })
    }
}

struct RingVerifier {
    algorithm: Algorithm,
    scheme: Scheme,
    key: DecodingKey,
}

impl Verifier<Vec<u8>> for RingVerifier {
    fn verify(&self, message: &[u8], signed: &Vec<u8>) -> Result<(), signature::Error> {
        let verified = match (&self.scheme, self.key.kind()) {
            (Scheme::Key(algorithm), DecodingKeyKind::SecretOrDer(key)) => {
                ring_signature::UnparsedPublicKey::new(*algorithm, key).verify(message, signed)
            }
            (Scheme::Rsa(parameters), DecodingKeyKind::RsaModulusExponent { n, e }) => {
                ring_signature::RsaPublicKeyComponents { n, e }.verify(parameters, message, signed)
            }
            (Scheme::Rsa(parameters), DecodingKeyKind::SecretOrDer(key)) => {
                ring_signature::UnparsedPublicKey::new(*parameters, key).verify(message, signed)
            }
            (Scheme::Key(_), DecodingKeyKind::RsaModulusExponent { .. }) => {
                return Err(signature::Error::new());
            }
        };
        verified.map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for RingVerifier {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}
