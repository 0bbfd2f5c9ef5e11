//! Sealing: what leaves the process for a shared server is encrypted and authenticated with AES-256-GCM.
//!
//! A sealed value is `version (1) | key id (8) | nonce (12) | ciphertext | tag (16)`. The place that it is kept at, the
//! server's key name and the field, is associated data: a value that was moved to another place does not open.
//!
//! Each place has a key of its own, derived from the ring's key with HMAC-SHA-256. So a random 96-bit nonce is drawn a handful
//! of times under one AES key, and the bound of 2^32 values that random nonces set (NIST SP 800-38D, section 8.3) holds for
//! one transaction instead of for the life of the ring's key (docs/adr/0008).

mod ring;
#[cfg(test)]
mod tests;

use ::ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ::ring::rand::{SecureRandom, SystemRandom};

pub use self::ring::{KEY_LEN, KeyRing, KeyRingError};

/// The layout of sealed values that this version writes and reads.
const VERSION: u8 = 1;
const KEY_ID_LEN: usize = 8;
/// What stands before the ciphertext.
const HEAD: usize = 1 + KEY_ID_LEN + NONCE_LEN;

/// Why a value was not sealed or does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Written by another version of riskgate.
    #[error("a value has the sealed form {0}, this version reads {VERSION}")]
    Version(u8),
    /// Under a key that is not in the ring.
    #[error("a value was sealed under a key that sealKeysRef does not name (any more)")]
    UnknownKey,
    /// Changed, moved from another place, or not a sealed value at all.
    #[error("a value was changed, moved, or written by something else")]
    Forged,
    /// The system gives no randomness.
    #[error("the system gives no randomness")]
    NoRandomness,
}

/// Where a value is kept: it opens nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The server's key name.
    pub name: &'a str,
    /// The field of the hash at that name.
    pub field: &'a str,
}

impl Place<'_> {
    /// Key names hold no NUL, so that no two places read the same.
    fn associated(&self) -> Vec<u8> {
        [self.name.as_bytes(), self.field.as_bytes()].join(&0)
    }
}

/// Seals with the first key of the ring.
///
/// # Errors
///
/// [`SealError::NoRandomness`].
pub fn seal(ring: &KeyRing, place: Place<'_>, plain: &[u8]) -> Result<Vec<u8>, SealError> {
    let key = ring.first();
    let mut nonce = [0; NONCE_LEN];
    SystemRandom::new().fill(&mut nonce).map_err(|_| SealError::NoRandomness)?;
    let mut sealed = Vec::with_capacity(HEAD + plain.len() + AES_256_GCM.tag_len());
    sealed.push(VERSION);
    sealed.extend_from_slice(key.id());
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plain);
    let nonce = Nonce::assume_unique_for_key(nonce);
    let tag = cipher(key.derive(place.name).as_ref())
        .and_then(|cipher| {
            cipher.seal_in_place_separate_tag(nonce, Aad::from(place.associated()), &mut sealed[HEAD..]).ok()
        })
        // Only a text of 64 GiB cannot be sealed.
        .ok_or(SealError::Forged)?;
    sealed.extend_from_slice(tag.as_ref());
    Ok(sealed)
}

/// Opens with the key that the value names.
///
/// # Errors
///
/// [`SealError`]; nothing of the value is given away.
pub fn open(ring: &KeyRing, place: Place<'_>, mut sealed: Vec<u8>) -> Result<Vec<u8>, SealError> {
    let version = *sealed.first().ok_or(SealError::Forged)?;
    if version != VERSION {
        return Err(SealError::Version(version));
    }
    let (head, _) = sealed.split_at_checked(HEAD).ok_or(SealError::Forged)?;
    let (id, nonce) = head[1..].split_at(KEY_ID_LEN);
    let key = ring.find(id).ok_or(SealError::UnknownKey)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::Forged)?;
    let length = cipher(key.derive(place.name).as_ref())
        .and_then(|cipher| {
            let plain =
                cipher.open_in_place(nonce, Aad::from(place.associated()), &mut sealed[HEAD..]).ok()?;
            Some(plain.len())
        })
        .ok_or(SealError::Forged)?;
    sealed.truncate(HEAD + length);
    sealed.drain(..HEAD);
    Ok(sealed)
}

fn cipher(key: &[u8]) -> Option<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM, key).ok().map(LessSafeKey::new)
}
