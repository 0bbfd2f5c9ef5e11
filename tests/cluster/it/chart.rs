//! The chart on a control plane of its own: installed, upgraded and uninstalled by helm, with the operator run by what the chart
//! says, under its ServiceAccount and its roles.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use cluster::manifests::{certificate_secret, client_certificate, policy};
use cluster::{ControlPlane, Release, Scene, Service, Suite};
use harness::{PATIENCE, eventually, root};
use k8s_openapi::api::admissionregistration::v1::MutatingWebhookConfiguration;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Pod, Secret};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{DeleteParams, DynamicObject, ListParams, Patch, PatchParams};
use kube::discovery::{Discovery, verbs};
use kube::{Api, ResourceExt};
use riskgate_api::RiskPolicy;
use serde_json::json;

use crate::operator::{gone, ready, settled};

const DEFINITION: &str = "riskpolicies.riskgate.dev";
/// By which everything of a release is found.
const OURS: &str = "app.kubernetes.io/instance=riskgate";

pub(crate) fn add(suite: Suite) -> Suite {
    suite.with("chart::is_installed_upgraded_and_uninstalled", is_installed_upgraded_and_uninstalled)
}

async fn is_installed_upgraded_and_uninstalled(_: Scene) -> Result<()> {
    let control_plane = Arc::new(ControlPlane::start().await?);
    let release = Release::prepare(&control_plane, "riskgate-system").await?;
    let service = Service::open().await?;
    let values = json!({ "image": { "registry": "registry.example" }, "webhook": { "url": service.url() } });

    // An older release, whose schema is another.
    let older = older_chart()?;
    let told = release.install(Some(older.path()), &values).await?;
    ensure!(told.contains("rollout status deployment/riskgate-operator"), "{told}");
    ensure!(!schema(&control_plane).await?.contains("uncoveredOperations"), "the older schema");

    let told = release.upgrade(&values).await?;
    ensure!(told.contains("riskgate-policy-author"), "{told}");
    ensure!(schema(&control_plane).await?.contains("uncoveredOperations"), "the schema was not upgraded");
    let pods = release.pods().await?;
    let operator = release.run(pods.first().context("no pod")?).await?;
    service.set(&[operator.webhook]);
    let scene = Scene::set(Arc::clone(&control_plane)).await?;
    it_serves(&scene, "retail").await?;

    // Another upgrade, under a running operator: what the operator wrote into the webhook configurations stays.
    let before = bundle(&scene).await?;
    let mut other = values.clone();
    other["webhook"]["timeoutSeconds"] = json!(7);
    release.upgrade(&other).await?;
    ensure!(bundle(&scene).await? == before, "the upgrade took the CA away");
    it_serves(&scene, "after-the-upgrade").await?;

    release.uninstall().await?;
    drop(operator);
    nothing_is_left(&scene, &["CustomResourceDefinition"]).await?;
    nothing_is_stuck(&scene, &release).await?;

    // Once more, over the definition that was kept; and this time everything goes.
    release.make_namespace().await?;
    let mut all = values.clone();
    all["crds"] = json!({ "keep": false });
    // And with every right that the operator can be given: it looks at what the policy names.
    all["rbac"] = json!({ "nudgePods": true, "verifySecretRefs": true });
    release.install(None, &all).await?;
    let operator = release.run(release.pods().await?.first().context("no pod")?).await?;
    service.set(&[operator.webhook]);
    let scene = Scene::set(Arc::clone(&control_plane)).await?;
    scene.create::<Secret>(certificate_secret("rp", &client_certificate(2099)?)).await?;
    it_serves(&scene, "retail").await?;
    it_does_what_it_is_let(&scene).await?;
    release.uninstall().await?;
    drop(operator);
    let definitions: Api<CustomResourceDefinition> = Api::all(scene.client.clone());
    gone(&definitions, DEFINITION, PATIENCE).await?;
    nothing_is_left(&scene, &[]).await
}

/// The chart as it may have been once: an older version, whose schema knows fewer fields.
fn older_chart() -> Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    copy(&root().join("charts/riskgate"), folder.path())?;
    let edit = |file: &str, from: &str, to: &str| -> Result<()> {
        let path = folder.path().join(file);
        let text = std::fs::read_to_string(&path)?;
        ensure!(text.contains(from), "{file} has no {from}");
        Ok(std::fs::write(&path, text.replace(from, to))?)
    };
    edit("Chart.yaml", "\nversion: ", "\nversion: 0.0.1-before-")?;
    edit("files/crds/riskgate.dev_riskpolicies.yaml", "uncoveredOperations", "whateverItWasCalled")?;
    Ok(folder)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            std::fs::create_dir(&to)?;
            copy(&path, &to)?;
        } else {
            std::fs::copy(&path, &to)?;
        }
    }
    Ok(())
}

async fn schema(control_plane: &ControlPlane) -> Result<String> {
    let client = control_plane.client(cluster::Identity::Admin, "default").await?;
    let definition = Api::<CustomResourceDefinition>::all(client).get(DEFINITION).await?;
    Ok(serde_json::to_string(&definition.spec.versions)?)
}

/// A policy becomes ready, one that cannot be is refused, and a pod that opted in carries the sidecar that the values name.
async fn it_serves(scene: &Scene, name: &str) -> Result<()> {
    let api: Api<RiskPolicy> = scene.api();
    // The webhooks fail closed until the leader has written the CA.
    eventually("the policy", PATIENCE, || async {
        scene.create::<RiskPolicy>(policy(name, &json!({}))).await
    })
    .await?;
    settled(&api, name, ready).await?;
    // Nothing but the webhook knows that a pod's ports cannot be any.
    let wrong = policy("wrong", &json!({ "ports": { "admin": 0 } })).to_string();
    let said = scene.kubectl()?.run(&["create", "-f", "-"], &wrong).await?;
    ensure!(!said.success && said.stderr.contains("are known before it starts"), "{said:?}");
    let pod: Pod = scene
        .create(json!({
            "metadata": { "name": name, "annotations": { "riskgate.dev/policy": name } },
            "spec": { "containers": [{ "name": "shop", "image": "shop" }] },
        }))
        .await?;
    let first = pod.spec.and_then(|spec| spec.init_containers).and_then(|all| all.into_iter().next());
    let image = first.and_then(|sidecar| sidecar.image).context("no sidecar")?;
    ensure!(image == concat!("registry.example/riskgate-sidecar:", env!("CARGO_PKG_VERSION")), "{image}");
    Ok(())
}

/// The Secret that the policy names is looked at, and a change is told to its pod.
async fn it_does_what_it_is_let(scene: &Scene) -> Result<()> {
    let policies: Api<RiskPolicy> = scene.api();
    let (made, ()) = settled(&policies, "retail", ready).await?;
    let resolved =
        made.status.unwrap_or_default().conditions.into_iter().find(|it| it.type_ == "ResolvedRefs");
    ensure!(resolved.as_ref().is_some_and(|it| it.reason == "Resolved"), "{resolved:?}");
    let change = json!({ "spec": { "mode": "Monitor" } });
    policies.patch("retail", &PatchParams::default(), &Patch::Merge(&change)).await?;
    eventually("the annotation", PATIENCE, || async {
        let revision = policies.get("retail").await?.status.and_then(|status| status.config_hash);
        let pod: Pod = scene.api().get("retail").await?;
        ensure!(pod.annotations().get("riskgate.dev/nudge") == revision.as_ref(), "{:?}", pod.annotations());
        Ok(())
    })
    .await
}

async fn bundle(scene: &Scene) -> Result<Vec<u8>> {
    let configurations: Api<MutatingWebhookConfiguration> = Api::all(scene.client.clone());
    let webhooks = configurations.get("riskgate").await?.webhooks.context("no webhooks")?;
    let first = webhooks.into_iter().next().context("no webhook")?;
    first.client_config.ca_bundle.map(|bytes| bytes.0).context("no CA")
}

/// Of everything that can be listed, nothing bears the release's label, but for these kinds.
async fn nothing_is_left(scene: &Scene, but: &[&str]) -> Result<()> {
    eventually("the release's objects to be gone", PATIENCE, || async {
        let discovery = Discovery::new(scene.client.clone()).run().await?;
        let mut asked = 0;
        for group in discovery.groups() {
            for (resource, capabilities) in group.recommended_resources() {
                if !capabilities.supports_operation(verbs::LIST) || but.contains(&resource.kind.as_str()) {
                    continue;
                }
                let api: Api<DynamicObject> = Api::all_with(scene.client.clone(), &resource);
                let found = api.list_metadata(&ListParams::default().labels(OURS)).await?;
                let names: Vec<_> =
                    found.iter().map(|it| it.metadata.name.clone().unwrap_or_default()).collect();
                ensure!(names.is_empty(), "{} {names:?}", resource.kind);
                asked += 1;
            }
        }
        ensure!(asked > 30, "only {asked} kinds were looked at");
        Ok(())
    })
    .await
}

/// Without riskgate, everything of users' can be made, changed and deleted.
async fn nothing_is_stuck(scene: &Scene, release: &Release) -> Result<()> {
    // Pods that name a policy are pods like others, once the API server has forgotten webhooks and admission policies.
    let afterwards = json!({
        "metadata": { "name": "afterwards", "annotations": { "riskgate.dev/policy": "retail" } },
        "spec": { "containers": [{ "name": "shop", "image": "shop" }] },
    });
    let plain =
        eventually("a pod without webhooks", PATIENCE, || scene.create::<Pod>(afterwards.clone())).await?;
    ensure!(plain.spec.is_some_and(|spec| spec.init_containers.is_none()), "something injects");
    // Policies were kept, and so was the configuration that running pods mount. Both can be deleted.
    let maps: Api<ConfigMap> = scene.api();
    ensure!(
        maps.get_opt("riskgate-retail").await?.is_some(),
        "running sidecars have lost their configuration"
    );
    eventually("the configuration's deletion", PATIENCE, || async {
        Ok(maps.delete("riskgate-retail", &DeleteParams::default()).await?)
    })
    .await?;
    let policies: Api<RiskPolicy> = scene.api();
    policies.delete("retail", &DeleteParams::default()).await?;
    gone(&policies, "retail", PATIENCE).await?;
    let namespaces: Api<Namespace> = Api::all(scene.client.clone());
    for name in [&scene.namespace, &release.namespace] {
        namespaces.delete(name, &DeleteParams::default()).await?;
        // No node ends its pods: with a grace period they would be there until one said so.
        scene
            .kubectl()?
            .say(&["delete", "pods", "--all", "--namespace", name, "--grace-period=0", "--force"])
            .await?;
    }
    for name in [&scene.namespace, &release.namespace] {
        gone(&namespaces, name, PATIENCE * 2).await?;
    }
    Ok(())
}
