//! Certificates and keys in PKCS#12.
//!
//! BankID's own test certificate comes in both kinds, the modern and the legacy one (bankid-se.md section 1), and so do the
//! keystores that banks hand out.

use p12_keystore::Pkcs12Archive;
use p12_keystore::error::Error;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use zeroize::Zeroizing;

use super::IdentityError;

/// What [`open`] finds: certificates in the keystore's order, and the key.
type Contents = (Vec<CertificateDer<'static>>, Zeroizing<PrivateKeyDer<'static>>);

/// Opens the keystore. It must hold one private key; which certificate is the key's own is not asked of the keystore, whose
/// local key identifiers some tools leave out, but of the key.
pub(super) fn open(keystore: &[u8], password: &str) -> Result<Contents, IdentityError> {
    if password.chars().any(|character| u32::from(character) > u32::from(u16::MAX)) {
        // PKCS#12 derives keys from passwords in UCS-2.
        return Err(IdentityError::BadKeystore(
            "its password holds a character that PKCS#12 cannot express, such as an emoji; export it anew with another".to_owned(),
        ));
    }
    let archive = Pkcs12Archive::from_pkcs12(keystore, password).map_err(explain)?;
    let key = match archive.keys.as_slice() {
        [] => return Err(IdentityError::NoKey),
        [one] => PrivatePkcs8KeyDer::from(one.key.as_der().to_vec()),
        several => return Err(IdentityError::SeveralKeys { count: several.len() }),
    };
    let certificates =
        archive.certs.iter().map(|bag| CertificateDer::from(bag.cert.as_der().to_vec())).collect();
    Ok((certificates, Zeroizing::new(key.into())))
}

/// A wrong password shows as a wrong MAC; in a keystore without one, as data that does not decrypt.
fn explain(error: Error) -> IdentityError {
    match error {
        Error::MacError(_) | Error::UnpadError | Error::Pkcs5Error(_) => IdentityError::WrongPassword,
        Error::DerError(_) => {
            IdentityError::BadKeystore("it is not PKCS#12 in DER, or is cut short".to_owned())
        }
        Error::UnsupportedEncryptionScheme | Error::UnsupportedMacAlgorithm => {
            IdentityError::BadKeystore(format!("{error}; export it anew with `openssl pkcs12 -export`"))
        }
        other => IdentityError::BadKeystore(other.to_string()),
    }
}
