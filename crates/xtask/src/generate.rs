//! Generated files: written by one command, compared by CI with the same code.

mod chart;
mod manifests;
mod outputs;
mod reference;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::tree::Tree;

/// Folders that hold generated files only: what nobody generates there is left over, and an error.
const OWNED: [&str; 3] = ["charts/riskgate/files/crds", "charts/riskgate/templates/generated", "crds"];

/// One generated file.
struct Output {
    /// Relative to the root of the workspace.
    path: PathBuf,
    content: String,
}

/// Writes every generated file that differs, and removes what is left over.
pub(crate) fn write(tree: &Tree) -> Result<()> {
    let outputs = outputs::all(tree)?;
    for output in &outputs {
        if difference(tree, output).is_none() {
            continue;
        }
        let path = tree.root().join(&output.path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        }
        fs::write(&path, &output.content).with_context(|| format!("cannot write {}", path.display()))?;
        println!("wrote {}", output.path.display());
    }
    for path in left_over(tree, &outputs)? {
        fs::remove_file(tree.root().join(&path))
            .with_context(|| format!("cannot remove {}", path.display()))?;
        println!("removed {}: nothing generates it", path.display());
    }
    Ok(())
}

/// Fails with every file that [`write()`] would change.
pub(crate) fn check(tree: &Tree) -> Result<()> {
    let outputs = outputs::all(tree)?;
    let mut stale: Vec<String> = outputs
        .iter()
        .filter_map(|output| {
            difference(tree, output).map(|what| format!("{}: {what}", output.path.display()))
        })
        .collect();
    for path in left_over(tree, &outputs)? {
        stale.push(format!("{}: nothing generates it", path.display()));
    }
    if !stale.is_empty() {
        bail!("generated files are out of date; run `make generate` and commit:\n{}", stale.join("\n"));
    }
    println!("{} generated files are up to date", outputs.len());
    Ok(())
}

/// What differs between the file in the tree and the generated content; `None` when nothing does.
fn difference(tree: &Tree, output: &Output) -> Option<String> {
    let Ok(present) = fs::read_to_string(tree.root().join(&output.path)) else {
        return Some("missing".to_owned());
    };
    (present != output.content).then(|| first_difference(&present, &output.content))
}

/// Names the first line on which two texts differ.
fn first_difference(present: &str, generated: &str) -> String {
    let (mut present, mut generated) = (present.lines(), generated.lines());
    for number in 1_usize.. {
        match (present.next(), generated.next()) {
            (Some(is), Some(should)) if is == should => {}
            (None, None) => break,
            (is, should) => {
                let show = |line: Option<&str>| line.map_or("nothing".to_owned(), |text| format!("{text:?}"));
                return format!("line {number} is {}, generated {}", show(is), show(should));
            }
        }
    }
    "only line ends differ".to_owned()
}

fn left_over(tree: &Tree, outputs: &[Output]) -> Result<Vec<PathBuf>> {
    let mut left = Vec::new();
    for folder in OWNED {
        if tree.root().join(folder).is_dir() {
            left.extend(tree.files(folder, &["yaml", "json", "md"])?);
        }
    }
    left.retain(|path| outputs.iter().all(|output| output.path != *path));
    Ok(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_differing_line_is_named() {
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), r#"line 2 is "b", generated "c""#);
        assert_eq!(first_difference("a\n", "a\nb\n"), r#"line 2 is nothing, generated "b""#);
        assert_eq!(first_difference("a\nb\n", "a\n"), r#"line 2 is "b", generated nothing"#);
        assert_eq!(first_difference("a", "a\n"), "only line ends differ");
    }
}
