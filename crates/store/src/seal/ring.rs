//! The keys: the first seals, every one opens.

use ring::digest::{SHA256, digest};
use ring::hmac::{self, HMAC_SHA256};
use zeroize::{Zeroize, Zeroizing};

use super::KEY_ID_LEN;

/// How long a key is, in bytes.
pub const KEY_LEN: usize = 32;

/// Keys in the order of the policy. To change them without a lost answer, the new key stands second until every pod reads it,
/// then first, and the old one goes an hour later (docs/shared-store.md).
#[derive(Clone)]
pub struct KeyRing(Vec<SealKey>);

/// Why bytes are no key ring.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyRingError {
    /// No key at all.
    #[error("no key; name at least one")]
    Empty,
    /// A key of another length.
    #[error(
        "key {index} has {length} bytes; write {KEY_LEN} random bytes as they are, neither hexadecimal nor Base64"
    )]
    Length {
        /// Its place, from 0.
        index: usize,
        /// Its length in bytes.
        length: usize,
    },
    /// The same key twice.
    #[error("key {index} is the same as an earlier one; write another, or leave it out")]
    Twice {
        /// Its place, from 0.
        index: usize,
    },
}

/// One key, known in sealed values by a part of its hash.
#[derive(Clone)]
pub(super) struct SealKey {
    id: [u8; KEY_ID_LEN],
    key: hmac::Key,
}

impl KeyRing {
    /// A ring of the given keys. They are wiped from where they were.
    ///
    /// # Errors
    ///
    /// [`KeyRingError`].
    pub fn new(keys: Vec<Vec<u8>>) -> Result<Self, KeyRingError> {
        let mut ring = Vec::with_capacity(keys.len());
        for (index, mut bytes) in keys.into_iter().enumerate() {
            let length = bytes.len();
            let key = SealKey::new(&bytes);
            bytes.zeroize();
            if length != KEY_LEN {
                return Err(KeyRingError::Length { index, length });
            }
            if ring.iter().any(|known: &SealKey| known.id == key.id) {
                return Err(KeyRingError::Twice { index });
            }
            ring.push(key);
        }
        if ring.is_empty() { Err(KeyRingError::Empty) } else { Ok(Self(ring)) }
    }

    /// The key that seals. A ring is never empty.
    pub(super) fn first(&self) -> &SealKey {
        &self.0[0]
    }

    pub(super) fn find(&self, id: &[u8]) -> Option<&SealKey> {
        self.0.iter().find(|key| key.id == id)
    }
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyRing {{ {} keys }}", self.0.len())
    }
}

impl SealKey {
    fn new(bytes: &[u8]) -> Self {
        let mut named = Zeroizing::new(b"riskgate seal key id\0".to_vec());
        named.extend_from_slice(bytes);
        let hash = digest(&SHA256, &named);
        let mut id = [0; KEY_ID_LEN];
        id.copy_from_slice(&hash.as_ref()[..KEY_ID_LEN]);
        Self { id, key: hmac::Key::new(HMAC_SHA256, bytes) }
    }

    pub(super) fn id(&self) -> &[u8; KEY_ID_LEN] {
        &self.id
    }

    /// The AES key for everything kept under `name`.
    pub(super) fn derive(&self, name: &str) -> Zeroizing<[u8; KEY_LEN]> {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(b"riskgate seal v1\0");
        context.update(name.as_bytes());
        let mut key = Zeroizing::new([0; KEY_LEN]);
        key.copy_from_slice(context.sign().as_ref());
        key
    }
}
