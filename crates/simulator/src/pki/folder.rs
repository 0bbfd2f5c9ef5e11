//! Writing certificates and keys into the layout.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::PkiError;
use super::issue::Issued;

/// The folder that a PKI is written into.
pub(super) struct Folder<'a>(&'a Path);

impl<'a> Folder<'a> {
    pub(super) fn new(path: &'a Path) -> Self {
        Self(path)
    }

    /// Writes `tls.key` and then `tls.crt` below `relative`.
    pub(super) fn pair(&self, relative: &str, issued: &Issued) -> Result<(), PkiError> {
        self.secret(&format!("{relative}/tls.key"), issued.key_pem().as_bytes())?;
        self.public(&format!("{relative}/tls.crt"), &issued.certificate_pem())
    }

    /// Writes a file that only its owner may read.
    pub(super) fn secret(&self, relative: &str, content: &[u8]) -> Result<(), PkiError> {
        let mut options = OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        self.write(relative, &mut options, content)
    }

    /// Writes a file that anyone may read.
    pub(super) fn public(&self, relative: &str, content: &str) -> Result<(), PkiError> {
        self.write(relative, &mut OpenOptions::new(), content.as_bytes())
    }

    fn write(&self, relative: &str, options: &mut OpenOptions, content: &[u8]) -> Result<(), PkiError> {
        let path: PathBuf = self.0.join(relative);
        let written = path
            .parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| options.write(true).create(true).truncate(true).open(&path))
            .and_then(|mut file| file.write_all(content));
        written.map_err(|source| PkiError::File { path, source })
    }
}
