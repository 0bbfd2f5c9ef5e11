//! `cargo xtask image`, by what it wrote: the archives are read back as a registry's client reads them. The programs in them are
//! stand-ins, compiled statically in a moment; how the real ones are built is `cargo xtask binaries`.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Output};

use flate2::read::GzDecoder;
use serde_json::Value;
use sha2::{Digest, Sha256};

const NAMES: [&str; 2] = ["riskgate-operator", "riskgate-sidecar"];

/// Compiles a program that says its name.
fn compile(folder: &Path, name: &str, flags: &[&str]) {
    let source = folder.join(format!("{name}.rs"));
    fs::write(&source, format!("fn main() {{ println!(\"{name}\"); }}")).unwrap();
    let status = Command::new("rustc").args(flags).arg("-o").arg(folder.join(name)).arg(&source).status();
    assert!(status.unwrap().success());
}

fn image(binaries: &Path, out: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_riskgate-xtask"));
    command.arg("image").arg("--binaries").arg(binaries).arg("--out").arg(out).output().unwrap()
}

/// The files of a tar, with their modes and owners.
fn files(bytes: &[u8]) -> BTreeMap<String, (Vec<u8>, u32, u64)> {
    let mut archive = tar::Archive::new(bytes);
    let mut files = BTreeMap::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let header = entry.header().clone();
        assert_eq!((header.mtime().unwrap(), header.gid().unwrap()), (0, 0));
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        let path = entry.path().unwrap().display().to_string();
        files.insert(path, (content, header.mode().unwrap(), header.uid().unwrap()));
    }
    files
}

fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// What a descriptor refers to, of its size and digest.
fn blob<'a>(layout: &'a BTreeMap<String, (Vec<u8>, u32, u64)>, descriptor: &Value) -> &'a [u8] {
    let name = descriptor["digest"].as_str().unwrap();
    let (bytes, _, _) = &layout[&format!("blobs/{}", name.replace(':', "/"))];
    assert_eq!(digest(bytes), name);
    assert_eq!(descriptor["size"], bytes.len());
    bytes
}

fn architecture() -> &'static str {
    if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" }
}

fn check(archive: &[u8], name: &str, program: &[u8], told: &str) {
    let layout = files(archive);
    assert_eq!(layout.len(), 5, "{:?}", layout.keys());
    let read = |name: &str| -> Value { serde_json::from_slice(&layout[name].0).unwrap() };
    assert_eq!(read("oci-layout")["imageLayoutVersion"], "1.0.0");
    let index = read("index.json");
    assert_eq!(index["manifests"].as_array().unwrap().len(), 1);
    let entry = &index["manifests"][0];
    assert_eq!(entry["platform"]["architecture"], architecture());
    assert!(told.contains(entry["digest"].as_str().unwrap()), "{told}");

    let manifest: Value = serde_json::from_slice(blob(&layout, entry)).unwrap();
    let config: Value = serde_json::from_slice(blob(&layout, &manifest["config"])).unwrap();
    let run = &config["config"];
    assert_eq!(run["User"], "65532:65532");
    assert_eq!(run["Entrypoint"], serde_json::json!([format!("/{name}")]));
    assert!(run.get("Cmd").is_none() && run.get("Env").is_none(), "{run}");
    assert!(config.get("created").is_none(), "when it was made");

    let layers = manifest["layers"].as_array().unwrap();
    assert_eq!(layers.len(), 1);
    let mut unpacked = Vec::new();
    GzDecoder::new(blob(&layout, &layers[0])).read_to_end(&mut unpacked).unwrap();
    assert_eq!(config["rootfs"]["diff_ids"], serde_json::json!([digest(&unpacked)]));
    let content = files(&unpacked);
    assert_eq!(content.len(), 1, "{:?}", content.keys());
    let (bytes, mode, owner) = &content[name];
    // Whoever runs it cannot change it.
    assert_eq!((mode & 0o7777, *owner), (0o555, 0));
    assert_eq!(bytes, program);
}

#[test]
fn an_archive_holds_the_binary_and_nothing_else_and_is_always_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let binaries = folder.path().join("bin");
    fs::create_dir(&binaries).unwrap();
    for name in NAMES {
        compile(&binaries, name, &["-Ctarget-feature=+crt-static"]);
    }
    let [first, second] = ["first", "second"].map(|out| folder.path().join(out));
    let told = image(&binaries, &first);
    assert!(told.status.success(), "{told:?}");
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(image(&binaries, &second).status.success());
    for name in NAMES {
        let file = format!("{name}-{}-linux-{}.oci.tar", env!("CARGO_PKG_VERSION"), architecture());
        let archive = fs::read(first.join(&file)).unwrap();
        assert!(
            archive == fs::read(second.join(&file)).unwrap(),
            "{file} differs from one build to the next"
        );
        check(&archive, name, &fs::read(binaries.join(name)).unwrap(), &told);
    }
}

#[test]
fn a_binary_that_needs_shared_libraries_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for name in NAMES {
        compile(folder.path(), name, &[]);
    }
    let told = image(folder.path(), &folder.path().join("out"));
    let words = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(!told.status.success() && words.contains("cargo xtask binaries"), "{words}");
}

/// What a Dockerfile builds runs as what `cargo xtask image` writes.
#[test]
fn the_dockerfile_makes_the_same_images() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Dockerfile");
    let text = fs::read_to_string(path).unwrap();
    for name in NAMES {
        let stage = text.split("FROM scratch").find(|stage| stage.contains(&format!("/{name}\"]"))).unwrap();
        assert!(stage.contains("USER 65532:65532\n"), "{stage}");
        assert!(stage.contains(&format!("ENTRYPOINT [\"/{name}\"]")), "{stage}");
        assert_eq!(stage.matches("COPY").count(), 1, "{stage}");
    }
    assert!(text.contains("cargo xtask binaries"), "{text}");
}
