//! The profile that the sidecar is compiled with: how often each function and branch runs under the benchmark's load.
//!
//! It is part of the sources, so that the same sources still give the same bytes (docs/adr/0016). `make profile` counts anew.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use flate2::read::GzDecoder;
use riskgate_core::hex;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use crate::command::{cargo, compiler, output};
use crate::tree::Tree;

/// The binary that has a profile. The operator's work is waiting for the API server.
const GUIDED: &str = "riskgate-sidecar";
const FOLDER: &str = "crates/sidecar/profile";

/// What the compiler is told of what runs often.
pub(super) enum Guidance {
    /// Nothing: the binary has no profile.
    None,
    /// The binary counts, and writes what it counted into this folder when it ends.
    Count(PathBuf),
    /// The counts of an earlier run.
    Use(PathBuf),
}

impl Guidance {
    /// What the named binary is built with; `count` where it shall count.
    pub(super) fn of(tree: &Tree, name: &str, count: Option<&Path>) -> Result<Self> {
        let stamp = tree.root().join(FOLDER).join("counted-in");
        match (name == GUIDED, count) {
            (false, None) => Ok(Self::None),
            (false, Some(_)) => anyhow::bail!("only {GUIDED} has a profile; {name} cannot be built to count"),
            (true, Some(folder)) => {
                fs::write(&stamp, symbols(tree)?)
                    .with_context(|| format!("cannot write {}", stamp.display()))?;
                Ok(Self::Count(tree.root().join(folder)))
            }
            (true, None) => {
                let counted =
                    fs::read_to_string(&stamp).with_context(|| format!("cannot read {}", stamp.display()))?;
                if counted != symbols(tree)? {
                    eprintln!(
                        "warning: the profile of {name} was counted with another compiler, machine or other dependencies, and fits little \
                         of this build, which will be slower: `make profile` counts anew"
                    );
                }
                Ok(Self::Use(unpacked(tree, name)?))
            }
        }
    }

    /// The compiler's flag.
    pub(super) fn flag(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Count(folder) => Some(format!("-Cprofile-generate={}", folder.display())),
            Self::Use(file) => Some(format!("-Cprofile-use={}", file.display())),
        }
    }
}

/// The profile as the compiler reads it, always at the same place: with another, cargo would build everything anew.
fn unpacked(tree: &Tree, name: &str) -> Result<PathBuf> {
    let packed = tree.root().join(FOLDER).join(format!("{name}.profdata.gz"));
    let file = tree.root().join("target/profile").join(format!("{name}.profdata"));
    let folder = tree.root().join("target/profile");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let mut reader =
        GzDecoder::new(File::open(&packed).with_context(|| format!("cannot open {}", packed.display()))?);
    let mut writer = NamedTempFile::new_in(&folder)?;
    io::copy(&mut reader, &mut writer).with_context(|| format!("cannot unpack {}", packed.display()))?;
    // At once: a compiler may be reading the file of before.
    writer.persist(&file).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file)
}

/// What the names of functions depend on, by which a profile finds them: the compiler, its target, and every dependency's
/// version and features. Our own functions are found, and only those that were changed have lost their counts.
fn symbols(tree: &Tree) -> Result<String> {
    let dependencies = output(Command::new(cargo()).current_dir(tree.root()).args([
        "tree",
        "--locked",
        "--package",
        GUIDED,
        "--edges",
        "normal,build",
        "--prefix",
        "none",
        "--format",
        "{p} {f}",
    ]))?;
    // A package of the workspace is named with the folder that it lies in.
    let dependencies = dependencies.replace(&tree.root().display().to_string(), "");
    let (release, host) = (compiler("rustc ")?, compiler("host: ")?);
    let dependencies = hex::prefixed("sha256:", &Sha256::digest(dependencies));
    Ok(format!("rustc {release}\nhost: {host}\ndependencies: {dependencies}\n"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;

    #[test]
    fn the_profile_of_the_sources_is_one_that_the_compiler_reads() {
        let tree = Tree::locate().unwrap();
        let Guidance::Use(file) = Guidance::of(&tree, GUIDED, None).unwrap() else {
            unreachable!("it has a profile")
        };
        // The magic number of LLVM's indexed profiles, as they lie on a little-endian disk.
        assert!(fs::read(&file).unwrap().starts_with(b"\xfflprofi\x81"), "{}", file.display());
        assert_eq!(Guidance::Use(file.clone()).flag(), Some(format!("-Cprofile-use={}", file.display())));
    }

    #[test]
    fn the_operator_has_none_and_cannot_count() {
        let tree = Tree::locate().unwrap();
        assert_eq!(Guidance::of(&tree, "riskgate-operator", None).unwrap().flag(), None);
        assert!(Guidance::of(&tree, "riskgate-operator", Some(Path::new("counts"))).is_err());
    }
}
