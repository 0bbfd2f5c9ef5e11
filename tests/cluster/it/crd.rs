//! The CustomResourceDefinition on a real API server: its rules, its manual, its columns, its status.

#[allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]
#[path = "../../../crates/api/tests/table/mod.rs"]
mod table;

use anyhow::{Result, ensure};
use cluster::{Scene, Suite};
use harness::root;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::JSONSchemaProps;
use kube::api::{DynamicObject, Patch, PatchParams, PostParams};
use kube::{Api, ResourceExt};
use riskgate_api::{RiskPolicy, schema};
use serde::Deserialize;
use serde_json::{Value, json};
use table::Table;

pub(crate) fn add(suite: Suite) -> Suite {
    suite
        .with("crd::its_rules_hold_without_a_webhook", its_rules_hold_without_a_webhook)
        .with("crd::examples_are_accepted", examples_are_accepted)
        .with("crd::explain_is_a_manual", explain_is_a_manual)
        .with("crd::columns_short_name_and_category", columns_short_name_and_category)
        .with("crd::status_is_written_beside_the_spec", status_is_written_beside_the_spec)
        .with("crd::conditions_are_merged_by_type", conditions_are_merged_by_type)
}

async fn its_rules_hold_without_a_webhook(scene: Scene) -> Result<()> {
    // Unknown to our types is still seen by the API server.
    let api: Api<DynamicObject> = Api::namespaced_with(scene.client.clone(), &scene.namespace, &resource());
    let dry_run = PostParams { dry_run: true, field_manager: None };
    let table = Table::read();
    for case in &table.cases {
        let policy: DynamicObject = serde_json::from_value(table.policy(case))?;
        match (api.create(&dry_run, &policy).await, &case.refused) {
            (Ok(_), None) => {}
            (Err(kube::Error::Api(status)), Some(refused)) => {
                let (reason, message) = (&status.reason, &status.message);
                ensure!(reason == "Invalid", "{}: {reason}: {message}", case.case);
                ensure!(message.contains(&refused.message), "{}: {message}", case.case);
                let at = if refused.at.is_empty() { "<nil>" } else { &refused.at };
                ensure!(message.contains(&format!("{at}: ")), "{}: {message}", case.case);
            }
            (outcome, refused) => {
                ensure!(false, "{}: {:?}, should be refused: {}", case.case, outcome, refused.is_some());
            }
        }
    }
    Ok(())
}

async fn examples_are_accepted(scene: Scene) -> Result<()> {
    let files = policy_files(&root().join("examples"))?;
    ensure!(files.len() >= 3, "the examples are gone: {files:?}");
    for file in files {
        let text = std::fs::read_to_string(&file)?;
        for document in serde_yaml::Deserializer::from_str(&text) {
            let document = Value::deserialize(document)?;
            if let Some(namespace) = document["metadata"]["namespace"].as_str() {
                scene.kubectl()?.apply(&namespace_named(namespace)).await?;
            }
        }
        let said = scene.kubectl()?.run(&["create", "--dry-run=server", "-f", "-"], &text).await?;
        ensure!(said.success && said.stderr.is_empty(), "{}: {}", file.display(), said.stderr);
    }
    Ok(())
}

/// Every field of the spec is there, with what it means.
async fn explain_is_a_manual(scene: Scene) -> Result<()> {
    let kubectl = scene.kubectl()?;
    let tree = kubectl.say(&["explain", "riskpolicy.spec", "--recursive"]).await?;
    let spec = schema::RESOURCE.properties.as_ref().and_then(|members| members.get("spec"));
    let mut missing = Vec::new();
    for field in spec.into_iter().flat_map(fields) {
        let listed = tree.lines().any(|line| line.split_whitespace().next() == Some(field.as_str()));
        if !listed {
            missing.push(field);
        }
    }
    ensure!(spec.is_some() && missing.is_empty(), "not explained: {missing:?}\n{tree}");

    let flows = kubectl.say(&["explain", "riskpolicy.spec.flows"]).await?;
    let flows = flows.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in ["A named entry of a policy", "whenUnknown", "- `Moderate`: From `Moderate` upwards."] {
        ensure!(flows.contains(words), "{words} is not told:\n{flows}");
    }
    Ok(())
}

async fn columns_short_name_and_category(scene: Scene) -> Result<()> {
    let kubectl = scene.kubectl()?;
    let table = Table::read();
    kubectl.apply(&table.policy(&table.cases[0]).to_string()).await?;
    let columns = |text: &str| {
        let first = text.lines().next().unwrap_or_default();
        first.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    let narrow = columns(&kubectl.say(&["get", "rp"]).await?);
    ensure!(narrow == ["NAME", "MODE", "READY", "REASON", "PODS", "OUTDATED", "AGE"], "{narrow:?}");
    let wide = columns(&kubectl.say(&["get", "rp", "--output=wide"]).await?);
    ensure!(wide.ends_with(&["FLOWS", "CONFIG", "AGE"].map(str::to_owned)), "{wide:?}");
    let named = kubectl.say(&["get", "riskgate", "--output=name"]).await?;
    ensure!(named.trim() == "riskpolicy.riskgate.dev/retail", "{named}");
    // The default is filled in, so that the column is never empty.
    let shown = kubectl.say(&["get", "rp", "retail", "--no-headers"]).await?;
    ensure!(shown.split_whitespace().nth(1) == Some("Enforce"), "{shown}");
    Ok(())
}

async fn status_is_written_beside_the_spec(scene: Scene) -> Result<()> {
    let table = Table::read();
    let made: RiskPolicy = scene.create(table.policy(&table.cases[0])).await?;
    ensure!(made.metadata.generation == Some(1), "{:?}", made.metadata);
    let change = json!({ "spec": { "mode": "Monitor" }, "status": { "flows": 1 } });
    let api = scene.api::<RiskPolicy>();
    let params = PatchParams::default();
    let through_status = api.patch_status(&made.name_any(), &params, &Patch::Merge(&change)).await?;
    ensure!(
        through_status.spec == made.spec && through_status.metadata.generation == Some(1),
        "spec changed"
    );
    ensure!(through_status.status.as_ref().and_then(|status| status.flows) == Some(1), "status did not");
    let change = json!({ "spec": { "mode": "Monitor" }, "status": { "flows": 2 } });
    let through_spec = api.patch(&made.name_any(), &params, &Patch::Merge(&change)).await?;
    ensure!(through_spec.metadata.generation == Some(2), "the generation did not follow the spec");
    ensure!(through_spec.status.and_then(|status| status.flows) == Some(1), "status changed");
    Ok(())
}

/// Two writers, a condition each: neither takes the other's away.
async fn conditions_are_merged_by_type(scene: Scene) -> Result<()> {
    let table = Table::read();
    let made: RiskPolicy = scene.create(table.policy(&table.cases[0])).await?;
    let api = scene.api::<RiskPolicy>();
    for kind in ["Accepted", "Programmed"] {
        let condition = json!({ "type": kind, "status": "True", "reason": kind, "message": "",
            "lastTransitionTime": "2026-01-01T00:00:00Z" });
        let status = json!({ "apiVersion": "riskgate.dev/v1alpha1", "kind": "RiskPolicy",
            "status": { "conditions": [condition] } });
        api.patch_status(&made.name_any(), &PatchParams::apply(kind), &Patch::Apply(&status)).await?;
    }
    let status = api.get(&made.name_any()).await?.status.unwrap_or_default();
    let kinds: Vec<_> = status.conditions.iter().map(|condition| condition.type_.as_str()).collect();
    ensure!(kinds == ["Accepted", "Programmed"], "{kinds:?}");
    Ok(())
}

fn namespace_named(name: &str) -> String {
    json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } }).to_string()
}

fn resource() -> kube::core::ApiResource {
    kube::core::ApiResource::erase::<RiskPolicy>(&())
}

fn fields(schema: &JSONSchemaProps) -> Vec<String> {
    let mut found = Vec::new();
    let schema = serde_json::to_value(schema).unwrap_or_default();
    collect(&schema, &mut found);
    found
}

fn collect(schema: &Value, found: &mut Vec<String>) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        found.push(name.clone());
        collect(property, found);
    }
    if schema["items"].is_object() {
        collect(&schema["items"], found);
    }
}

/// The manifests in a folder that are policies.
fn policy_files(folder: &std::path::Path) -> Result<Vec<std::path::PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(policy_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
