//! Pseudonyms for decision records: a keyed hash, so that one person's decisions can be put side by side without the
//! log holding the person.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::hex;

/// Turns references and personal numbers into keyed hashes.
#[derive(Clone)]
pub struct Pseudonymizer {
    keyed: Hmac<Sha256>,
}

impl Pseudonymizer {
    /// A pseudonymizer under `key`; HMAC takes a key of any length, 32 random bytes are right.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        // HMAC accepts keys of every length; the error of this constructor cannot occur.
        let keyed = Hmac::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default()));
        Self { keyed }
    }

    /// The pseudonym of a person: `hmac:` and 64 hexadecimal digits.
    #[must_use]
    pub fn subject(&self, personal_number: &str) -> String {
        self.hash("subject", personal_number)
    }

    /// The pseudonym of a transaction.
    #[must_use]
    pub fn transaction(&self, reference: &str) -> String {
        self.hash("transaction", reference)
    }

    fn hash(&self, domain: &str, value: &str) -> String {
        let mut mac = self.keyed.clone();
        mac.update(domain.as_bytes());
        mac.update(&[0]);
        mac.update(value.as_bytes());
        hex::prefixed("hmac:", &mac.finalize().into_bytes())
    }
}

impl std::fmt::Debug for Pseudonymizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pseudonymizer")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_key_gives_the_same_pseudonym_and_another_key_another() {
        let one = Pseudonymizer::new(&[7; 32]);
        assert_eq!(one.subject("190000000000"), Pseudonymizer::new(&[7; 32]).subject("190000000000"));
        assert_ne!(one.subject("190000000000"), Pseudonymizer::new(&[8; 32]).subject("190000000000"));
        assert_eq!(one.subject("190000000000").len(), "hmac:".len() + 64);
    }

    #[test]
    fn subjects_and_transactions_never_share_a_pseudonym() {
        let one = Pseudonymizer::new(b"key");
        assert_ne!(one.subject("x"), one.transaction("x"));
    }
}
