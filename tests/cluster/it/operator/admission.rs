//! Pods as the API server asks about them.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use cluster::manifests::policy;
use cluster::{SIDECAR_IMAGE, Scene, SharedOperator, Suite};
use harness::{PATIENCE, eventually};
use k8s_openapi::api::apps::v1::ReplicaSet;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::events::v1::Event;
use kube::api::{DeleteParams, ListParams, PostParams};
use kube::{Api, ResourceExt};
use riskgate_api::RiskPolicy;
use serde_json::{Value, json};

use super::{ready, settled};

pub(super) fn add(suite: Suite) -> Suite {
    suite
        .with_operator("admission::a_pod_that_opts_in_is_injected", a_pod_that_opts_in_is_injected)
        .with_operator("admission::an_unknown_policy_refuses_the_pod", an_unknown_policy_refuses_the_pod)
        .with_operator(
            "admission::a_namespace_opts_its_pods_in_and_out",
            a_namespace_opts_its_pods_in_and_out,
        )
        .with_operator("admission::what_cannot_carry_it_is_told_why", what_cannot_carry_it_is_told_why)
        .with_operator("admission::a_deployments_maker_is_told", a_deployments_maker_is_told)
        .with_operator("admission::nothing_comes_of_a_dry_run", nothing_comes_of_a_dry_run)
}

/// A pod with these annotations.
fn pod(name: &str, annotations: &Value) -> Value {
    json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": name, "annotations": annotations },
        "spec": { "containers": [{ "name": "shop", "image": "shop", "env": [{ "name": "OWN", "value": "1" }] }] } })
}

fn sidecar(pod: &Pod) -> Option<&k8s_openapi::api::core::v1::Container> {
    let containers = pod.spec.as_ref()?.init_containers.as_ref()?;
    containers.first().filter(|container| container.name == "riskgate-sidecar")
}

/// What kubectl says when the API server refuses a manifest.
async fn refused(scene: &Scene, manifest: &Value) -> Result<String> {
    let said = scene.kubectl()?.run(&["create", "-f", "-"], &manifest.to_string()).await?;
    ensure!(!said.success, "it was let in: {said:?}");
    Ok(said.stderr)
}

async fn a_pod_that_opts_in_is_injected(scene: Scene, operator: Arc<SharedOperator>) -> Result<()> {
    scene.want_webhooks().await?;
    let api: Api<RiskPolicy> = scene.api();
    let listen = json!([{ "name": "bankid", "listen": { "port": 15381, "env": ["BANKID_API_URL"] },
        "bankIdSe": { "environment": "Test", "clientCertificateRefs": [{ "name": "rp" }] } }]);
    // In one breath: the watch need not have seen the policy.
    scene.create::<RiskPolicy>(policy("retail", &json!({ "providers": listen }))).await?;
    let made: Pod = scene.create(pod("shop", &json!({ "riskgate.dev/policy": "retail" }))).await?;

    let container = sidecar(&made).context("no sidecar in front")?;
    ensure!(container.image.as_deref() == Some(SIDECAR_IMAGE), "{container:?}");
    ensure!(container.restart_policy.as_deref() == Some("Always"), "{container:?}");
    let mounted: Vec<_> =
        container.volume_mounts.iter().flatten().map(|mount| mount.mount_path.as_str()).collect();
    ensure!(
        mounted == ["/etc/riskgate", "/var/run/secrets/kubernetes.io/serviceaccount"],
        "the sidecar has a token: {mounted:?}"
    );
    let shop = &made.spec.as_ref().context("a spec")?.containers[0];
    let env: Vec<_> = shop
        .env
        .iter()
        .flatten()
        .map(|it| (it.name.as_str(), it.value.as_deref().unwrap_or_default()))
        .collect();
    ensure!(env == [("BANKID_API_URL", "http://127.0.0.1:15381"), ("OWN", "1")], "{env:?}");
    ensure!(made.labels().get("riskgate.dev/policy").map(String::as_str) == Some("retail"), "{made:?}");

    // The operator counts what its webhook injected.
    settled(&api, "retail", |status| {
        ensure!(status.pods.as_ref().is_some_and(|pods| pods.current == 1), "{status:?}");
        Ok(())
    })
    .await?;
    // Made anew from what it is, as by a backup, it stays as it is.
    let mut again = made.clone();
    again.metadata = kube::core::ObjectMeta {
        name: Some("again".to_owned()),
        labels: made.metadata.labels.clone(),
        annotations: made.metadata.annotations.clone(),
        ..Default::default()
    };
    let again = scene.api::<Pod>().create(&PostParams::default(), &again).await?;
    ensure!(sidecar(&again) == sidecar(&made) && again.annotations() == made.annotations(), "{again:?}");

    let plain: Pod = scene.create(pod("plain", &json!({ "team": "payments" }))).await?;
    ensure!(sidecar(&plain).is_none() && plain.labels().is_empty(), "{plain:?}");
    let metrics = operator.replica.metrics().await?;
    let injected = [("result", "injected"), ("reason", "Injected")];
    ensure!(metrics.sum("riskgate_operator_admissions_total", &injected) >= 2.0, "{metrics:?}");
    ensure!(metrics.sum("riskgate_operator_admission_seconds_count", &[]) >= 2.0, "{metrics:?}");
    ensure!(
        metrics.sum("riskgate_operator_certificate_expiry_seconds", &[("name", "leaf")]) > 3600.0,
        "{metrics:?}"
    );
    ensure!(
        metrics.sum("riskgate_operator_certificate_expiry_seconds", &[("name", "ca")]) > 3600.0,
        "{metrics:?}"
    );
    Ok(())
}

async fn an_unknown_policy_refuses_the_pod(scene: Scene, _: Arc<SharedOperator>) -> Result<()> {
    scene.want_webhooks().await?;
    let api: Api<RiskPolicy> = scene.api();
    for name in ["retail", "staff"] {
        scene.create::<RiskPolicy>(policy(name, &json!({}))).await?;
        settled(&api, name, ready).await?;
    }
    let told = refused(&scene, &pod("shop", &json!({ "riskgate.dev/policy": "retial" }))).await?;
    let expected = format!(
        "admission webhook \"pod.inject.riskgate.dev\" denied the request: namespace {} has no RiskPolicy \"retial\", which the \
         pod's annotation riskgate.dev/policy names; did you mean retail?; it has retail, staff",
        scene.namespace
    );
    ensure!(told.contains(&expected), "{told}");
    // What is no name is asked of nobody.
    let told = refused(&scene, &pod("shop", &json!({ "riskgate.dev/policy": "../secrets/rp" }))).await?;
    ensure!(told.contains("has no RiskPolicy \"../secrets/rp\""), "{told}");

    // One that is being deleted, and held by somebody's finalizer.
    let finalizer = json!({ "metadata": { "finalizers": ["example.com/hold"] } });
    let hold = ["patch", "riskpolicy", "retail", "--type=merge", "--patch", &finalizer.to_string()];
    scene.kubectl()?.say(&hold).await?;
    api.delete("retail", &DeleteParams::default()).await?;
    eventually("the refusal", PATIENCE, || async {
        let told = refused(&scene, &pod("shop", &json!({ "riskgate.dev/policy": "retail" }))).await?;
        ensure!(told.contains("is being deleted and binds no new pod"), "{told}");
        Ok(())
    })
    .await?;
    let release =
        ["patch", "riskpolicy", "retail", "--type=merge", "--patch", r#"{"metadata":{"finalizers":null}}"#];
    scene.kubectl()?.say(&release).await?;
    ensure!(scene.api::<Pod>().get_opt("shop").await?.is_none(), "the pod is there");
    Ok(())
}

async fn a_namespace_opts_its_pods_in_and_out(scene: Scene, _: Arc<SharedOperator>) -> Result<()> {
    scene.want_webhooks().await?;
    let kubectl = scene.kubectl()?;
    scene.create::<RiskPolicy>(policy("retail", &json!({}))).await?;
    scene.create::<RiskPolicy>(policy("staff", &json!({}))).await?;
    kubectl.say(&["label", "namespace", &scene.namespace, "riskgate.dev/policy=retail"]).await?;
    // The API server's own view of the label comes a moment later; what it asks about then is injected without fail.
    let bound = |pod: &Pod| pod.labels().get("riskgate.dev/policy").cloned();
    eventually("the namespace's label", PATIENCE, || async {
        let made: Pod = scene.create(pod("probe", &json!({}))).await?;
        scene.api::<Pod>().delete("probe", &DeleteParams::default().grace_period(0)).await?;
        ensure!(sidecar(&made).is_some() && bound(&made).as_deref() == Some("retail"), "{made:?}");
        Ok(())
    })
    .await?;
    // The pod's own choice wins.
    let own: Pod = scene.create(pod("own", &json!({ "riskgate.dev/policy": "staff" }))).await?;
    ensure!(bound(&own).as_deref() == Some("staff"), "{own:?}");

    let out = pod("out", &json!({ "riskgate.dev/inject": "disabled" }));
    let said = kubectl.run(&["create", "-f", "-"], &out.to_string()).await?;
    ensure!(said.success && said.stderr.contains("does not allow opting out"), "{said:?}");
    let made: Pod = scene.api().get("out").await?;
    ensure!(sidecar(&made).is_some(), "{made:?}");
    kubectl.say(&["delete", "pod", "out", "--grace-period=0", "--force"]).await?;
    // Allowed a moment ago: the operator asks for the labels before it lets the pod in bare.
    kubectl.say(&["label", "namespace", &scene.namespace, "riskgate.dev/opt-out=allowed"]).await?;
    eventually("the other label", PATIENCE, || async {
        let made: Pod = scene.create(out.clone()).await?;
        scene.api::<Pod>().delete("out", &DeleteParams::default().grace_period(0)).await?;
        ensure!(sidecar(&made).is_none() && bound(&made).is_none(), "{made:?}");
        Ok(())
    })
    .await
}

async fn what_cannot_carry_it_is_told_why(scene: Scene, _: Arc<SharedOperator>) -> Result<()> {
    scene.want_webhooks().await?;
    scene.create::<RiskPolicy>(policy("retail", &json!({}))).await?;
    let mut bad =
        pod("shop", &json!({ "riskgate.dev/policy": "retail", "riskgate.dev/memory-limit": "lots" }));
    bad["spec"]["shareProcessNamespace"] = json!(true);
    bad["spec"]["containers"][0]["ports"] = json!([{ "containerPort": 15381 }]);
    let told = refused(&scene, &bad).await?;
    for part in [
        "spec.shareProcessNamespace: true in a pod with a sidecar is refused",
        "spec.containers{shop}.ports[0].containerPort: 15381 is the sidecar's own",
        "riskgate.dev/memory-limit",
    ] {
        ensure!(told.contains(part), "{part}: {told}");
    }
    // A variable of its own stays, and is warned of.
    let own = json!([{ "name": "bankid", "listen": { "port": 15381, "env": ["OWN"] },
        "bankIdSe": { "environment": "Test", "clientCertificateRefs": [{ "name": "rp" }] } }]);
    scene.kubectl()?.apply(&policy("retail", &json!({ "providers": own })).to_string()).await?;
    settled(&scene.api(), "retail", ready).await?;
    let said = scene
        .kubectl()?
        .run(&["create", "-f", "-"], &pod("shop", &json!({ "riskgate.dev/policy": "retail" })).to_string())
        .await?;
    ensure!(said.success && said.stderr.contains("Warning: riskgate: spec.containers{shop}.env"), "{said:?}");
    Ok(())
}

async fn a_deployments_maker_is_told(scene: Scene, _: Arc<SharedOperator>) -> Result<()> {
    scene.want_webhooks().await?;
    let labels = json!({ "app": "shop" });
    let deployment = json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "shop" }, "spec": {
        "selector": { "matchLabels": labels },
        "template": {
            "metadata": { "labels": labels, "annotations": { "riskgate.dev/policy": "retail" } },
            "spec": { "containers": [{ "name": "shop", "image": "shop" }] },
        },
    } });
    scene.kubectl()?.apply(&deployment.to_string()).await?;
    let events: Api<Event> = scene.api();
    eventually("the Event", PATIENCE, || async {
        let events = events.list(&ListParams::default()).await?;
        let told = events.iter().any(|event| {
            let regarding = event.regarding.as_ref();
            event.reason.as_deref() == Some("PolicyUnknown")
                && event.reporting_controller.as_deref() == Some("riskgate.dev/operator")
                && regarding.and_then(|it| it.kind.as_deref()) == Some("ReplicaSet")
                && event.note.as_ref().is_some_and(|note| note.contains("has no RiskPolicy \"retail\""))
        });
        ensure!(told, "{:?}", events.items);
        Ok(())
    })
    .await?;
    // Once the policy is there, the roll-out goes on by itself.
    scene.create::<RiskPolicy>(policy("retail", &json!({}))).await?;
    // The controller waits longer after each refusal; a change of the ReplicaSet is looked at at once.
    let sets: Api<ReplicaSet> = scene.api();
    let set = sets.list(&ListParams::default()).await?.items.pop().context("no ReplicaSet")?;
    scene.kubectl()?.say(&["annotate", "replicaset", &set.name_any(), "looked-at=again"]).await?;
    eventually("the pod", PATIENCE, || async {
        let pods = scene.api::<Pod>().list(&ListParams::default()).await?;
        let pod = pods.items.first().context("no pod")?;
        ensure!(sidecar(pod).is_some(), "{pod:?}");
        Ok(())
    })
    .await
}

async fn nothing_comes_of_a_dry_run(scene: Scene, _: Arc<SharedOperator>) -> Result<()> {
    scene.want_webhooks().await?;
    let uid = "00000000-0000-0000-0000-000000000000";
    let owned = |policy: &str| {
        let mut owned = pod("shop", &json!({ "riskgate.dev/policy": policy }));
        owned["metadata"]["ownerReferences"] = json!([{ "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "name": policy, "uid": uid, "controller": true }]);
        owned
    };
    let kubectl = scene.kubectl()?;
    for (policy, dry) in [("dry", "--dry-run=server"), ("wet", "--dry-run=none")] {
        let said = kubectl.run(&["create", dry, "-f", "-"], &owned(policy).to_string()).await?;
        ensure!(said.stderr.contains("has no RiskPolicy"), "{said:?}");
    }
    let events: Api<Event> = scene.api();
    let about = |name: &'static str| {
        let events = &events;
        async move {
            let events = events.list(&ListParams::default()).await?;
            let regarding =
                |event: &&Event| event.regarding.as_ref().and_then(|it| it.name.as_deref()) == Some(name);
            anyhow::Ok(events.iter().filter(regarding).count())
        }
    };
    // They are published in turn: after the second, the first would be there.
    eventually("the Event", PATIENCE, || async {
        ensure!(about("wet").await? == 1, "no Event");
        Ok(())
    })
    .await?;
    ensure!(about("dry").await? == 0, "an Event of a dry run");
    Ok(())
}
