//! The operator's own tests run under the manifests of crates/operator; the chart installs the same, whatever else it adds.

use anyhow::{Context, Result, ensure};
use cluster::Rendered;
use serde::Deserialize;
use serde_json::{Value, json};

use super::render;

/// What the operator may beyond its least rights, and the value that gives it.
const WIDENINGS: [(&str, &str, &str); 2] = [
    ("nudgePods", "rbac-nudge-pods.yaml", "--nudge-pods"),
    ("verifySecretRefs", "rbac-verify-secret-refs.yaml", "--verify-secret-refs"),
];

/// Without what a release alone has: labels, and the namespace of the release.
fn plain(object: &Value) -> Value {
    let mut object = object.clone();
    object["metadata"] = json!({ "name": object["metadata"]["name"] });
    object
}

#[tokio::test]
async fn the_chart_installs_what_the_operator_is_tested_with() -> Result<()> {
    let rendered = render(&json!({})).await?;
    let files = ["rbac.yaml", "admission-policies.yaml", "webhooks.yaml"];
    let compared = compared(&rendered, &files)?;
    ensure!(compared == 8, "{compared} objects");
    Ok(())
}

/// How many objects of these files the chart has, as they are there.
fn compared(rendered: &Rendered, files: &[&str]) -> Result<usize> {
    let mut compared = 0;
    for file in files {
        let text = std::fs::read_to_string(harness::root().join("crates/operator").join(file))?;
        for document in serde_yaml::Deserializer::from_str(&text) {
            let wanted = Value::deserialize(document)?;
            let (kind, name) = (&wanted["kind"], &wanted["metadata"]["name"]);
            let found =
                rendered.objects.iter().find(|it| it["kind"] == *kind && it["metadata"]["name"] == *name);
            let found = found.with_context(|| format!("the chart has no {kind} {name}"))?;
            ensure!(plain(found) == plain(&wanted), "{kind} {name}: the chart and {file} differ");
            compared += 1;
        }
    }
    Ok(compared)
}

/// Each right is given by its own value, together with the flag by which the operator makes use of it, and by no other.
#[tokio::test]
async fn rights_beyond_the_least_come_with_their_flags() -> Result<()> {
    for (value, file, flag) in WIDENINGS {
        let rendered = render(&json!({ "rbac": { value: true } })).await?;
        ensure!(compared(&rendered, &[file])? == 1, "{value}");
        let bare = render(&json!({})).await?;
        let roles = |rendered: &Rendered| rendered.of("ClusterRole").count();
        let bindings = |rendered: &Rendered| rendered.of("ClusterRoleBinding").count();
        ensure!(
            roles(&rendered) == roles(&bare) + 1 && bindings(&rendered) == bindings(&bare) + 1,
            "{value}"
        );
        let arguments = |rendered: &Rendered| -> Result<Vec<String>> {
            let container = &rendered.one("Deployment")?["spec"]["template"]["spec"]["containers"][0];
            Ok(serde_json::from_value(container["args"].clone())?)
        };
        let (before, after) = (arguments(&bare)?, arguments(&rendered)?);
        let added: Vec<_> = after.iter().filter(|argument| !before.contains(argument)).collect();
        ensure!(added == [flag], "{value}: {added:?}");
    }
    Ok(())
}
