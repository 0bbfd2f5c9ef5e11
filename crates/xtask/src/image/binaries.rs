//! Static binaries, built by cargo so that the same sources and compiler give the same bytes wherever they lie.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use super::profile::Guidance;
use crate::command::{cargo, compiler};
use crate::tree::Tree;

/// One line of cargo's JSON messages; only artifacts matter here.
#[derive(Deserialize)]
struct Message {
    target: Option<Target>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// Builds the binaries of packages that have their names, and copies them into a folder. With `count`, they write profiles there.
///
/// Each is built by itself: together, a dependency would have the features that any of them wants, and the profile would not fit.
pub(super) fn build(tree: &Tree, names: &[&str], into: &Path, count: Option<&Path>) -> Result<()> {
    fs::create_dir_all(into).with_context(|| format!("cannot create {}", into.display()))?;
    for name in names {
        let mut command = command(tree, name)?;
        let mut flags = flags(tree)?;
        flags.extend(Guidance::of(tree, name, count)?.flag());
        let built = executable(command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}")), name)?;
        fs::copy(&built, into.join(name))
            .with_context(|| format!("cannot copy {} to {}", built.display(), into.display()))?;
    }
    Ok(())
}

/// The command that builds one, but for the compiler's flags.
fn command(tree: &Tree, name: &str) -> Result<Command> {
    let mut command = Command::new(cargo());
    command
        .current_dir(tree.root())
        .args(["build", "--locked", "--release", "--message-format=json-render-diagnostics"])
        .args(["--package", name, "--bin", name])
        // Named, though it is this machine: else the flags would be those of build scripts, too, which cannot be static.
        .args(["--target", &compiler("host: ")?])
        .env("CFLAGS", c_flags(tree)?)
        .env("CXXFLAGS", c_flags(tree)?)
        .env("SOURCE_DATE_EPOCH", "0")
        .stdin(Stdio::null())
        .stderr(Stdio::inherit());
    Ok(command)
}

/// Where cargo has put the binary that it built.
fn executable(command: &mut Command, name: &str) -> Result<PathBuf> {
    let output = command.output().context("cannot run cargo")?;
    ensure!(output.status.success(), "cargo build failed");
    for line in output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let message: Message = serde_json::from_slice(line).context("cargo prints JSON")?;
        if let (Some(target), Some(path)) = (message.target, message.executable)
            && target.name == name
        {
            return Ok(path);
        }
    }
    bail!("cargo built no binary {name}")
}

/// Where things lie on this machine, and what stands in the binaries instead.
fn prefixes(tree: &Tree) -> Result<[(PathBuf, &'static str); 2]> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(".cargo")));
    Ok([
        (tree.root().to_owned(), "/riskgate"),
        (home.context("neither CARGO_HOME nor HOME is set")?, "/cargo"),
    ])
}

fn flags(tree: &Tree) -> Result<Vec<String>> {
    let mut flags = vec!["-Ctarget-feature=+crt-static".to_owned()];
    for (from, to) in prefixes(tree)? {
        flags.push(format!("--remap-path-prefix={}={to}", from.display()));
    }
    Ok(flags)
}

/// For the C in dependencies, which names its files, too.
fn c_flags(tree: &Tree) -> Result<String> {
    let flags = prefixes(tree)?.map(|(from, to)| format!("-ffile-prefix-map={}={to}", from.display()));
    Ok(flags.join(" "))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const NAME: &str = "small";

    /// A workspace of a program and a library, both of which know where they were compiled, below a folder of this name.
    fn workspace(below: &str) -> (TempDir, Tree) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join(below);
        let package = |name: &str, more: &str| {
            format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{more}")
        };
        let main = "fn main() { println!(\"{} {}\", std::panic::Location::caller(), part::part(std::env::args().count())); }";
        let part = "pub fn part<T: std::fmt::Debug>(of: T) -> String { assert!(size_of::<T>() < 99, \"{of:?}\"); format!(\"{of:?} {}\", file!()) }";
        let lock = "version = 4\n\n[[package]]\nname = \"part\"\nversion = \"0.1.0\"\n\n\
                    [[package]]\nname = \"small\"\nversion = \"0.1.0\"\ndependencies = [\n \"part\",\n]\n";
        for (path, text) in [
            ("Cargo.toml", package(NAME, "[dependencies]\npart = { path = \"part\" }\n[workspace]\n")),
            ("Cargo.lock", lock.to_owned()),
            ("src/main.rs", main.to_owned()),
            ("part/Cargo.toml", package("part", "")),
            ("part/src/lib.rs", part.to_owned()),
        ] {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let tree = Tree::at(root);
        (folder, tree)
    }

    /// What the images promise, on something small: neither where the sources lie nor a build before shows in the binary.
    #[test]
    fn the_same_sources_in_two_places_are_the_same_bytes() {
        let built = ["here", "somewhere/else/altogether"].map(|below| {
            let (folder, tree) = workspace(below);
            let mut command = command(&tree, NAME).unwrap();
            command.env("CARGO_ENCODED_RUSTFLAGS", flags(&tree).unwrap().join("\u{1f}"));
            // Not the one that this test itself was built in.
            command.env("CARGO_TARGET_DIR", folder.path().join("target"));
            fs::read(executable(&mut command, NAME).unwrap()).unwrap()
        });
        assert!(built[0] == built[1], "they differ");
        let path = b"/riskgate/part/src/lib.rs";
        let told = built[0].windows(path.len()).any(|bytes| bytes == path);
        let own = built[0].windows(8).any(|bytes| bytes == b"part/src");
        assert!(told || own, "the program does not know where it was compiled, and proves nothing");
    }
}
