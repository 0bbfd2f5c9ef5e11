//! Every example policy runs: with the simulator in BankID's place, and what it names as throw-away files.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use harness::{Policy, Sidecar, Simulator, root};
use serde_json::{Value, json};

use crate::stage::{AUTH, Stage, auth, order_ref};

fn examples(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            examples(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            found.push(path);
        }
    }
    Ok(())
}

/// Puts the simulator in BankID's place, and free ports in place of fixed ones; everything else stays as it is written.
fn beside(policy: Policy, endpoint: &str) -> Policy {
    let spec = &policy.resource()["spec"];
    let refs = spec["providers"][0]["bankIdSe"]["clientCertificateRefs"].as_array().map_or(1, Vec::len);
    let names = [json!({ "name": "bankid-rp" }), json!({ "name": "bankid-rp-next" })];
    policy
        .with_spec(&json!({ "ports": { "admin": 0, "health": 0 }, "log": { "decisions": "Stdout" } }))
        .with_provider(&json!({
            "listen": { "port": 0 },
            "bankIdSe": {
                "environment": "Custom",
                "endpoint": endpoint,
                "trustBundleRef": { "kind": "ConfigMap", "name": "bankid-roots", "key": "ca.crt" },
                "clientCertificateRefs": &names[..refs.min(2)],
            },
        }))
}

#[tokio::test]
async fn every_example_runs() -> Result<()> {
    let mut files = Vec::new();
    examples(&root().join("examples"), &mut files)?;
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        for document in serde_yaml::Deserializer::from_str(&std::fs::read_to_string(&file)?) {
            let resource = <Value as serde::Deserialize>::deserialize(document)?;
            if resource["kind"] != "RiskPolicy" {
                continue;
            }
            run(&file, resource).await.with_context(|| file.display().to_string())?;
        }
    }
    Ok(())
}

async fn run(file: &Path, resource: Value) -> Result<()> {
    let simulator = Simulator::start().await?;
    if let Some(key) = resource["spec"].get("pseudonymKeyRef") {
        let name = |member: &str| key[member].as_str().unwrap_or_default().to_owned();
        let secret = simulator.credentials().join("secrets").join(name("name"));
        std::fs::create_dir_all(&secret)?;
        std::fs::write(secret.join(name("key")), [7; 32])?;
    }
    let covers_auth = resource["spec"]["flows"].to_string().contains("\"Auth\"");
    let policy = beside(Policy::from(resource), simulator.endpoint());
    let sidecar = Sidecar::start(&policy, simulator.credentials()).await?;
    let stage = Stage { simulator, sidecar };
    let answer = stage.post(AUTH, &[], &auth()).await?;
    assert!(covers_auth, "{}: every example has a login", file.display());
    order_ref(&answer)?;
    Ok(())
}
