//! The operator with the two rights that it has only where somebody gives them, on a control plane of its own: it looks at what
//! policies name, and it tells kubelets that there is something new. And that it does no more with either.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use cluster::manifests::{bound_pod, certificate_secret, client_certificate, policy};
use cluster::{ControlPlane, OperatorAccount, Scene, Suite};
use harness::{PATIENCE, eventually};
use k8s_openapi::api::core::v1::{ConfigMap, Pod, Secret};
use kube::api::{DeleteParams, Patch, PatchParams};
use kube::{Api, ResourceExt};
use riskgate_api::{RiskPolicy, RiskPolicyStatus};
use serde_json::{Value, json};

use super::{condition, ready, rights, settled, told_of};

/// The files with the rights, and their roles.
const WIDENINGS: [(&str, &str); 2] = [
    ("rbac-nudge-pods.yaml", "riskgate-operator-nudge-pods"),
    ("rbac-verify-secret-refs.yaml", "riskgate-operator-verify-secret-refs"),
];
const NUDGE: &str = "riskgate.dev/nudge";

pub(super) fn add(suite: Suite) -> Suite {
    suite.with("operator::it_does_more_where_it_may", it_does_more_where_it_may)
}

async fn it_does_more_where_it_may(_: Scene) -> Result<()> {
    let control_plane = Arc::new(ControlPlane::start().await?);
    control_plane.install_crds().await?;
    let account = OperatorAccount::create(&control_plane, "riskgate-system").await?;
    for (file, role) in WIDENINGS {
        account.may_also(&control_plane, file, role).await?;
    }
    let flags = ["--nudge-pods", "--verify-secret-refs", "--verify-every", "3s"];
    let operator = account.start_with("replica-a", &flags).await?;
    references_are_verified(&Scene::set(Arc::clone(&control_plane)).await?, &account).await?;
    bound_pods_are_nudged_and_nothing_else(&Scene::set(Arc::clone(&control_plane)).await?, &account).await?;

    // Of what was given for this, everything was used, and nothing that was not given.
    let used = rights::used(&control_plane, &account)?;
    let (least, more) = (rights::given(&["rbac.yaml"])?, rights::given(&WIDENINGS.map(|(file, _)| file))?);
    rights::same(&used.difference(&least).cloned().collect(), &more)?;

    // A flag without its right hinders nothing, and is told.
    let scene = Scene::set(Arc::clone(&control_plane)).await?;
    let binding = "rbac-verify-secret-refs.yaml";
    scene.kubectl()?.say(&["delete", "clusterrolebinding", binding]).await?;
    scene.create::<RiskPolicy>(policy("retail", &json!({}))).await?;
    let forbidden = |status: &RiskPolicyStatus| {
        let (reason, message) = condition(status, "ResolvedRefs", "True")?;
        ensure!(reason == "NotVerified" && message.contains("rbac.verifySecretRefs"), "{reason}: {message}");
        ready(status)
    };
    settled(&scene.api(), "retail", forbidden).await?;
    ensure!(operator.process.running(), "{}", operator.process.stderr().tail());
    Ok(())
}

/// What `ResolvedRefs` is to say: its status, its reason, and words of its message.
async fn resolved(scene: &Scene, status: &str, reason: &str, words: &[&str]) -> Result<String> {
    let seen = |now: &RiskPolicyStatus| {
        let (is, message) = condition(now, "ResolvedRefs", status)?;
        ensure!(is == reason && words.iter().all(|word| message.contains(word)), "{is}: {message}");
        condition(now, "Programmed", "True")?;
        Ok(message)
    };
    Ok(settled(&scene.api::<RiskPolicy>(), "retail", seen).await?.1)
}

async fn references_are_verified(scene: &Scene, account: &OperatorAccount) -> Result<()> {
    let (kubectl, begun) = (scene.kubectl()?, Instant::now());
    let bankid = json!({
        "environment": "Custom",
        "endpoint": "https://bankid.example",
        "trustBundleRef": { "kind": "ConfigMap", "name": "roots", "key": "ca.crt" },
        "clientCertificateRefs": [{ "name": "rp" }],
    });
    let provider = json!({ "name": "bankid", "listen": { "port": 15381 }, "bankIdSe": bankid });
    kubectl.apply(&policy("retail", &json!({ "providers": [provider] })).to_string()).await?;
    let bundle = "spec.providers[0].bankIdSe.trustBundleRef: there is no ConfigMap roots; make it, and put";
    let certificate = "spec.providers[0].bankIdSe.clientCertificateRefs[0]: ";
    let missing =
        format!("{certificate}there is no Secret rp; make it, and put the client certificate there");
    resolved(scene, "False", "RefNotFound", &[bundle, &missing]).await?;
    let note = told_of(&scene.client, &scene.namespace, "retail", "RefNotFound").await?;
    ensure!(note.contains(&missing), "{note}");

    // A key of another certificate; the ConfigMap meanwhile is as it should be.
    let (good, other) = (client_certificate(2099)?, client_certificate(2099)?);
    let mixed = (good.0.clone(), other.1.clone());
    kubectl.apply(&certificate_secret("rp", &mixed).to_string()).await?;
    let roots = json!({ "metadata": { "name": "roots" }, "data": { "ca.crt": good.0 } });
    scene.create::<ConfigMap>(roots).await?;
    let told = format!("{certificate}Secret rp, tls.crt and tls.key: the private key does not belong to");
    let message = resolved(scene, "False", "RefInvalid", &[&told]).await?;
    let secrets = [&good.0, &other.1].map(|pem| pem.lines().nth(1).unwrap_or_default().to_owned());
    ensure!(!message.contains("trustBundleRef"), "{message}");
    ensure!(secrets.iter().all(|line| !line.is_empty() && !message.contains(line.as_str())), "{message}");

    // Put right, run out, put right again, and gone: each time the condition follows by itself.
    let apply =
        async |pair: &(String, String)| kubectl.apply(&certificate_secret("rp", pair).to_string()).await;
    apply(&good).await?;
    resolved(scene, "True", "Resolved", &[]).await?;
    settled(&scene.api(), "retail", ready).await?;
    apply(&client_certificate(2020)?).await?;
    resolved(scene, "False", "RefInvalid", &[certificate, "expired on Dec 31", "2020"]).await?;
    apply(&good).await?;
    resolved(scene, "True", "Resolved", &[]).await?;
    told_of(&scene.client, &scene.namespace, "retail", "Resolved").await?;
    scene.api::<Secret>().delete("rp", &DeleteParams::default()).await?;
    resolved(scene, "False", "RefNotFound", &[&missing]).await?;

    // It asked for these by name, no more often than it was told: twice a second while something is wrong.
    let asked = scene.control_plane.audited()?;
    let of_secrets: Vec<_> = asked
        .iter()
        .filter(|it| it.user == account.user() && it.resource == "secrets" && it.namespace == scene.namespace)
        .collect();
    ensure!(of_secrets.iter().all(|it| it.verb == "get" && it.name == "rp"), "{of_secrets:?}");
    let most = begun.elapsed().as_secs() * 2 + 10;
    ensure!(u64::try_from(of_secrets.len())? <= most, "{} times, more than {most}", of_secrets.len());
    Ok(())
}

/// What is left of a pod without the annotation.
fn without_nudge(pod: &Pod) -> Result<Value> {
    let mut rest = serde_json::to_value(pod)?;
    let metadata = rest["metadata"].as_object_mut().context("no metadata")?;
    ["resourceVersion", "managedFields"].iter().for_each(|field| drop(metadata.remove(*field)));
    if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
        annotations.remove(NUDGE);
    }
    Ok(rest)
}

/// A policy is changed: its pods get the revision, and neither another policy's pods nor anybody else's, nor one that has ended.
async fn bound_pods_are_nudged_and_nothing_else(scene: &Scene, account: &OperatorAccount) -> Result<()> {
    let pods: Api<Pod> = scene.api();
    scene.create::<Secret>(certificate_secret("rp", &client_certificate(2099)?)).await?;
    for (name, bound) in [("retail", &["one", "two", "ended"][..]), ("staff", &["desk"])] {
        scene.create::<RiskPolicy>(policy(name, &json!({}))).await?;
        // Before there are pods: those that are there when a configuration first is would be told of it.
        let (made, ()) = settled(&scene.api::<RiskPolicy>(), name, ready).await?;
        for pod in bound {
            scene.create::<Pod>(bound_pod(pod, &made)?).await?;
        }
    }
    let plain =
        json!({ "metadata": { "name": "plain" }, "spec": { "containers": [{ "name": "a", "image": "a" }] } });
    scene.create::<Pod>(plain).await?;
    let ended = json!({ "status": { "phase": "Succeeded" } });
    pods.patch_status("ended", &PatchParams::default(), &Patch::Strategic(ended)).await?;
    let counted = |wanted: u32| {
        move |status: &RiskPolicyStatus| {
            ensure!(status.pods.as_ref().is_some_and(|pods| pods.current == wanted), "{status:?}");
            ready(status)
        }
    };
    settled(&scene.api(), "retail", counted(2)).await?;
    settled(&scene.api(), "staff", counted(1)).await?;
    let names = ["one", "two", "ended", "desk", "plain"];
    let mut before = BTreeMap::new();
    for name in names {
        before.insert(name, pods.get(name).await?);
    }

    scene.kubectl()?.apply(&policy("retail", &json!({ "mode": "Monitor" })).to_string()).await?;
    let (changed, ()) = settled(&scene.api::<RiskPolicy>(), "retail", ready).await?;
    let revision = changed.status.and_then(|status| status.config_hash).context("no revision")?;
    for name in ["one", "two"] {
        eventually("the annotation", PATIENCE, || async {
            let pod = pods.get(name).await?;
            ensure!(pod.annotations().get(NUDGE) == Some(&revision), "{:?}", pod.annotations());
            ensure!(
                without_nudge(&pod)? == without_nudge(&before[name])?,
                "more than the annotation: {pod:?}"
            );
            Ok(())
        })
        .await?;
    }
    // A pass that changes nothing nudges nobody.
    scene.kubectl()?.say(&["label", "pod", "one", "looked-at=again"]).await?;
    super::a_round_passes(scene, "witness").await?;
    for name in ["ended", "desk", "plain"] {
        let pod = pods.get(name).await?;
        ensure!(pod.metadata == before[name].metadata, "{name} was touched: {:?}", pod.metadata);
    }
    let asked = scene.control_plane.audited()?;
    let mut patched: Vec<_> = asked
        .iter()
        .filter(|it| it.user == account.user() && it.resource.starts_with("pods") && it.verb == "patch")
        .map(|it| (it.resource.as_str(), it.name.as_str()))
        .collect();
    patched.sort_unstable();
    ensure!(patched == [("pods", "one"), ("pods", "two")], "{patched:?}");
    Ok(())
}
