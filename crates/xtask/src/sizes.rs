//! A file holds one concept: none is longer than 500 lines (design.md section 10).

use std::path::Path;

use anyhow::{Result, bail};

use crate::tree::Tree;

const LIMIT: usize = 500;
const EXTENSIONS: [&str; 4] = ["rs", "py", "mjs", "js"];

/// Fails with every source file over the limit; prints the median.
pub(crate) fn check(tree: &Tree) -> Result<()> {
    let mut sizes = Vec::new();
    for path in tree.files("", &EXTENSIONS)? {
        sizes.push((tree.read(&path)?.lines().count(), path));
    }
    sizes.sort();

    let over: Vec<String> =
        sizes.iter().filter(|(lines, _)| *lines > LIMIT).map(|(lines, path)| row(*lines, path)).collect();
    if !over.is_empty() {
        bail!("source files over {LIMIT} lines; split them by concept:\n{}", over.join("\n"));
    }
    if let (Some((median, _)), Some((longest, path))) = (sizes.get(sizes.len() / 2), sizes.last()) {
        println!(
            "{} source files, median {median} lines, longest {longest} ({})",
            sizes.len(),
            path.display()
        );
    }
    Ok(())
}

fn row(lines: usize, path: &Path) -> String {
    format!("{lines:>6}  {}", path.display())
}
