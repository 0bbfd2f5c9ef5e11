//! `web.deviceIdentifier` and `app.deviceIdentifier` (bankid-se.md section 2.2).

use std::borrow::Cow;

use sha2::{Digest, Sha256};

/// How long an identifier may be, in characters: exactly a SHA-256 in hexadecimal.
const LONGEST: usize = 64;

/// The identifier as BankID takes it: its hash where it is too long. None when it is empty.
pub(super) fn normal(text: &str) -> Option<Cow<'_, str>> {
    match text {
        "" => None,
        _ if is_overlong(text) => Some(Cow::Owned(hashed(text))),
        _ => Some(Cow::Borrowed(text)),
    }
}

/// Whether an identifier is longer than BankID takes.
pub(super) fn is_overlong(text: &str) -> bool {
    text.len() > LONGEST && text.encode_utf16().count() > LONGEST
}

/// The SHA-256 of an identifier, in lower-case hexadecimal.
pub(super) fn hashed(text: &str) -> String {
    Sha256::digest(text).iter().fold(String::with_capacity(LONGEST), |mut hex, byte| {
        hex.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
        hex.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
        hex
    })
}
