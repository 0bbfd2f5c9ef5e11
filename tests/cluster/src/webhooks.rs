//! The webhook configurations that ship, installed with an address in place of a Service: the API server has no route to one.

use anyhow::{Context, Result, ensure};
use harness::{PATIENCE, eventually, root};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{ControlPlane, Identity, Kubectl, Scene};

/// Namespaces of tests that want the webhooks, where not all do.
const WANTED: &str = "test/webhooks";

/// The webhook configurations, installed.
pub struct Webhooks;

impl Webhooks {
    /// Installs them for every namespace, or for those alone that [`Scene::want_webhooks`] asked for.
    ///
    /// # Errors
    /// When the API server refuses them.
    pub async fn install(control_plane: &ControlPlane, url: &str, everywhere: bool) -> Result<()> {
        let text = std::fs::read_to_string(root().join("crates/operator/webhooks.yaml"))?;
        let mut manifests = String::new();
        for document in serde_yaml::Deserializer::from_str(&text) {
            let mut document = Value::deserialize(document)?;
            for webhook in document["webhooks"].as_array_mut().context("no webhooks")? {
                let path = webhook["clientConfig"]["service"]["path"].as_str().context("no path")?.to_owned();
                webhook["clientConfig"] = json!({ "url": format!("{url}{path}") });
                if !everywhere {
                    let wanted = json!({ "key": WANTED, "operator": "Exists" });
                    match webhook["namespaceSelector"]["matchExpressions"].as_array_mut() {
                        Some(expressions) => expressions.push(wanted),
                        None => webhook["namespaceSelector"] = json!({ "matchExpressions": [wanted] }),
                    }
                }
            }
            manifests += &format!("---\n{document}\n");
        }
        control_plane.kubectl(Identity::Admin, "default")?.apply(&manifests).await?;
        Ok(())
    }

    /// Waits until the API server calls them for a namespace, and trusts what they show.
    ///
    /// # Errors
    /// When that does not come.
    pub async fn answer(kubectl: &Kubectl) -> Result<()> {
        let pod = json!({ "apiVersion": "v1", "kind": "Pod",
            "metadata": { "name": "probe", "annotations": { "riskgate.dev/policy": "there-is-none" } },
            "spec": { "containers": [{ "name": "probe", "image": "probe" }] } });
        eventually("the webhooks", PATIENCE, || async {
            let said = kubectl.run(&["create", "--dry-run=server", "-f", "-"], &pod.to_string()).await?;
            ensure!(said.stderr.contains("has no RiskPolicy"), "{said:?}");
            Ok(())
        })
        .await
    }
}

impl Scene {
    /// Has the operator that tests share asked about this namespace.
    ///
    /// # Errors
    /// When that does not come.
    pub async fn want_webhooks(&self) -> Result<()> {
        let kubectl = self.kubectl()?;
        kubectl.say(&["label", "namespace", &self.namespace, &format!("{WANTED}=yes")]).await?;
        Webhooks::answer(&kubectl).await
    }
}
