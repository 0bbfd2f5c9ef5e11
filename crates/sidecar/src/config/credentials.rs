//! Credential folders: `secrets/NAME/KEY` and `configmaps/NAME/KEY`, as the kubelet mounts them.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use riskgate_core::config::{SecretKeyRef, SecretRef, Trust, TrustKind, TrustRef};
use riskgate_sources::outbound::{Identity, Roots};

/// A folder of credentials.
#[derive(Debug, Clone)]
pub struct Credentials {
    folder: PathBuf,
}

/// A credential that is missing or cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// Not there.
    #[error("{path}: {error} (from {field})")]
    Missing {
        /// The file.
        path: PathBuf,
        /// The field of the policy that names it.
        field: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// There, and no client certificate in it.
    #[error("{path}: holds neither tls.crt with tls.key nor keystore.p12 with password (from {field})")]
    NoIdentity {
        /// The folder.
        path: PathBuf,
        /// The field of the policy that names it.
        field: String,
    },
    /// There, and not usable.
    #[error("{path}: {reason} (from {field})")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// The field of the policy that names it.
        field: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl Credentials {
    /// The credentials below `folder`.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A key of a Secret, as bytes.
    ///
    /// # Errors
    ///
    /// [`CredentialError::Missing`], and [`CredentialError::Unusable`] when it is empty.
    pub fn secret(&self, field: &str, reference: &SecretKeyRef) -> Result<Vec<u8>, CredentialError> {
        let path = self.folder.join("secrets").join(&reference.name).join(&reference.key);
        let bytes = read(&path, field)?;
        if bytes.is_empty() {
            let reason = "is empty; write 32 random bytes into it".to_owned();
            return Err(CredentialError::Unusable { path, field: field.to_owned(), reason });
        }
        Ok(bytes)
    }

    /// A key of a Secret, byte for byte.
    ///
    /// # Errors
    ///
    /// [`CredentialError::Missing`].
    pub(super) fn bytes(&self, field: &str, secret: &str, key: &str) -> Result<Vec<u8>, CredentialError> {
        read(&self.folder.join("secrets").join(secret).join(key), field)
    }

    /// A key of a Secret that holds one line, such as a token, without the line feed that `echo` ends it with.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] when it is missing, or no text.
    pub(super) fn line(&self, field: &str, reference: &SecretKeyRef) -> Result<String, CredentialError> {
        let SecretKeyRef { name, key } = reference;
        self.text(field, name, key)?.ok_or_else(|| CredentialError::Missing {
            path: self.folder.join("secrets").join(name).join(key),
            field: field.to_owned(),
            error: std::io::ErrorKind::NotFound.into(),
        })
    }

    /// A key of a Secret that holds one line, as the value of a header.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] when it is missing, or cannot stand in a header.
    pub(super) fn header(
        &self,
        field: &str,
        reference: &SecretKeyRef,
    ) -> Result<http::HeaderValue, CredentialError> {
        let line = self.line(field, reference)?;
        http::HeaderValue::try_from(line).map_err(|_| CredentialError::Unusable {
            path: self.folder.join("secrets").join(&reference.name).join(&reference.key),
            field: field.to_owned(),
            reason: "has characters that no header can carry; write the bare key".to_owned(),
        })
    }

    /// The client certificates of `field`, a list of references, in its order.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] for the first that cannot be used.
    pub fn identities(&self, field: &str, secrets: &[SecretRef]) -> Result<Vec<Identity>, CredentialError> {
        let each = secrets.iter().enumerate();
        each.map(|(index, secret)| self.identity(&format!("{field}[{index}]"), &secret.name)).collect()
    }

    /// The client certificate of the Secret `name`, which `field` names.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] when it is missing or cannot be used.
    pub fn identity(&self, field: &str, name: &str) -> Result<Identity, CredentialError> {
        let folder = self.folder.join("secrets").join(name);
        let (pem, keystore) = (folder.join("tls.crt"), folder.join("keystore.p12"));
        let now = unix_now();
        let unusable = |path: PathBuf, reason: String| CredentialError::Unusable {
            path,
            field: field.to_owned(),
            reason,
        };
        if pem.exists() {
            let (certificate, key) = (read(&pem, field)?, read(&folder.join("tls.key"), field)?);
            Identity::from_pem(&certificate, &key, now).map_err(|error| unusable(folder, error.to_string()))
        } else if keystore.exists() {
            let bytes = read(&keystore, field)?;
            let password = read(&folder.join("password"), field)?;
            let password = String::from_utf8_lossy(&password);
            // Secrets are often made with `echo`, which ends the password with a line feed that it does not have.
            Identity::from_pkcs12(&bytes, password.trim_end_matches(['\r', '\n']), now)
                .map_err(|error| unusable(keystore, error.to_string()))
        } else {
            Err(CredentialError::NoIdentity { path: folder, field: field.to_owned() })
        }
    }

    /// The roots that a provider's certificate must lead to.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] when a bundle is missing or holds no certificate.
    pub fn roots(&self, field: &str, trust: &Trust) -> Result<Roots, CredentialError> {
        match trust {
            Trust::BankIdProduction => Ok(Roots::bankid_production()),
            Trust::BankIdTest => Ok(Roots::bankid_test()),
            Trust::Bundle(reference) => self.bundle(field, reference).map(|(roots, _)| roots),
        }
    }

    /// A trust bundle, and its PEM text.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] when it is missing or holds no certificate.
    pub(super) fn bundle(
        &self,
        field: &str,
        reference: &TrustRef,
    ) -> Result<(Roots, Vec<u8>), CredentialError> {
        let field = format!("{field}.trustBundleRef");
        let path = self.bundle_path(reference);
        let bytes = read(&path, &field)?;
        match Roots::from_pem(&bytes) {
            Ok(roots) => Ok((roots, bytes)),
            Err(error) => Err(CredentialError::Unusable { path, field, reason: error.to_string() }),
        }
    }

    /// A key of a ConfigMap, byte for byte.
    ///
    /// # Errors
    ///
    /// [`CredentialError::Missing`].
    pub(super) fn config_map(&self, field: &str, name: &str, key: &str) -> Result<Vec<u8>, CredentialError> {
        read(&self.folder.join("configmaps").join(name).join(key), field)
    }

    /// A text in a Secret, such as a password; none where the Secret has no such key. Secrets are often made with `echo`,
    /// which ends the text with a line feed that it does not have.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] when it is there and cannot be read.
    pub(super) fn text(
        &self,
        field: &str,
        secret: &str,
        key: &str,
    ) -> Result<Option<String>, CredentialError> {
        let path = self.folder.join("secrets").join(secret).join(key);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(CredentialError::Missing { path, field: field.to_owned(), error }),
        };
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned())),
            Err(_) => {
                let reason = "is no text; write it in UTF-8".to_owned();
                Err(CredentialError::Unusable { path, field: field.to_owned(), reason })
            }
        }
    }

    fn bundle_path(&self, reference: &TrustRef) -> PathBuf {
        let kind = match reference.kind {
            TrustKind::ConfigMap => "configmaps",
            TrustKind::Secret => "secrets",
        };
        self.folder.join(kind).join(&reference.name).join(&reference.key)
    }
}

fn read(path: &Path, field: &str) -> Result<Vec<u8>, CredentialError> {
    std::fs::read(path).map_err(|error| CredentialError::Missing {
        path: path.to_owned(),
        field: field.to_owned(),
        error,
    })
}

/// The time now, in seconds since the epoch: certificates are valid by the wall clock.
pub(crate) fn unix_now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
