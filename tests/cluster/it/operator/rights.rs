//! What the operator asked for, and what its roles give it: one must be the other.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use cluster::{ControlPlane, OperatorAccount};
use serde_json::Value;

/// Rights: group, resource and verb.
pub(super) type Rights = BTreeSet<(String, String, String)>;

/// What it asked for, all of which it got.
pub(super) fn used(control_plane: &ControlPlane, account: &OperatorAccount) -> Result<Rights> {
    let mut used = Rights::new();
    for request in control_plane.audited()?.into_iter().filter(|request| request.user == account.user()) {
        ensure!(request.code != 403, "it may not: {request:?}");
        used.insert((request.group, request.resource, request.verb));
    }
    // Creation by server-side apply is asked for as a patch, and needs both rights.
    used.insert((String::new(), "configmaps".to_owned(), "create".to_owned()));
    Ok(used)
}

/// What the roles in these files of the operator's give.
pub(super) fn given(files: &[&str]) -> Result<Rights> {
    let mut given = Rights::new();
    for rule in OperatorAccount::rules(files)? {
        let texts = |field: &str| -> Result<Vec<String>> {
            let list = rule[field].as_array().with_context(|| format!("a rule without {field}"))?;
            Ok(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        };
        for group in texts("apiGroups")? {
            for resource in texts("resources")? {
                for verb in texts("verbs")? {
                    given.insert((group.clone(), resource.clone(), verb));
                }
            }
        }
    }
    Ok(given)
}

/// That one is the other.
pub(super) fn same(used: &Rights, given: &Rights) -> Result<()> {
    let unused: Vec<_> = given.difference(used).collect();
    let missing: Vec<_> = used.difference(given).collect();
    ensure!(
        unused.is_empty() && missing.is_empty(),
        "given and not used: {unused:?}; used and not given: {missing:?}"
    );
    Ok(())
}
