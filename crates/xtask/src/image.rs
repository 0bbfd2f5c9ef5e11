//! The images, as OCI archives: without a daemon, without root, and the same bytes from the same sources.
//!
//! ```text
//! binaries (cargo, static) ──► program (is it static? for which machine?) ──► layout (layer, config, manifest, index) ──► archive
//! ```
//!
//! Each holds one file, the binary. It brings its own root certificates and needs no shared library, shell or user database.

mod binaries;
mod layout;
mod profile;
mod program;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;

use crate::tree::Tree;
use program::Program;

/// What is shipped, with what a registry shows of it.
const IMAGES: [(&str, &str); 2] = [
    ("riskgate-operator", "Reconciles RiskPolicy resources, and injects the sidecar into pods that opt in"),
    (
        "riskgate-sidecar",
        "Stands between an application and its identity provider, and enforces a RiskPolicy",
    ),
];

/// Write the images as OCI archives, without a daemon and without root.
#[derive(Args)]
pub(crate) struct ImageArgs {
    /// The folder that they are written to: NAME-VERSION-linux-ARCHITECTURE.oci.tar
    #[arg(long, value_name = "DIR", default_value = "target/images")]
    out: PathBuf,
    /// A folder with static binaries, instead of building them
    #[arg(long, value_name = "DIR")]
    binaries: Option<PathBuf>,
}

/// Build the static binaries that images hold.
#[derive(Args)]
pub(crate) struct BinariesArgs {
    /// The folder that they are copied to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Build them to count what runs, and to write that into this folder when they end
    #[arg(long, value_name = "DIR")]
    count: Option<PathBuf>,
    /// Which; without a name, those that images hold
    #[arg(value_name = "NAME", value_parser = IMAGES.map(|(name, _)| name))]
    names: Vec<String>,
}

/// Builds the binaries where none are given, and writes an archive of each.
pub(crate) fn write(tree: &Tree, args: &ImageArgs) -> Result<()> {
    let out = tree.root().join(&args.out);
    fs::create_dir_all(&out).with_context(|| format!("cannot create {}", out.display()))?;
    let built;
    let folder: &Path = match &args.binaries {
        Some(folder) => folder,
        None => {
            built = out.join("bin");
            binaries::build(tree, &IMAGES.map(|(name, _)| name), &built, None)?;
            &built
        }
    };
    for (name, about) in IMAGES {
        let program = Program::read(&folder.join(name))?;
        let image = layout::Image { name, about, version: env!("CARGO_PKG_VERSION"), program: &program };
        let (archive, digest) = image.archive()?;
        let path = out.join(format!("{name}-{}-linux-{}.oci.tar", image.version, program.architecture));
        fs::write(&path, archive).with_context(|| format!("cannot write {}", path.display()))?;
        println!("{digest}  {}", path.display());
    }
    Ok(())
}

/// Builds the binaries into a folder.
pub(crate) fn build(tree: &Tree, args: &BinariesArgs) -> Result<()> {
    let mut names: Vec<&str> = args.names.iter().map(String::as_str).collect();
    if names.is_empty() {
        names = IMAGES.map(|(name, _)| name).to_vec();
    }
    binaries::build(tree, &names, &tree.root().join(&args.out), args.count.as_deref())
}
