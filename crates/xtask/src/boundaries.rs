//! The column "must not depend on" of design.md section 2, proved with `cargo tree`: normal dependencies, every feature.
//! Development dependencies and procedural macros do not reach what ships, and may be anything.

mod graph;
mod purity;
mod rules;

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::{cargo, output};
use crate::tree::Tree;
use graph::Dependencies;
use rules::{FREE, RULES};

/// Fails with the chain by which a crate reaches what it must not depend on.
pub(crate) fn check(tree: &Tree) -> Result<()> {
    let mut violations = unruled(tree)?;
    let mut checked = 0;
    for rule in RULES.iter().filter(|rule| tree.root().join("crates").join(rule.folder).is_dir()) {
        let dependencies = Dependencies::parse(&cargo_tree(tree, &format!("riskgate-{}", rule.folder))?)?;
        for group in rule.forbids {
            if let Some(chain) = dependencies.chain_to(|name| group.holds(name)) {
                violations.push(format!(
                    "crates/{}: must not depend on {} ({}), but does: {}",
                    rule.folder,
                    group.name,
                    group.reason,
                    chain.join(" -> ")
                ));
            }
        }
        if rule.pure {
            violations.extend(purity::violations(tree, &format!("crates/{}/src", rule.folder))?);
        }
        checked += 1;
    }
    if !violations.is_empty() {
        bail!("boundaries of design.md section 2 are crossed:\n{}", violations.join("\n"));
    }
    println!("{checked} crates keep their boundaries");
    Ok(())
}

/// Crates that neither have a rule nor are free: a new crate must say what it keeps clear of.
fn unruled(tree: &Tree) -> Result<Vec<String>> {
    let known: BTreeSet<&str> = RULES.iter().map(|rule| rule.folder).chain(FREE).collect();
    let folder = tree.root().join("crates");
    let mut missing = Vec::new();
    for entry in folder.read_dir().with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.join("Cargo.toml").is_file() && !known.contains(name) {
            missing.push(format!(
                "crates/{name}: no rule; add one to RULES in crates/xtask/src/boundaries/rules.rs"
            ));
        }
    }
    Ok(missing)
}

fn cargo_tree(tree: &Tree, package: &str) -> Result<String> {
    output(
        Command::new(cargo())
            .args(["tree", "--locked", "--package", package, "--all-features", "--target", "all"])
            .args(["--edges", "normal,no-proc-macro", "--prefix", "depth", "--format", " {p}"])
            .current_dir(tree.root()),
    )
}
