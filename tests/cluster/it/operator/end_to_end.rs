//! From `kubectl apply` to an enforced policy in an injected pod: what the pod object says is run as its kubelet would, and a
//! client that we did not write logs in through it.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cluster::{Kubelet, Scene, SharedOperator, Suite};
use harness::{Client, ClientKind, PATIENCE, Policy, Simulator, eventually, web};
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::Api;
use kube::api::{DeleteParams, ListParams};
use riskgate_api::RiskPolicy;
use serde_json::{Value, json};

use super::{condition, configuration, gone, ready, settled};

const POLL: Duration = Duration::from_millis(20);

pub(super) fn add(suite: Suite) -> Suite {
    suite.with_operator("operator::from_apply_to_an_enforced_policy", from_apply_to_an_enforced_policy)
}

async fn from_apply_to_an_enforced_policy(scene: Scene, _: Arc<SharedOperator>) -> Result<()> {
    scene.want_webhooks().await?;
    let kubectl = scene.kubectl()?;
    let simulator = Simulator::start().await?;
    credentials(&scene, simulator.credentials()).await?;
    let ports = free_ports()?;
    let written = |change: Value| policy(&scene, &simulator, ports, &change);
    kubectl.apply(&written(json!({}))).await?;
    kubectl.apply(&deployment().to_string()).await?;
    settled(&scene.api::<RiskPolicy>(), "retail", ready).await?;
    let pods: Api<Pod> = scene.api();
    let pod = eventually("the pod", PATIENCE, || async {
        pods.list(&ListParams::default()).await?.items.pop().context("no pod")
    })
    .await?;

    let mut kubelet = Kubelet::run(&scene, &pod).await?;
    kubelet.process.ready::<Value>(PATIENCE).await?;
    probes_pass(&pod, ports).await?;
    let base_url = application_env(&pod).remove("BANKID_API_URL").context("no BANKID_API_URL")?;
    ensure!(base_url == format!("http://127.0.0.1:{}", ports[2]), "{base_url}");
    let client = Client::start(ClientKind::BankidSdk, &base_url)?;

    let login = async |risk: &str| {
        simulator.control().script_next(&json!({ "hints": [], "risk": risk })).await?;
        let result = client.login(json!({ "endUserIp": "192.0.2.1" }), POLL).await?.returned()?;
        anyhow::Ok(result["status"].as_str().context("a result has a status")?.to_owned())
    };
    ensure!(login("low").await? == "complete", "a login without risk is blocked");
    ensure!(login("moderate").await? == "complete", "a login under the threshold is blocked");
    ensure!(login("high").await? == "failed", "a login with high risk passes");

    // The policy is changed; the kubelet brings the volume up to date; the process follows.
    let (_, before) = configuration(&scene, "retail").await?;
    kubectl.apply(&written(json!({ "blockAt": "Moderate" }))).await?;
    settled(&scene.api::<RiskPolicy>(), "retail", ready).await?;
    let (_, after) = configuration(&scene, "retail").await?;
    ensure!(after.revision() != before.revision(), "the configuration is the same");
    kubelet.sync(&scene).await?;
    in_force(ports, &after.revision()).await?;
    ensure!(login("moderate").await? == "failed", "the policy is not followed");
    ensure!(login("low").await? == "complete", "a login without risk is blocked");

    // So are the contents of Secrets: the client certificate is replaced under the running process.
    let next = simulator.credentials().join("secrets/bankid-rp-next");
    kubectl.apply(&secret("bankid-rp", &next)?.to_string()).await?;
    kubelet.sync(&scene).await?;
    ensure!(login("low").await? == "complete", "the other certificate is not taken");
    ensure!(kubelet.process.running(), "{}", kubelet.process.stderr().tail());

    // Other ports are for new pods. This one keeps those that it was made with and follows all else, also when it is started anew.
    let others = free_ports()?;
    kubectl.apply(&policy(&scene, &simulator, others, &json!({ "blockAt": "High" }))).await?;
    let (_, message) = settled(&scene.api::<RiskPolicy>(), "retail", |status| {
        ensure!(status.pods.as_ref().is_some_and(|pods| pods.outdated == 1), "{status:?}");
        condition(status, "Ready", "True")
    })
    .await?
    .1;
    ensure!(message.contains("1 of 1 pods"), "{message}");
    let (_, last) = configuration(&scene, "retail").await?;
    kubelet.sync(&scene).await?;
    in_force(ports, &last.revision()).await?;
    ensure!(login("moderate").await? == "complete", "the policy is not followed");
    kubelet.restart()?;
    kubelet.process.ready::<Value>(PATIENCE).await?;
    probes_pass(&pod, ports).await?;
    ensure!(login("low").await? == "complete", "the application asks in vain");

    // The policy is deleted under it: its configuration stays for as long as it lives, so that it can start again; then it goes.
    scene.api::<RiskPolicy>().delete("retail", &DeleteParams::default()).await?;
    gone(&scene.api::<RiskPolicy>(), "retail", PATIENCE).await?;
    super::a_round_passes(&scene, "witness").await?;
    kubelet.sync(&scene).await?;
    kubelet.restart()?;
    kubelet.process.ready::<Value>(PATIENCE).await?;
    in_force(ports, &last.revision()).await?;
    ensure!(login("low").await? == "complete", "the pod lost its configuration");
    kubectl.say(&["delete", "deployment", "shop"]).await?;
    gone(&scene.api::<ConfigMap>(), "riskgate-retail", PATIENCE).await
}

/// What a team keeps in its namespace: the relying party's certificate, and the provider's roots.
async fn credentials(scene: &Scene, folder: &Path) -> Result<()> {
    let kubectl = scene.kubectl()?;
    kubectl.apply(&secret("bankid-rp", &folder.join("secrets/bankid-rp"))?.to_string()).await?;
    let roots = fs::read_to_string(folder.join("configmaps/bankid-roots/ca.crt"))?;
    let roots = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "bankid-roots" },
        "data": { "ca.crt": roots } });
    kubectl.apply(&roots.to_string()).await.map(drop)
}

fn secret(name: &str, folder: &Path) -> Result<Value> {
    let mut data = BTreeMap::new();
    for file in fs::read_dir(folder)? {
        let file = file?;
        let key = file.file_name().into_string().ok().context("an odd name")?;
        data.insert(key, STANDARD.encode(fs::read(file.path())?));
    }
    Ok(json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": name }, "data": data }))
}

/// The harness's policy for this namespace, with ports that are free here and a change of its login.
fn policy(scene: &Scene, simulator: &Simulator, [admin, health, listen]: [u16; 3], login: &Value) -> String {
    let policy = Policy::new(simulator.endpoint())
        .with_spec(&json!({ "ports": { "admin": admin, "health": health } }))
        .with_provider(&json!({ "listen": { "port": listen } }))
        .with_flow("login", login);
    let mut resource = policy.resource().clone();
    resource["metadata"]["namespace"] = json!(scene.namespace);
    resource.to_string()
}

fn deployment() -> Value {
    let labels = json!({ "app": "shop" });
    json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "shop" }, "spec": {
        "selector": { "matchLabels": labels },
        "template": {
            "metadata": { "labels": labels, "annotations": { "riskgate.dev/policy": "retail" } },
            "spec": { "containers": [{ "name": "shop", "image": "shop" }] },
        },
    } })
}

pub(super) fn free_ports() -> Result<[u16; 3]> {
    // Held until all are chosen, so that they differ.
    let listeners = [(); 3].map(|()| TcpListener::bind(("127.0.0.1", 0)));
    let mut ports = [0; 3];
    for (port, listener) in ports.iter_mut().zip(listeners) {
        *port = listener?.local_addr()?.port();
    }
    Ok(ports)
}

/// The variables of the application's container that have a plain value.
fn application_env(pod: &Pod) -> BTreeMap<String, String> {
    let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
    let env = containers.flat_map(|container| container.env.iter().flatten());
    env.filter_map(|it| Some((it.name.clone(), it.value.clone()?))).collect()
}

/// The kubelet's probes, as the pod object has them.
async fn probes_pass(pod: &Pod, [_, health, _]: [u16; 3]) -> Result<()> {
    let containers = pod.spec.as_ref().and_then(|spec| spec.init_containers.as_ref());
    let sidecar = containers.and_then(|containers| containers.first()).context("no sidecar")?;
    for probe in [&sidecar.startup_probe, &sidecar.readiness_probe, &sidecar.liveness_probe] {
        let target = probe.as_ref().and_then(|probe| probe.http_get.as_ref()).context("no probe")?;
        let path = target.path.as_deref().context("a probe has a path")?;
        let answer = web::get(&format!("http://127.0.0.1:{health}"), path).await?;
        ensure!(answer.status().is_success(), "{path}: {}", answer.status());
    }
    Ok(())
}

async fn in_force([_, health, _]: [u16; 3], revision: &str) -> Result<()> {
    eventually("the revision", PATIENCE, || async {
        let answer = web::get(&format!("http://127.0.0.1:{health}"), "/metrics").await?;
        let metrics = harness::Metrics::parse(std::str::from_utf8(answer.body())?)?;
        let now = metrics.sum("riskgate_config_info", &[("revision", revision)]);
        ensure!(now == 1.0, "another revision is in force");
        Ok(())
    })
    .await
}
