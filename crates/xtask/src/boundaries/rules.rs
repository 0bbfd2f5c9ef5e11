//! Which crate must keep clear of what.

/// The crates of one forbidden dependency.
pub(super) struct Group {
    /// As design.md section 2 names it.
    pub(super) name: &'static str,
    /// Why it is forbidden, for whoever crosses the boundary.
    pub(super) reason: &'static str,
    /// Packages by exact name, or by prefix when the entry ends in `*`.
    packages: &'static [&'static str],
}

impl Group {
    /// Whether the package belongs to the group.
    pub(super) fn holds(&self, package: &str) -> bool {
        self.packages.iter().any(|entry| match entry.strip_suffix('*') {
            Some(prefix) => package.starts_with(prefix),
            None => package == *entry,
        })
    }
}

/// One row of the table of design.md section 2.
pub(super) struct Rule {
    /// The folder under `crates/`.
    pub(super) folder: &'static str,
    /// What it must not depend on.
    pub(super) forbids: &'static [&'static Group],
    /// Whether its own sources must also stay away from the standard library's I/O.
    pub(super) pure: bool,
}

const TOKIO: Group = Group {
    name: "tokio",
    reason: "it runs without an executor",
    packages: &["tokio", "tokio-*", "async-std", "smol"],
};
const KUBE: Group =
    Group { name: "kube", reason: "the data path knows no Kubernetes", packages: &["kube", "kube-*"] };
const KUBE_CLIENT: Group = Group {
    name: "the kube client",
    reason: "it describes resources and calls nobody",
    packages: &["kube-client", "kube-runtime"],
};
const PINGORA: Group =
    Group { name: "pingora", reason: "only the sidecar is built on it", packages: &["pingora", "pingora-*"] };
const IO: Group = Group {
    name: "I/O",
    reason: "it is a function of its input",
    packages: &[
        "mio",
        "socket2",
        "hyper",
        "hyper-*",
        "reqwest",
        "ureq",
        "rustls",
        "native-tls",
        "hickory-*",
        "notify",
        "tempfile",
        "redis",
        "memmap2",
        "maxminddb",
    ],
};

/// The table of design.md section 2. Crates that do not exist yet are listed too, so that they start inside the fence.
pub(super) const RULES: &[Rule] = &[
    Rule { folder: "core", forbids: &[&TOKIO, &KUBE, &PINGORA, &IO], pure: true },
    Rule { folder: "wire", forbids: &[&TOKIO, &KUBE, &PINGORA, &IO], pure: true },
    Rule { folder: "sources", forbids: &[&KUBE, &PINGORA], pure: false },
    Rule { folder: "store", forbids: &[&KUBE, &PINGORA], pure: false },
    Rule { folder: "sidecar", forbids: &[&KUBE], pure: false },
    Rule { folder: "api", forbids: &[&KUBE_CLIENT, &TOKIO], pure: false },
    Rule { folder: "inject", forbids: &[&KUBE_CLIENT, &TOKIO, &IO], pure: true },
    Rule { folder: "operator", forbids: &[&PINGORA], pure: false },
    Rule { folder: "simulator", forbids: &[&KUBE, &PINGORA], pure: false },
];

/// Crates that may depend on anything.
pub(super) const FREE: [&str; 2] = ["cli", "xtask"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_matches_whole_names_and_prefixes() {
        assert!(KUBE.holds("kube"));
        assert!(KUBE.holds("kube-core"));
        assert!(!KUBE.holds("kubert"));
        assert!(!KUBE_CLIENT.holds("kube-core"));
        assert!(IO.holds("hyper-util"));
        assert!(!IO.holds("hyperloglog"));
    }
}
