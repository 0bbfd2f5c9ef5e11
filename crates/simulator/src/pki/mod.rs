//! A throw-away PKI, laid out so that its folder is also the sidecar's `--credentials DIR` (`design.md section 4`).
//!
//! ```text
//! DIR/secrets/bankid-rp/{tls.crt,tls.key}            the RP certificate, as a bank would issue it
//! DIR/secrets/bankid-rp-next/{tls.crt,tls.key}       its successor, for rotations
//! DIR/secrets/bankid-rp-p12/{keystore.p12,password}  the first again: PBES2 AES-256, SHA-256 MAC
//! DIR/secrets/bankid-rp-p12-legacy/…                 the same: 3DES, SHA-1 MAC
//! DIR/configmaps/bankid-roots/ca.crt                 the root above the simulator's server certificate
//! DIR/server/{tls.crt,tls.key,client-ca.crt}         the simulator's own
//! DIR/faults/{expired,other-root,wrong-name}/…       server certificates that a client must refuse
//! DIR/faults/{rp-expired,rp-unknown}/…               client certificates that the simulator refuses
//! ```
//!
//! Keys are ECDSA P-256 (the real ones are RSA-2048); everything else of the RP certificate is as `bankid-se.md
//! section 1` describes: a subject of five attributes with the display name in `name` (2.5.4.41), key usage
//! `digitalSignature` only, no extended key usage.

mod check;
mod folder;
mod issue;
mod keystore;

use std::path::{Path, PathBuf};

use thiserror::Error;

use self::folder::Folder;
use self::issue::{Authority, Issued, Validity};

/// The password of the PKCS#12 files, that of BankID's public test certificate (`bankid-se.md section 1`).
pub const KEYSTORE_PASSWORD: &str = "qwerty123";

/// Why a PKI could not be written or used.
#[derive(Debug, Error)]
pub enum PkiError {
    /// A file or folder could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A certificate could not be made, for instance for a server name that is neither a DNS name nor an address.
    #[error("cannot issue a certificate: {0}")]
    Issue(#[from] rcgen::Error),
    /// A PKCS#12 file could not be made.
    #[error("cannot write a PKCS#12 keystore: {0}")]
    Keystore(#[from] p12_keystore::error::Error),
    /// A file of an existing PKI is not a certificate.
    #[error("{}: not a PEM certificate; delete the folder, and it is written anew", path.display())]
    NotACertificate {
        /// Which file.
        path: PathBuf,
    },
    /// The server certificate of an existing PKI is no longer valid.
    #[error("{}: the server certificate has expired; delete the folder, and it is written anew", path.display())]
    Expired {
        /// Which file.
        path: PathBuf,
    },
    /// The server certificate of an existing PKI lacks a wanted name.
    #[error(
        "{}: the server certificate is not for {name:?}; give --pki another folder, or delete this one, and it is \
         written anew",
        path.display()
    )]
    NameMissing {
        /// Which file.
        path: PathBuf,
        /// The missing name.
        name: String,
    },
}

/// A PKI on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pki {
    directory: PathBuf,
}

/// Makes sure that `directory` holds a PKI whose server certificate is also for `server_names` (beside `localhost`,
/// `127.0.0.1` and `::1`): writes one when there is none, else checks the one that is there.
///
/// # Errors
/// [`PkiError`], which names the file and what to do.
pub fn ensure(directory: &Path, server_names: &[String]) -> Result<Pki, PkiError> {
    let pki = Pki { directory: directory.to_path_buf() };
    let server_certificate = pki.file("server/tls.crt");
    if server_certificate.exists() {
        check::server_certificate(&server_certificate, server_names)?;
    } else {
        pki.write(server_names)?;
    }
    Ok(pki)
}

/// The certificate of a simulated BankID user and its issuer's, as DER: no name, no personal number, on no disk.
pub(crate) fn simulated_person() -> Result<[Vec<u8>; 2], PkiError> {
    let bank = Authority::new("Simulated Bank Customer CA v1 for BankID")?;
    let person = bank.person(Validity::years(2))?;
    Ok([person.certificate_der().to_vec(), bank.der().to_vec()])
}

impl Pki {
    /// The folder itself, the sidecar's `--credentials DIR`.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The path of a file of the layout, `secrets/bankid-rp/tls.crt` for instance.
    #[must_use]
    pub fn file(&self, relative: &str) -> PathBuf {
        self.directory.join(relative)
    }

    fn write(&self, server_names: &[String]) -> Result<(), PkiError> {
        let folder = Folder::new(&self.directory);
        let current = Validity::years(2);
        let root = Authority::new("Simulated BankID SSL Root CA v1")?;
        let rp_root = Authority::new("Simulated Bank RP CA v1 for BankID")?;

        let rp = rp_root.relying_party("Riskgate simulator RP", current)?;
        let next = rp_root.relying_party("Riskgate simulator RP, next", current)?;
        folder.pair("secrets/bankid-rp", &rp)?;
        folder.pair("secrets/bankid-rp-next", &next)?;
        for (name, encryption) in [
            ("bankid-rp-p12", keystore::Encryption::Modern),
            ("bankid-rp-p12-legacy", keystore::Encryption::Legacy),
        ] {
            let bytes = keystore::write(&rp, &rp_root, KEYSTORE_PASSWORD, encryption)?;
            folder.secret(&format!("secrets/{name}/keystore.p12"), &bytes)?;
            folder.secret(&format!("secrets/{name}/password"), KEYSTORE_PASSWORD.as_bytes())?;
        }
        folder.public("configmaps/bankid-roots/ca.crt", &root.pem())?;

        Self::write_faults(&folder, &root, &rp_root, server_names)?;

        // The server's certificate comes last: `ensure` takes it as the sign that the rest is complete.
        folder.public("server/client-ca.crt", &rp_root.pem())?;
        folder.pair("server", &root.server(server_names, current)?)
    }

    fn write_faults(
        folder: &Folder<'_>,
        root: &Authority,
        rp_root: &Authority,
        server_names: &[String],
    ) -> Result<(), PkiError> {
        let (current, past) = (Validity::years(2), Validity::ended_yesterday());
        let stranger = Authority::new("Another root")?;
        folder.pair("faults/expired", &root.server(server_names, past)?)?;
        folder.pair("faults/other-root", &stranger.server(server_names, current)?)?;
        folder.public("faults/other-root/ca.crt", &stranger.pem())?;
        folder.pair("faults/wrong-name", &root.other_server("elsewhere.invalid", current)?)?;
        let unknown: Issued = stranger.relying_party("An unknown RP", current)?;
        folder.pair("faults/rp-unknown", &unknown)?;
        folder.pair("faults/rp-expired", &rp_root.relying_party("An expired RP", past)?)
    }
}

#[cfg(test)]
mod tests;
