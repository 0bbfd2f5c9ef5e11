//! Randomness that is no secret.

use ring::rand::{SecureRandom, SystemRandom};

/// A random byte; 0 where the system gives none.
pub(crate) fn byte() -> u8 {
    token()[0]
}

/// What one attempt to settle is told by. Without randomness all are alike, and a second attempt is taken for another's.
pub(crate) fn token() -> [u8; 16] {
    let mut token = [0; 16];
    let _left_as_it_is = SystemRandom::new().fill(&mut token);
    token
}
