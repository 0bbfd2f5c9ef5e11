//! Policies as the API server asks about them.

use std::sync::Arc;

use anyhow::{Result, ensure};
use cluster::manifests::policy;
use cluster::{Scene, SharedOperator, Suite};
use riskgate_api::RiskPolicy;
use serde_json::json;

pub(super) fn add(suite: Suite) -> Suite {
    suite
        .with_operator(
            "admission::a_bad_policy_is_refused_with_its_fields",
            a_bad_policy_is_refused_with_its_fields,
        )
        .with_operator("admission::an_unwise_policy_is_warned_of", an_unwise_policy_is_warned_of)
}

async fn a_bad_policy_is_refused_with_its_fields(scene: Scene, _: Arc<SharedOperator>) -> Result<()> {
    scene.want_webhooks().await?;
    let kubectl = scene.kubectl()?;
    // What only the compiler sees: the schema lets both pass.
    let spec = json!({
        "ports": { "admin": 0 },
        "providers": [
            { "name": "bankid", "listen": { "port": 15381, "env": ["URL"] },
                "bankIdSe": { "environment": "Test", "clientCertificateRefs": [{ "name": "rp" }] } },
            { "name": "staff", "listen": { "port": 15382, "env": ["URL"] },
                "bankIdSe": { "environment": "Test", "clientCertificateRefs": [{ "name": "rp" }] } },
        ],
    });
    let said = kubectl.run(&["create", "-f", "-"], &policy("retail", &spec).to_string()).await?;
    ensure!(!said.success && said.stderr.contains("spec.providers[1].listen.env"), "{said:?}");
    let free = policy("retail", &json!({ "ports": { "admin": 0 } })).to_string();
    let said = kubectl.run(&["create", "-f", "-"], &free).await?;
    let told = "spec.ports.admin: a pod's ports are known before it starts; write a number above 0";
    ensure!(!said.success && said.stderr.contains(told), "{said:?}");
    ensure!(scene.api::<RiskPolicy>().get_opt("retail").await?.is_none(), "it was taken");

    // A change is judged as a creation is.
    kubectl.apply(&policy("retail", &json!({})).to_string()).await?;
    let said = kubectl.run(&["apply", "-f", "-"], &free).await?;
    ensure!(!said.success && said.stderr.contains("spec.ports.admin"), "{said:?}");
    Ok(())
}

async fn an_unwise_policy_is_warned_of(scene: Scene, _: Arc<SharedOperator>) -> Result<()> {
    scene.want_webhooks().await?;
    let said = scene
        .kubectl()?
        .run(&["apply", "-f", "-"], &policy("retail", &json!({ "mode": "Monitor" })).to_string())
        .await?;
    ensure!(
        said.success && said.stderr.contains("Warning: riskgate: spec.mode: Monitor changes no outcome"),
        "{said:?}"
    );
    Ok(())
}
