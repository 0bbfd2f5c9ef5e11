//! What is wrong with PEM, in words that hold nothing of it: the parser's own errors quote the text, in which a key may stand.

use rustls_pki_types::pem::Error;

/// The error for people.
pub(super) fn told(error: &Error) -> &'static str {
    match error {
        Error::MissingSectionEnd { .. } => {
            "its -----END …----- line is missing; each line of PEM stands on a line of its own"
        }
        Error::IllegalSectionStart { .. } => {
            "its -----BEGIN …----- line holds more than that; each line of PEM stands on a line of its own"
        }
        Error::Base64Decode(_) => {
            "what stands between its lines -----BEGIN …----- and -----END …----- is not Base64"
        }
        _ => "it is not well-formed PEM",
    }
}
