//! The operator's own tests run under the manifests of crates/operator; the chart installs the same, whatever else it adds.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};

use super::render;

/// Without what a release alone has: labels, and the namespace of the release.
fn plain(object: &Value) -> Value {
    let mut object = object.clone();
    object["metadata"] = json!({ "name": object["metadata"]["name"] });
    object
}

#[tokio::test]
async fn the_chart_installs_what_the_operator_is_tested_with() -> Result<()> {
    let rendered = render(&json!({})).await?;
    let mut compared = 0;
    for file in ["rbac.yaml", "admission-policies.yaml", "webhooks.yaml"] {
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
    ensure!(compared == 8, "{compared} objects");
    Ok(())
}
