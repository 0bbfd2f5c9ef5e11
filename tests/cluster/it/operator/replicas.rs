//! Two replicas, on a control plane of their own: who leads, what becomes of it, and what they may.

use std::sync::Arc;

use anyhow::{Result, ensure};
use cluster::manifests::{bound_pod, policy};
use cluster::{ControlPlane, OperatorAccount, Scene, Service, Suite, Webhooks};
use harness::{PATIENCE, eventually};
use k8s_openapi::api::core::v1::{ConfigMap, Pod, Secret};
use kube::Api;
use kube::api::DeleteParams;
use riskgate_api::RiskPolicy;
use serde_json::json;

use super::existing::{SECRET, authority};
use super::rotation::{Creation, LONG, SHORT, another_authority, one_authority};
use super::{configuration, gone, ready, rights, settled, told_of};

pub(super) fn add(suite: Suite) -> Suite {
    suite.with("operator::two_replicas_with_the_least_rights", two_replicas_with_the_least_rights)
}

async fn two_replicas_with_the_least_rights(_: Scene) -> Result<()> {
    let control_plane = Arc::new(ControlPlane::start().await?);
    control_plane.install_crds().await?;
    let scene = Scene::set(Arc::clone(&control_plane)).await?;
    let account = OperatorAccount::create(&control_plane, "riskgate-system").await?;
    let service = Service::open().await?;
    Webhooks::install(&control_plane, &service.url(), true).await?;
    let first = account.start_with("replica-a", &SHORT).await?;
    let leads = |who: &'static str| {
        let (account, client) = (&account, &scene.client);
        eventually("the Lease", PATIENCE, move || async move {
            let holder = account.holder(client).await?;
            ensure!(holder == who, "{holder:?} holds it");
            Ok(())
        })
    };
    leads("replica-a").await?;
    let mut second = account.start_with("replica-b", &LONG).await?;
    service.set(&[first.webhook, second.webhook]);
    Webhooks::answer(&scene.kubectl()?).await?;
    one_authority(&account, &scene, &[&first, &second]).await?;
    let secrets: Api<Secret> = Api::namespaced(scene.client.clone(), &account.namespace);
    let signs = authority(&secrets).await?;
    told_of(&scene.client, &account.namespace, SECRET, "AuthorityMade").await?;
    let api: Api<RiskPolicy> = scene.api();
    scene.create::<RiskPolicy>(policy("one", &json!({}))).await?;
    settled(&api, "one", ready).await?;

    // Killed: the other answers alone, waits for the Lease to expire, and takes over what it finds.
    service.set(&[second.webhook]);
    drop(first);
    scene.create::<RiskPolicy>(policy("two", &json!({}))).await?;
    leads("replica-b").await?;
    settled(&api, "two", ready).await?;
    let third = account.start_with("replica-c", &LONG).await?;
    service.set(&[second.webhook, third.webhook]);
    another_authority(&account, &scene, &[&second, &third], &signs, "two").await?;

    // Ended: the Lease is vacated, and the other need not wait. Endpoints go before their pods do.
    let creation = Creation::begin(&scene, "two");
    service.set(&[third.webhook]);
    second.stop(PATIENCE).await?;
    leads("replica-c").await?;
    creation.end().await?;
    everything_once(&scene).await?;
    ensure!(third.process.running(), "{}", third.process.stderr().tail());
    // Nothing was refused, and no right was left unused.
    let (used, given) = (rights::used(&control_plane, &account)?, rights::given(&["rbac.yaml"])?);
    rights::same(&used, &given)
}

/// What the operator does, all of it.
async fn everything_once(scene: &Scene) -> Result<()> {
    let (api, maps): (Api<RiskPolicy>, Api<ConfigMap>) = (scene.api(), scene.api());
    // A name that is taken, free and taken again: the second time the Event is counted, not made anew.
    scene.create::<RiskPolicy>(policy("three", &json!({}))).await?;
    settled(&api, "three", ready).await?;
    for taken in [true, false, true] {
        let label = if taken { "riskgate.dev/policy-" } else { "riskgate.dev/policy=three" };
        scene.kubectl()?.say(&["label", "configmap", "riskgate-three", "--overwrite", label]).await?;
        let wanted = if taken { "False" } else { "True" };
        settled(&api, "three", |status| super::condition(status, "Programmed", wanted)).await?;
    }
    // A namespace that lets a pod opt out.
    let kubectl = scene.kubectl()?;
    let labels = ["riskgate.dev/policy=one", "riskgate.dev/opt-out=allowed"];
    kubectl.say(&[&["label", "namespace", &scene.namespace], &labels[..]].concat()).await?;
    eventually("the bare pod", PATIENCE, || async {
        let out =
            ["run", "out", "--image=shop", "--annotations=riskgate.dev/inject=disabled", "--dry-run=server"];
        let shown = kubectl.say(&[&out[..], &["--output=yaml"]].concat()).await?;
        ensure!(!shown.contains("riskgate-sidecar"), "{shown}");
        Ok(())
    })
    .await?;
    let one = api.get("one").await?;
    scene.create::<Pod>(bound_pod("shop", &one)?).await?;
    let injected = |status: &riskgate_api::RiskPolicyStatus| {
        ensure!(status.pods.as_ref().is_some_and(|pods| pods.current == 1), "{status:?}");
        Ok(())
    };
    settled(&api, "one", injected).await?;
    configuration(scene, "one").await?;
    api.delete("one", &DeleteParams::default()).await?;
    scene.api::<Pod>().delete("shop", &DeleteParams::default().grace_period(0)).await?;
    gone(&maps, "riskgate-one", PATIENCE).await
}
