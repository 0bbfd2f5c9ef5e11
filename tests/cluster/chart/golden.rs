//! What values come to: `golden/NAME.in.yaml` becomes `golden/NAME.out.yaml`. `make golden` writes them anew.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use cluster::Helm;
use serde_json::Value;

use super::render;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("chart/golden")
}

/// The names of all, and their values.
fn inputs() -> Result<Vec<(String, Value)>> {
    let mut inputs = Vec::new();
    for entry in fs::read_dir(folder())? {
        let path = entry?.path();
        let name = path.file_name().context("a file has a name")?.to_string_lossy().into_owned();
        if let Some(name) = name.strip_suffix(".in.yaml") {
            inputs.push((name.to_owned(), serde_yaml::from_str(&fs::read_to_string(&path)?)?));
        }
    }
    ensure!(inputs.len() > 1, "no golden files in {}", folder().display());
    Ok(inputs)
}

#[tokio::test]
async fn values_render_as_they_did() -> Result<()> {
    for (name, values) in inputs()? {
        let rendered = render(&values).await.with_context(|| name.clone())?.text;
        let path = folder().join(format!("{name}.out.yaml"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, rendered)?;
            continue;
        }
        let before = fs::read_to_string(&path).unwrap_or_default();
        let differs = before.lines().zip(rendered.lines()).position(|(is, was)| is != was);
        ensure!(
            before == rendered,
            "{} differs from line {}; if the change is meant: make golden, and read the diff",
            path.display(),
            differs.map_or(before.lines().count().min(rendered.lines().count()), |at| at) + 1
        );
    }
    Ok(())
}

#[tokio::test]
async fn helm_finds_nothing_to_say() -> Result<()> {
    let helm = Helm::offline()?;
    for (name, values) in inputs()? {
        let said = helm.run(&["lint", "--strict", "--quiet"], &values).await?;
        ensure!(said.success, "{name}: {} {}", said.stdout, said.stderr);
    }
    Ok(())
}

/// Tools that render again and again, such as Argo CD, must see no change.
#[tokio::test]
async fn nothing_is_random() -> Result<()> {
    for (name, values) in inputs()? {
        ensure!(render(&values).await?.text == render(&values).await?.text, "{name}");
    }
    Ok(())
}
