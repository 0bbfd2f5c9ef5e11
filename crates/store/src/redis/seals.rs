//! What the fields hold, sealed: the codec inside, the seal outside.

use std::sync::{Arc, PoisonError, RwLock};

use super::codec::{self, CodecError};
use crate::seal::{self, KeyRing, Place, SealError};
use crate::store::StoreError;
use crate::transaction::{Held, Order, Settled};

/// A sealed field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Facts,
    Held,
    Settled,
    Record,
}

impl Field {
    /// Its name in the hash, which its seal is bound to.
    fn name(self) -> &'static str {
        match self {
            Self::Facts => "f",
            Self::Held => "h",
            Self::Settled => "s",
            Self::Record => "r",
        }
    }
}

/// Writes and reads sealed fields, under the keys of the moment.
pub(super) struct Seals(RwLock<Arc<KeyRing>>);

impl From<SealError> for StoreError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::NoRandomness => Self::Unavailable(error.to_string()),
            SealError::Version(_) | SealError::UnknownKey | SealError::Forged => {
                Self::Unreadable(error.to_string())
            }
        }
    }
}

impl From<CodecError> for StoreError {
    fn from(error: CodecError) -> Self {
        Self::Unreadable(error.to_string())
    }
}

impl Seals {
    pub(super) fn new(keys: KeyRing) -> Self {
        Self(RwLock::new(Arc::new(keys)))
    }

    pub(super) fn replace(&self, keys: KeyRing) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    fn keys(&self) -> Arc<KeyRing> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn seal(&self, name: &str, field: Field, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        Ok(seal::seal(&self.keys(), Place { name, field: field.name() }, plain)?)
    }

    pub(super) fn open(&self, name: &str, field: Field, sealed: Vec<u8>) -> Result<Vec<u8>, StoreError> {
        Ok(seal::open(&self.keys(), Place { name, field: field.name() }, sealed)?)
    }

    pub(super) fn order(&self, name: &str, order: Order) -> Result<Vec<u8>, StoreError> {
        self.seal(name, Field::Facts, &codec::encode_order(order)?)
    }

    pub(super) fn held(&self, name: &str, held: &Held) -> Result<Vec<u8>, StoreError> {
        self.seal(name, Field::Held, &codec::encode_held(held)?)
    }

    pub(super) fn settled(&self, name: &str, settled: &Settled) -> Result<Vec<u8>, StoreError> {
        self.seal(name, Field::Settled, &codec::encode_settled(settled)?)
    }

    pub(super) fn read_order(&self, name: &str, sealed: Vec<u8>) -> Result<Order, StoreError> {
        Ok(codec::decode_order(self.open(name, Field::Facts, sealed)?)?)
    }

    pub(super) fn read_held(&self, name: &str, sealed: Vec<u8>) -> Result<Held, StoreError> {
        Ok(codec::decode_held(self.open(name, Field::Held, sealed)?)?)
    }

    pub(super) fn read_settled(&self, name: &str, sealed: Vec<u8>) -> Result<Settled, StoreError> {
        Ok(codec::decode_settled(self.open(name, Field::Settled, sealed)?)?)
    }
}
