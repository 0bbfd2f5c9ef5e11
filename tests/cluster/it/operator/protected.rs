//! What the ValidatingAdmissionPolicies keep from everybody but the operator, tried by a user with the role `edit`. They are
//! bound to the test's namespace alone: other tests change what they protect.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use cluster::manifests::{bound_pod, policy};
use cluster::{Identity, Kubectl, Scene, SharedOperator, Suite};
use harness::{PATIENCE, eventually, root};
use k8s_openapi::api::admissionregistration::v1::ValidatingAdmissionPolicy;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Pod};
use kube::Api;
use kube::api::DeleteParams;
use riskgate_api::RiskPolicy;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{gone, ready, settled};

const CONFIGURATION: &str = "holds what riskgate made of a RiskPolicy; change that RiskPolicy";

pub(super) fn add(suite: Suite) -> Suite {
    suite.with_operator("operator::what_it_wrote_is_protected", what_it_wrote_is_protected)
}

async fn what_it_wrote_is_protected(scene: Scene, operator: Arc<SharedOperator>) -> Result<()> {
    let api: Api<RiskPolicy> = scene.api();
    protect(&scene).await?;
    let binding = ["create", "rolebinding", "editor", "--clusterrole=edit", "--user=anna"];
    scene.kubectl()?.say(&binding).await?;
    let anna = scene.control_plane.kubectl(Identity::User("anna"), &scene.namespace)?;
    eventually("the role", PATIENCE, || async { anna.say(&["get", "configmaps"]).await }).await?;

    let forged = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": {
        "name": "riskgate-forged", "labels": { "riskgate.dev/policy": "forged" } } });
    eventually("the policies to bite", PATIENCE, || async {
        let said = anna.run(&["create", "--dry-run=server", "-f", "-"], &forged.to_string()).await?;
        ensure!(!said.success && said.stderr.contains(CONFIGURATION), "{said:?}");
        Ok(())
    })
    .await?;

    // The operator writes, through it all.
    let made: RiskPolicy = scene.create(policy("retail", &json!({}))).await?;
    settled(&api, "retail", ready).await?;
    configuration_is_kept(&scene, &anna).await?;
    the_operator_writes_nothing_else(&scene, &operator).await?;
    a_pods_status_is_kept(&scene, &anna, &made).await?;

    // A namespace goes with all that is in it.
    let namespaces: Api<Namespace> = Api::all(scene.client.clone());
    namespaces.delete(&scene.namespace, &DeleteParams::default()).await?;
    gone(&namespaces, &scene.namespace, PATIENCE).await
}

/// Applies the policies, bound to the scene.
async fn protect(scene: &Scene) -> Result<()> {
    let text = std::fs::read_to_string(root().join("crates/operator/admission-policies.yaml"))?;
    for document in serde_yaml::Deserializer::from_str(&text) {
        let mut document = Value::deserialize(document)?;
        if document["kind"] == "ValidatingAdmissionPolicyBinding" {
            let here = json!({ "kubernetes.io/metadata.name": scene.namespace });
            document["spec"]["matchResources"] = json!({ "namespaceSelector": { "matchLabels": here } });
        }
        scene.kubectl()?.apply(&document.to_string()).await?;
    }
    // The controller manager checks the expressions against the types that they are about.
    let policies: Api<ValidatingAdmissionPolicy> = Api::all(scene.client.clone());
    for name in ["riskgate-configuration", "riskgate-pod-status"] {
        let status = eventually("the check of types", PATIENCE, || async {
            let status = policies.get(name).await?.status.context("not checked")?;
            ensure!(status.observed_generation.is_some() && status.type_checking.is_some(), "{status:?}");
            Ok(status)
        })
        .await?;
        let warnings = status.type_checking.and_then(|check| check.expression_warnings).unwrap_or_default();
        ensure!(warnings.is_empty(), "{name}: {warnings:?}");
    }
    Ok(())
}

async fn refused(who: &Kubectl, arguments: &[&str], message: &str) -> Result<()> {
    let said = who.run(arguments, "").await?;
    ensure!(!said.success && said.stderr.contains(message), "{arguments:?}: {said:?}");
    Ok(())
}

async fn configuration_is_kept(scene: &Scene, anna: &Kubectl) -> Result<()> {
    let admin = scene.kubectl()?;
    let before: ConfigMap = scene.api().get("riskgate-retail").await?;
    for who in [anna, &admin] {
        let patch = r#"{"data":{"config.v1.yaml":"schema: 1"}}"#;
        refused(who, &["patch", "configmap", "riskgate-retail", "--patch", patch], CONFIGURATION).await?;
        refused(who, &["label", "configmap", "riskgate-retail", "riskgate.dev/policy-"], CONFIGURATION)
            .await?;
        refused(who, &["delete", "configmap", "riskgate-retail"], CONFIGURATION).await?;
        refused(who, &["delete", "configmaps", "--selector=riskgate.dev/policy"], CONFIGURATION).await?;
    }
    anna.say(&["create", "configmap", "mine", "--from-literal=a=b"]).await?;
    refused(anna, &["label", "configmap", "mine", "riskgate.dev/policy=retail"], CONFIGURATION).await?;
    anna.say(&["delete", "configmap", "mine"]).await?;
    controller_manager_cleans(scene, anna).await?;
    let after: ConfigMap = scene.api().get("riskgate-retail").await?;
    ensure!(after == before, "{after:?}");
    Ok(())
}

/// A controller manager without --use-service-account-credentials deletes what is in a namespace by its own name, and may do
/// no more than that.
async fn controller_manager_cleans(scene: &Scene, anna: &Kubectl) -> Result<()> {
    let name = "system:kube-controller-manager";
    let user = format!("--user={name}");
    scene.kubectl()?.say(&["create", "rolebinding", "cleaner", "--clusterrole=edit", &user]).await?;
    let manager = scene.control_plane.kubectl(Identity::User(name), &scene.namespace)?;
    eventually("the role", PATIENCE, || async { manager.say(&["get", "configmaps"]).await }).await?;
    manager.say(&["delete", "configmap", "riskgate-retail", "--dry-run=server"]).await?;
    let patch = r#"{"data":{"config.v1.yaml":"schema: 1"}}"#;
    refused(&manager, &["patch", "configmap", "riskgate-retail", "--patch", patch], CONFIGURATION).await?;
    refused(anna, &["delete", "configmap", "riskgate-retail", "--dry-run=server"], CONFIGURATION).await
}

/// Whoever held the operator's token could do no more with ConfigMaps.
async fn the_operator_writes_nothing_else(scene: &Scene, operator: &SharedOperator) -> Result<()> {
    let own = operator.account.kubectl(&scene.control_plane, &scene.namespace).await?;
    let message = "writes no ConfigMap but those with the label riskgate.dev/policy";
    refused(&own, &["create", "configmap", "other"], message).await?;
    refused(
        &own,
        &["patch", "configmap", "kube-root-ca.crt", "--patch", r#"{"data":{"ca.crt":""}}"#],
        message,
    )
    .await?;
    refused(&own, &["delete", "configmap", "kube-root-ca.crt"], message).await?;
    let patch = r#"{"metadata":{"labels":{"riskgate.dev/policy":"x"}}}"#;
    refused(&own, &["patch", "configmap", "kube-root-ca.crt", "--patch", patch], message).await
}

async fn a_pods_status_is_kept(scene: &Scene, anna: &Kubectl, policy: &RiskPolicy) -> Result<()> {
    scene.create::<Pod>(bound_pod("shop", policy)?).await?;
    let message = "changes no more";
    refused(anna, &["annotate", "pod", "shop", "--overwrite", "riskgate.dev/status={}"], message).await?;
    refused(anna, &["annotate", "pod", "shop", "riskgate.dev/status-"], message).await?;
    anna.say(&["annotate", "pod", "shop", "team=payments"]).await?;
    anna.say(&["run", "plain", "--image=shop"]).await?;
    anna.say(&["annotate", "pod", "plain", "team=payments"]).await?;
    refused(anna, &["annotate", "pod", "plain", "riskgate.dev/status={}"], message).await?;
    let message = "says which policy the pod was bound to";
    refused(anna, &["label", "pod", "shop", "riskgate.dev/policy-"], message).await?;
    refused(anna, &["label", "pod", "shop", "--overwrite", "riskgate.dev/policy=other"], message).await?;
    refused(anna, &["label", "pod", "plain", "riskgate.dev/policy=retail"], message).await?;
    anna.say(&["label", "pod", "shop", "team=payments"]).await?;
    anna.say(&["delete", "pods", "--all", "--grace-period=0", "--force"]).await.map(drop)
}
