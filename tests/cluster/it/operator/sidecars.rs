//! Injected pods whose sidecar runs as its kubelet would run it: one that finds no Secret, and one whose application ends.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use cluster::manifests::{certificate_secret, client_certificate, policy};
use cluster::{Kubelet, Scene, SharedOperator, Suite};
use harness::{PATIENCE, eventually};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{ConfigMap, Pod, Secret};
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use kube::{Api, ResourceExt};
use riskgate_api::{RiskPolicy, RiskPolicyStatus};
use serde_json::{Value, json};

use super::bound_pods::{refused, status};
use super::end_to_end::free_ports;
use super::{condition, gone, ready, settled};

pub(super) fn add(suite: Suite) -> Suite {
    suite
        .with_operator("operator::a_missing_secret_is_told_and_mended", a_missing_secret_is_told_and_mended)
        .with_operator("operator::a_job_ends_with_its_sidecar", a_job_ends_with_its_sidecar)
}

/// A policy whose sidecar finds its ports free here.
async fn make_policy(scene: &Scene) -> Result<()> {
    let [admin, health, listen] = free_ports()?;
    let bankid = json!({ "environment": "Test", "clientCertificateRefs": [{ "name": "rp" }] });
    let spec = json!({
        "ports": { "admin": admin, "health": health },
        "providers": [{ "name": "bankid", "listen": { "port": listen }, "bankIdSe": bankid }],
    });
    scene.create::<RiskPolicy>(policy("retail", &spec)).await?;
    settled(&scene.api(), "retail", ready).await.map(drop)
}

fn pods(current: u32) -> impl Fn(&RiskPolicyStatus) -> Result<()> {
    move |status| {
        let pods = status.pods.as_ref().context("no pods")?;
        ensure!((pods.injected, pods.current) == (current, current), "{pods:?}");
        Ok(())
    }
}

async fn a_missing_secret_is_told_and_mended(scene: Scene, _: Arc<SharedOperator>) -> Result<()> {
    scene.want_webhooks().await?;
    make_policy(&scene).await?;
    let shop = json!({ "metadata": { "name": "shop", "annotations": { "riskgate.dev/policy": "retail" } },
        "spec": { "containers": [{ "name": "shop", "image": "shop" }] } });
    let shop: Pod = scene.create(shop).await?;
    let mut kubelet = Kubelet::run(&scene, &shop).await?;

    // It ends, with its reason; a kubelet brings its last words into the pod's status.
    let ended = kubelet.process.exited(PATIENCE).await?;
    ensure!(ended.code() == Some(78), "{ended}: {}", kubelet.process.stderr().tail());
    let mut lines = kubelet.process.stderr().all().into_iter();
    let last = lines.find(|line| line.contains("the sidecar did not start")).context("no last words")?;
    let words: Value = serde_json::from_str(&last)?;
    let words = words["error"].as_str().context("no error")?;
    let pods_api: Api<Pod> = scene.api();
    pods_api.patch_status("shop", &PatchParams::default(), &Patch::Strategic(refused(words))).await?;
    let told = |now: &RiskPolicyStatus| condition(now, "ResolvedRefs", "False");
    let (_, (reason, message)) = settled(&scene.api::<RiskPolicy>(), "retail", told).await?;
    ensure!(reason == "SidecarRefused", "{reason}: {message}");
    for part in
        ["pod shop", "secrets/rp", "tls.crt with tls.key", "providers[0].bankIdSe.clientCertificateRefs[0]"]
    {
        ensure!(message.contains(part), "{part}: {message}");
    }

    // The Secret is made, the container started anew: the policy is ready again.
    scene.create::<Secret>(certificate_secret("rp", &client_certificate(2099)?)).await?;
    kubelet.sync(&scene).await?;
    kubelet.restart()?;
    kubelet.process.ready::<Value>(PATIENCE).await?;
    let mut running = status(&json!({ "running": {} }), &json!({}));
    running["status"]["initContainerStatuses"][0]["started"] = json!(true);
    pods_api.patch_status("shop", &PatchParams::default(), &Patch::Strategic(running)).await?;
    settled(&scene.api::<RiskPolicy>(), "retail", ready).await.map(drop)
}

/// The sidecar goes when the application has, and does not keep the Job; a pod that has ended keeps no configuration.
async fn a_job_ends_with_its_sidecar(scene: Scene, _: Arc<SharedOperator>) -> Result<()> {
    scene.want_webhooks().await?;
    make_policy(&scene).await?;
    scene.create::<Secret>(certificate_secret("rp", &client_certificate(2099)?)).await?;
    let job = json!({ "metadata": { "name": "nightly" }, "spec": { "template": {
        "metadata": { "annotations": { "riskgate.dev/policy": "retail" } },
        "spec": { "restartPolicy": "Never", "containers": [{ "name": "report", "image": "report" }] },
    } } });
    scene.create::<Job>(job).await?;
    let pods_api: Api<Pod> = scene.api();
    let pod = eventually("the Job's pod", PATIENCE, || async {
        pods_api.list(&ListParams::default()).await?.items.pop().context("no pod")
    })
    .await?;
    let containers =
        pod.spec.as_ref().and_then(|spec| spec.init_containers.as_ref()).context("no sidecar")?;
    ensure!(containers[0].restart_policy.as_deref() == Some("Always"), "no native sidecar: {containers:?}");
    let mut kubelet = Kubelet::run(&scene, &pod).await?;
    kubelet.process.ready::<Value>(PATIENCE).await?;
    settled(&scene.api::<RiskPolicy>(), "retail", pods(1)).await?;

    // The application is done: a kubelet then ends native sidecars, by SIGTERM.
    let ended = kubelet.process.stop(PATIENCE).await?;
    ensure!(ended.success(), "{ended}: {}", kubelet.process.stderr().tail());
    let done = json!({ "status": { "phase": "Succeeded" } });
    pods_api.patch_status(&pod.name_any(), &PatchParams::default(), &Patch::Strategic(done)).await?;
    eventually("the Job to complete", PATIENCE, || async {
        let status = scene.api::<Job>().get("nightly").await?.status.unwrap_or_default();
        ensure!(status.succeeded == Some(1) && status.completion_time.is_some(), "{status:?}");
        Ok(())
    })
    .await?;
    settled(&scene.api::<RiskPolicy>(), "retail", pods(0)).await?;
    scene.api::<RiskPolicy>().delete("retail", &DeleteParams::default()).await?;
    gone(&scene.api::<ConfigMap>(), "riskgate-retail", PATIENCE).await?;
    ensure!(pods_api.get_opt(&pod.name_any()).await?.is_some(), "the pod is gone, and proves nothing");
    Ok(())
}
