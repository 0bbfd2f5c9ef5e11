//! The harness itself: what every other test takes for granted.

use std::path::PathBuf;

use anyhow::{Result, bail, ensure};
use cluster::{ControlPlane, Identity, Scene, Suite};
use harness::{PATIENCE, eventually};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Pod, ServiceAccount};
use kube::api::{ListParams, PostParams};
use kube::{Api, ResourceExt};
use serde_json::json;

pub(crate) fn add(suite: Suite) -> Suite {
    suite
        .with("control_plane::a_deployment_gets_pods", a_deployment_gets_pods)
        .with("control_plane::a_namespace_is_a_tests_own", a_namespace_is_a_tests_own)
        .with("control_plane::rights_come_from_roles", rights_come_from_roles)
        .with(
            "control_plane::requests_of_service_accounts_are_counted",
            requests_of_service_accounts_are_counted,
        )
        .with("control_plane::nothing_is_left_of_a_control_plane", nothing_is_left_of_a_control_plane)
}

/// The controllers work, and the API server tells the version that it was built from.
async fn a_deployment_gets_pods(scene: Scene) -> Result<()> {
    let version = scene.client.apiserver_version().await?;
    ensure!(version.git_version.starts_with("v1."), "{version:?}");
    let labels = json!({ "app": "shop" });
    let pod = json!({ "metadata": { "labels": labels }, "spec": { "containers": [{ "name": "shop", "image": "shop" }] } });
    let spec = json!({ "replicas": 2, "selector": { "matchLabels": labels }, "template": pod });
    scene.create::<Deployment>(json!({ "metadata": { "name": "shop" }, "spec": spec })).await?;
    eventually("two pods", PATIENCE, || async {
        let pods = scene.api::<Pod>().list(&ListParams::default()).await?;
        ensure!(pods.items.len() == 2, "{} pods", pods.items.len());
        Ok(())
    })
    .await
}

async fn a_namespace_is_a_tests_own(scene: Scene) -> Result<()> {
    let other = Scene::set(scene.control_plane.clone()).await?;
    ensure!(other.namespace != scene.namespace, "both are {}", scene.namespace);
    scene.kubectl()?.say(&["create", "configmap", "mine"]).await?;
    scene.api::<ConfigMap>().get("mine").await?;
    ensure!(other.api::<ConfigMap>().get_opt("mine").await?.is_none(), "it is in the other's, too");
    Ok(())
}

/// The API server authorises: a user without a role may nothing, with one what it says.
async fn rights_come_from_roles(scene: Scene) -> Result<()> {
    let user = Identity::User("anna");
    let anna = scene.control_plane.kubectl(user, &scene.namespace)?;
    let refused = anna.run(&["get", "configmaps"], "").await?;
    ensure!(!refused.success && refused.stderr.contains("Forbidden"), "{refused:?}");
    let binding = ["create", "rolebinding", "anna", "--clusterrole=view", "--user=anna"];
    scene.kubectl()?.say(&binding).await?;
    eventually("the role", PATIENCE, || async { anna.say(&["get", "configmaps"]).await }).await?;
    Ok(())
}

async fn requests_of_service_accounts_are_counted(scene: Scene) -> Result<()> {
    scene.create::<ServiceAccount>(json!({ "metadata": { "name": "robot" } })).await?;
    let token = scene.kubectl()?.say(&["create", "token", "robot"]).await?;
    let robot = scene.control_plane.client(Identity::Token(token.trim()), &scene.namespace).await?;
    for _ in 0..3 {
        let Err(error) = Api::<ConfigMap>::default_namespaced(robot.clone()).get("none").await else {
            bail!("an account without a role reads");
        };
        ensure!(matches!(&error, kube::Error::Api(status) if status.is_forbidden()), "{error}");
    }
    let user = format!("system:serviceaccount:{}:robot", scene.namespace);
    let counted = scene.control_plane.audited()?;
    let own: Vec<_> = counted.iter().filter(|request| request.user == user).collect();
    ensure!(own.len() == 3, "{own:?}");
    ensure!(own.iter().all(|request| request.verb == "get" && request.code == 403), "{own:?}");
    Ok(())
}

/// A second control plane beside the first, gone with its handle: its processes, and what they stored.
async fn nothing_is_left_of_a_control_plane(scene: Scene) -> Result<()> {
    let own = ControlPlane::start().await?;
    let client = own.client(Identity::Admin, "default").await?;
    let wanted: Namespace = serde_json::from_value(json!({ "metadata": { "name": "elsewhere" } }))?;
    let made = Api::all(client).create(&PostParams::default(), &wanted).await?;
    let here: Api<Namespace> = Api::all(scene.client.clone());
    ensure!(here.get_opt(&made.name_any()).await?.is_none(), "the two are one");

    let (folder, processes) = (own.folder().to_owned(), own.processes().await.map(proc_folder));
    ensure!(folder.join("etcd").is_dir() && processes.iter().all(|process| process.exists()), "{own:?}");
    drop(own);
    ensure!(!folder.exists(), "{} is left", folder.display());
    for process in processes {
        ensure!(!process.exists(), "{} still runs", process.display());
    }
    Ok(())
}

fn proc_folder(id: u32) -> PathBuf {
    PathBuf::from(format!("/proc/{id}"))
}
