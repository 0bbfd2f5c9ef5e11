//! PKCS#12, in the two forms that banks hand out (`bankid-se.md section 1`).

use p12_keystore::{
    Certificate, EncryptionAlgorithm, KeyStore, KeyStoreEntry, MacAlgorithm, PrivateKey, PrivateKeyChain,
};

use super::PkiError;
use super::issue::{Authority, Issued};

const ALIAS: &str = "bankid-rp";
/// OpenSSL's default. More would protect a throw-away key no better, and slow every start of a test.
const ITERATIONS: u32 = 2_048;

/// How the file is encrypted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Encryption {
    /// PBES2 with AES-256, MAC with SHA-256.
    Modern,
    /// PKCS#12's own scheme with triple DES, MAC with SHA-1.
    Legacy,
}

impl Encryption {
    fn algorithms(self) -> (EncryptionAlgorithm, MacAlgorithm) {
        match self {
            Self::Modern => (EncryptionAlgorithm::PbeWithHmacSha256AndAes256, MacAlgorithm::HmacSha256),
            Self::Legacy => (EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc, MacAlgorithm::HmacSha1),
        }
    }
}

/// The bytes of a keystore with the key, its certificate and the issuer's.
pub(super) fn write(
    rp: &Issued,
    issuer: &Authority,
    password: &str,
    encryption: Encryption,
) -> Result<Vec<u8>, PkiError> {
    let certificates = [Certificate::from_der(rp.certificate_der())?, Certificate::from_der(issuer.der())?];
    let chain = PrivateKeyChain::new(ALIAS, PrivateKey::from_der(rp.key_der())?, certificates);
    let mut store = KeyStore::new();
    store.add_entry(ALIAS, KeyStoreEntry::PrivateKeyChain(chain));
    let (cipher, mac) = encryption.algorithms();
    let writer = store.writer(password).encryption_algorithm(cipher).mac_algorithm(mac);
    Ok(writer.encryption_iterations(ITERATIONS).mac_iterations(ITERATIONS).write()?)
}
