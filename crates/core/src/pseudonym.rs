//! Pseudonyms for decision records: a keyed hash, so that one person's decisions can be put side by side without the
//! log holding the person.

use ring::hmac::{Context, HMAC_SHA256, Key};

use crate::hex;

/// Turns references and personal numbers into keyed hashes.
#[derive(Clone)]
pub struct Pseudonymizer {
    key: Key,
}

impl Pseudonymizer {
    /// A pseudonymizer under `key`; HMAC takes a key of any length, 32 random bytes are right.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        Self { key: Key::new(HMAC_SHA256, key) }
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
        let mut mac = Context::with_key(&self.key);
        mac.update(domain.as_bytes());
        mac.update(&[0]);
        mac.update(value.as_bytes());
        hex::prefixed("hmac:", mac.sign().as_ref())
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
    fn it_is_hmac_sha_256_over_the_domain_and_the_value() {
        // Computed with another implementation (Python's hmac).
        let expected = "hmac:98b4a3d94f645286830d7808040f60eee7ab852e074f41dc5cda2e7e2566ff1c";
        assert_eq!(Pseudonymizer::new(b"key").subject("190000000000"), expected);
    }

    #[test]
    fn subjects_and_transactions_never_share_a_pseudonym() {
        let one = Pseudonymizer::new(b"key");
        assert_ne!(one.subject("x"), one.transaction("x"));
    }
}
