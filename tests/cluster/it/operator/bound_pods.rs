//! Pods bound to a policy, as injection makes them: counted, heard, and not left without their configuration.

use std::sync::Arc;

use anyhow::{Result, ensure};
use cluster::manifests::{bound_pod, policy};
use cluster::{Scene, SharedOperator, Suite};
use harness::PATIENCE;
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::Api;
use kube::api::{DeleteParams, Patch, PatchParams};
use riskgate_api::{Pods, RiskPolicy, RiskPolicyStatus};
use serde_json::json;

use super::{a_round_passes, condition, configuration, gone, ready, settled};

pub(super) fn add(suite: Suite) -> Suite {
    suite
        .with_operator("operator::bound_pods_are_counted", bound_pods_are_counted)
        .with_operator("operator::a_sidecars_report_is_lifted", a_sidecars_report_is_lifted)
        .with_operator("operator::configuration_stays_while_pods_live", configuration_stays_while_pods_live)
        .with_operator("operator::ended_pods_need_no_configuration", ended_pods_need_no_configuration)
}

fn counted(injected: u32, current: u32, reasons: &[(&str, u32)]) -> impl Fn(&RiskPolicyStatus) -> Result<()> {
    let outdated_reasons = reasons
        .iter()
        .map(|(reason, count)| riskgate_api::OutdatedReason { reason: (*reason).to_owned(), count: *count })
        .collect();
    let wanted = Pods { injected, current, outdated: injected - current, outdated_reasons };
    move |status| {
        ensure!(status.pods.as_ref() == Some(&wanted), "{:?}", status.pods);
        Ok(())
    }
}

async fn bound_pods_are_counted(scene: Scene, _: Arc<SharedOperator>) -> Result<()> {
    let api: Api<RiskPolicy> = scene.api();
    let made: RiskPolicy = scene.create(policy("retail", &json!({}))).await?;
    scene.create::<Pod>(bound_pod("one", &made)?).await?;
    let (seen, ()) = settled(&api, "retail", counted(1, 1, &[])).await?;
    condition(&seen.status.unwrap_or_default(), "StoreShared", "True")?;
    scene.create::<Pod>(bound_pod("two", &made)?).await?;
    let (seen, ()) = settled(&api, "retail", counted(2, 2, &[])).await?;
    let (reason, message) = condition(&seen.status.unwrap_or_default(), "StoreShared", "False")?;
    ensure!(reason == "MemoryStores" && message.contains("2 pods"), "{reason}: {message}");

    // Another Secret needs new pods; another mode does not.
    api.patch("retail", &PatchParams::default(), &Patch::Merge(&json!({ "spec": { "mode": "Monitor" } })))
        .await?;
    settled(&api, "retail", counted(2, 2, &[])).await?;
    let renamed = json!([{
        "op": "replace",
        "path": "/spec/providers/0/bankIdSe/clientCertificateRefs/0/name",
        "value": "rp-2027",
    }]);
    let renamed: json_patch::Patch = serde_json::from_value(renamed)?;
    api.patch("retail", &PatchParams::default(), &Patch::Json::<()>(renamed)).await?;
    let (changed, ()) = settled(&api, "retail", counted(2, 0, &[("BindingsChanged", 2)])).await?;
    scene.create::<Pod>(bound_pod("three", &changed)?).await?;
    settled(&api, "retail", counted(3, 1, &[("BindingsChanged", 2)])).await?;
    scene.api::<Pod>().delete("one", &DeleteParams::default().grace_period(0)).await?;
    settled(&api, "retail", counted(2, 1, &[("BindingsChanged", 1)])).await?;
    Ok(())
}

/// A sidecar that cannot use its configuration, as the kubelet tells it.
pub(super) fn refused(message: &str) -> serde_json::Value {
    let now = "2026-01-01T00:00:00Z";
    let ended = json!({ "terminated": { "exitCode": 78, "reason": "Error", "message": message, "startedAt": now, "finishedAt": now } });
    status(&json!({ "waiting": { "reason": "CrashLoopBackOff" } }), &ended)
}

pub(super) fn status(state: &serde_json::Value, last: &serde_json::Value) -> serde_json::Value {
    json!({ "status": { "phase": "Pending", "initContainerStatuses": [{
        "name": "riskgate-sidecar",
        "image": "",
        "imageID": "",
        "ready": false,
        "restartCount": 1,
        "state": state,
        "lastState": last,
    }] } })
}

async fn a_sidecars_report_is_lifted(scene: Scene, _: Arc<SharedOperator>) -> Result<()> {
    let (api, pods): (Api<RiskPolicy>, Api<Pod>) = (scene.api(), scene.api());
    let made: RiskPolicy = scene.create(policy("retail", &json!({}))).await?;
    scene.create::<Pod>(bound_pod("shop", &made)?).await?;
    settled(&api, "retail", ready).await?;
    let report = refused("secrets/rp: there is no tls.crt; apply Secret rp");
    pods.patch_status("shop", &PatchParams::default(), &Patch::Strategic(report)).await?;
    let (seen, (reason, message)) =
        settled(&api, "retail", |status| condition(status, "ResolvedRefs", "False")).await?;
    ensure!(reason == "SidecarRefused", "{reason}");
    ensure!(
        message == "the sidecar of pod shop ended: secrets/rp: there is no tls.crt; apply Secret rp",
        "{message}"
    );
    let status_now = seen.status.unwrap_or_default();
    ensure!(condition(&status_now, "Ready", "False")? == (reason, message), "{status_now:?}");
    condition(&status_now, "Programmed", "True")?;

    let running = status(&json!({ "running": {} }), &json!({}));
    pods.patch_status("shop", &PatchParams::default(), &Patch::Strategic(running)).await?;
    settled(&api, "retail", ready).await?;
    Ok(())
}

async fn configuration_stays_while_pods_live(scene: Scene, _: Arc<SharedOperator>) -> Result<()> {
    let (api, maps): (Api<RiskPolicy>, Api<ConfigMap>) = (scene.api(), scene.api());
    let made: RiskPolicy = scene.create(policy("retail", &json!({}))).await?;
    scene.create::<Pod>(bound_pod("shop", &made)?).await?;
    settled(&api, "retail", counted(1, 1, &[])).await?;
    let (_, config) = configuration(&scene, "retail").await?;
    api.delete("retail", &DeleteParams::default()).await?;
    let told = || async {
        let shown =
            scene.kubectl()?.say(&["get", "events", "--field-selector=reason=Kept", "--output=name"]).await?;
        ensure!(!shown.trim().is_empty(), "no Event tells that it is kept");
        Ok(())
    };
    harness::eventually("the Event", PATIENCE, told).await?;
    a_round_passes(&scene, "witness").await?;
    ensure!(configuration(&scene, "retail").await?.1 == config, "the running pod lost its configuration");

    scene.api::<Pod>().delete("shop", &DeleteParams::default().grace_period(0)).await?;
    gone(&maps, "riskgate-retail", PATIENCE).await
}

async fn ended_pods_need_no_configuration(scene: Scene, _: Arc<SharedOperator>) -> Result<()> {
    let (api, pods, maps): (Api<RiskPolicy>, Api<Pod>, Api<ConfigMap>) =
        (scene.api(), scene.api(), scene.api());
    let made: RiskPolicy = scene.create(policy("retail", &json!({}))).await?;
    scene.create::<Pod>(bound_pod("job", &made)?).await?;
    settled(&api, "retail", counted(1, 1, &[])).await?;
    let ended = json!({ "status": { "phase": "Succeeded" } });
    pods.patch_status("job", &PatchParams::default(), &Patch::Strategic(ended)).await?;
    settled(&api, "retail", counted(0, 0, &[])).await?;
    api.delete("retail", &DeleteParams::default()).await?;
    gone(&maps, "riskgate-retail", PATIENCE).await?;
    ensure!(pods.get_opt("job").await?.is_some(), "the pod is gone");
    Ok(())
}
