//! A binary that an image can hold: it needs nothing beside itself.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use object::elf::{EM_AARCH64, EM_X86_64};
use object::read::elf::{ElfFile64, FileHeader, ProgramHeader};

/// A static program.
pub(super) struct Program {
    /// The file.
    pub(super) bytes: Vec<u8>,
    /// The machine that it is for, as images name it.
    pub(super) architecture: &'static str,
}

impl Program {
    /// Reads it.
    ///
    /// # Errors
    /// When it is none of Linux's, is for another machine than images are made for, or asks for a dynamic linker.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let architecture = check(&bytes).with_context(|| path.display().to_string())?;
        Ok(Self { bytes, architecture })
    }
}

fn check(bytes: &[u8]) -> Result<&'static str> {
    let file: ElfFile64<'_> = ElfFile64::parse(bytes).context("not a program of 64-bit Linux")?;
    let endian = file.endian();
    for header in file.elf_program_headers() {
        if let Some(linker) = header.interpreter(endian, bytes)? {
            bail!(
                "it needs {}, and an image has nothing but the binary; build it with `cargo xtask binaries`, which links it \
                 statically",
                String::from_utf8_lossy(linker)
            );
        }
    }
    match file.elf_header().e_machine(endian) {
        EM_X86_64 => Ok("amd64"),
        EM_AARCH64 => Ok("arm64"),
        other => bail!("machine {other} is not one that images are made for; build on amd64 or arm64"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_static_program_is_refused() {
        let own = fs::read(std::env::current_exe().unwrap()).unwrap();
        let error = check(&own).unwrap_err().to_string();
        assert!(error.starts_with("it needs /"), "{error}");
        assert!(check(b"#!/bin/sh\n").is_err());
    }
}
