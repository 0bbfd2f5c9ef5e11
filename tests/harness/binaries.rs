//! The programs under test, built once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow, ensure};
use serde::Deserialize;

const PACKAGES: [&str; 4] = ["riskgate", "riskgate-operator", "riskgate-sidecar", "riskgate-simulator"];

/// Names a folder with binaries to test instead of building them: released ones, or those of another build.
const PREBUILT: &str = "RISKGATE_BIN_DIR";

/// The root of the workspace.
#[must_use]
pub fn root() -> &'static Path {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests)
}

/// The path of a binary of the workspace, built when it is not fresh.
///
/// # Errors
/// When the build fails (with the compiler's words), or makes no binary of this name.
pub fn binary(name: &str) -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os(PREBUILT) {
        let path = Path::new(&folder).join(name);
        ensure!(path.is_file(), "{PREBUILT} holds no {name}");
        return Ok(path);
    }
    static BUILT: OnceLock<Result<BTreeMap<String, PathBuf>, String>> = OnceLock::new();
    let built = BUILT.get_or_init(|| build().map_err(|error| format!("{error:#}"))).as_ref();
    let binaries = built.map_err(|error| anyhow!("{error}"))?;
    binaries.get(name).cloned().with_context(|| format!("no package of {PACKAGES:?} has a binary {name}"))
}

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

fn build() -> Result<BTreeMap<String, PathBuf>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root()).args(["build", "--locked", "--quiet", "--bins"]);
    command.arg("--message-format=json-render-diagnostics");
    for package in PACKAGES {
        command.args(["--package", package]);
    }
    // What cargo tells the test about the test's own package would make build scripts believe that they must run again.
    for (name, _) in std::env::vars_os() {
        let own = |prefix: &str| name.to_string_lossy().starts_with(prefix);
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_", "CARGO_BIN_", "CARGO_PRIMARY_"]
            .into_iter()
            .any(own)
        {
            command.env_remove(name);
        }
    }
    let output = command.stdin(Stdio::null()).output().context("cannot run cargo")?;
    ensure!(output.status.success(), "cargo build failed:\n{}", String::from_utf8_lossy(&output.stderr));

    let mut binaries = BTreeMap::new();
    for line in output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let message: Message =
            serde_json::from_slice(line).context("cargo printed something that is not JSON")?;
        if let (Some(target), Some(path)) = (message.target, message.executable) {
            binaries.insert(target.name, path);
        }
    }
    Ok(binaries)
}
