//! Certificates and keys in PEM.

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use super::IdentityError;
use crate::outbound::pem::told;

/// What PEM writes where a key is under a password: the PKCS#8 label, or the header of the older kind.
const ENCRYPTED: [&str; 2] = ["-----BEGIN ENCRYPTED PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED"];

/// Every certificate of the text, in its order. The parser's own errors quote the text, in which a key may stand.
pub(super) fn certificates(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, IdentityError> {
    CertificateDer::pem_slice_iter(text)
        .enumerate()
        .map(|(index, certificate)| {
            certificate.map_err(|error| IdentityError::BadCertificate {
                number: index + 1,
                reason: told(&error).to_owned(),
            })
        })
        .collect()
}

/// The one private key of the text.
pub(super) fn key(text: &[u8]) -> Result<Zeroizing<PrivateKeyDer<'static>>, IdentityError> {
    if ENCRYPTED.iter().any(|mark| contains(text, mark.as_bytes())) {
        return Err(IdentityError::EncryptedKey);
    }
    let keys: Vec<_> = PrivateKeyDer::pem_slice_iter(text)
        .map(|key| key.map(Zeroizing::new))
        .collect::<Result<_, _>>()
        .map_err(|_| IdentityError::BadKey("it is not well-formed PEM".to_owned()))?;
    let count = keys.len();
    let mut keys = keys.into_iter();
    match (keys.next(), keys.next()) {
        (None, _) => Err(IdentityError::NoKey),
        (Some(key), None) => Ok(key),
        (Some(_), Some(_)) => Err(IdentityError::SeveralKeys { count }),
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
