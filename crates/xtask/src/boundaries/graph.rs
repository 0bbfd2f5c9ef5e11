//! The output of `cargo tree --prefix depth`, read as chains from the root.

use anyhow::{Context, Result};

/// The dependencies of one crate, in the order of `cargo tree`.
pub(super) struct Dependencies {
    /// Depth below the root, and the package's name.
    lines: Vec<(usize, String)>,
}

impl Dependencies {
    /// Reads lines of `DEPTH NAME vVERSION …`. A subtree that was listed before is not repeated, and need not be: each
    /// package stands there with its subtree once.
    pub(super) fn parse(output: &str) -> Result<Self> {
        let mut lines = Vec::new();
        for line in output.lines().filter(|line| !line.is_empty()) {
            let mut words = line.split_whitespace();
            let depth = words.next().and_then(|depth| depth.parse().ok());
            let (depth, name) = depth
                .zip(words.next())
                .with_context(|| format!("cargo tree printed an unexpected line: {line}"))?;
            lines.push((depth, name.to_owned()));
        }
        Ok(Self { lines })
    }

    /// The chain of names from the root to the first package that `forbidden` names.
    pub(super) fn chain_to(&self, forbidden: impl Fn(&str) -> bool) -> Option<Vec<&str>> {
        let mut chain = Vec::new();
        for (depth, name) in &self.lines {
            chain.truncate(*depth);
            chain.push(name.as_str());
            if *depth > 0 && forbidden(name) {
                return Some(chain);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "0 riskgate-api v0.1.0 (/src)\n1 serde v1.0.0\n2 serde_core v1.0.0\n1 kube v5.0.0\n\
                          2 kube-core v5.0.0\n3 tokio v1.0.0\n1 thiserror v2.0.0\n2 serde v1.0.0 (*)\n";

    #[test]
    fn the_chain_leads_from_the_root_to_the_offender() {
        let dependencies = Dependencies::parse(OUTPUT).unwrap();
        let chain = dependencies.chain_to(|name| name == "tokio").unwrap();
        assert_eq!(chain, ["riskgate-api", "kube", "kube-core", "tokio"]);
    }

    #[test]
    fn a_crate_may_be_what_others_must_not_depend_on() {
        let dependencies = Dependencies::parse(OUTPUT).unwrap();
        assert_eq!(dependencies.chain_to(|name| name == "riskgate-api"), None);
        assert_eq!(dependencies.chain_to(|name| name == "pingora"), None);
    }

    #[test]
    fn other_output_is_refused() {
        assert!(Dependencies::parse("error: no such package\n").is_err());
    }
}
