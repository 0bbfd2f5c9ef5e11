//! `web.deviceIdentifier` and `app.deviceIdentifier` (bankid-se.md section 2.2).

use std::borrow::Cow;

use riskgate_core::hex;
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
    hex::prefixed("", &Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_too_long_is_hashed() {
        assert_eq!(normal(""), None);
        let longest = "å".repeat(64);
        assert_eq!(normal(&longest).as_deref(), Some(longest.as_str()));
        let hash = normal(&"d".repeat(65)).map(Cow::into_owned);
        assert_eq!(hash.as_deref(), Some("899987f295364060c6abd752a7e895124b467fd7cf56b52ce22f4a684a5723f4"));
    }

    #[test]
    fn the_hash_is_sha_256_in_lower_case_hexadecimal() {
        assert_eq!(hashed("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"); // FIPS 180-4
    }
}
