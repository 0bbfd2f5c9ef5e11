//! Signed JSON Web Tokens: verified against a provider's published keys, and signed as a client's proof of itself.
//!
//! `jsonwebtoken` reads tokens and keys; the cryptography below it is ring's (deny.toml: the one provider of cryptography).

mod keys;
mod provider;
mod sign;
mod verify;

pub use jsonwebtoken::Algorithm;
pub use keys::{KeySet, KeysError};
pub use sign::{SigningError, SigningKey};
pub use verify::{Claims, Expected, Unverified, verify};

use std::sync::Once;

/// The algorithms that are accepted of a provider: asymmetric ones only. With `HS256` and its like whoever holds the client's
/// secret could write tokens, and `none` is no algorithm at all.
pub const ACCEPTED: [Algorithm; 9] = [
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
];

/// Tells `jsonwebtoken` to calculate with ring. The library has one such setting a process.
fn with_ring() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Nobody else in this process sets it; were it so, that provider verifies as well.
        let _already_set = provider::RING.install_default();
    });
}
