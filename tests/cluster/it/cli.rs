//! `riskgate check`, `status` and `explain` against a release on a control plane of its own: all is well, and then one thing after the
//! other is not.

use std::process::Stdio;
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use cluster::manifests::policy;
use cluster::{ControlPlane, Identity, Kubectl, Release, Scene, Service, Suite};
use harness::{PATIENCE, binary, eventually, tethered};
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use riskgate_api::RiskPolicy;
use serde_json::{Value, json};

use crate::operator::{ready, settled};

pub(crate) fn add(suite: Suite) -> Suite {
    suite.with("cli::it_says_what_is_wrong_in_a_cluster", it_says_what_is_wrong_in_a_cluster)
}

async fn it_says_what_is_wrong_in_a_cluster(_: Scene) -> Result<()> {
    let control_plane = Arc::new(ControlPlane::start().await?);
    let before = Scene::set(Arc::clone(&control_plane)).await?;
    let riskgate = Riskgate::of(before.kubectl()?, &before.namespace);
    let (code, checks) = riskgate.check(&[]).await?;
    ensure!(code == 1, "{checks:?}");
    wanted(&checks, "definition", "failed", "crds.enabled")?;
    wanted(&checks, "operator", "failed", "chart")?;

    let release = Release::prepare(&control_plane, "riskgate-system").await?;
    let service = Service::open().await?;
    release.install(None, &json!({ "webhook": { "url": service.url() } })).await?;
    release.told_ready().await?;
    let leader = release.pods().await?.first().context("no pod")?.clone();
    let operator = release.run(&leader).await?;
    service.set(&[operator.webhook]);
    let scene = Scene::set(Arc::clone(&control_plane)).await?;
    let kubectl = scene.kubectl()?;
    let riskgate = Riskgate::of(scene.kubectl()?, &scene.namespace);

    all_is_well(&scene, &riskgate, &leader).await?;
    as_a_plugin(&kubectl, &scene.namespace).await?;
    with_few_rights(&control_plane, &scene).await?;
    pods_that_are_not_as_they_would_be(&scene, &riskgate).await?;
    a_policy_that_is_refused(&scene, &riskgate).await?;

    // Nobody behind the Service any more, and no connection that is left.
    service.set(&[]);
    drop(operator);
    eventually("the webhooks to be out of reach", PATIENCE, || async {
        let (_, checks) = riskgate.check(&[]).await?;
        wanted(&checks, "injection", "failed", "")?;
        wanted(&checks, "validation", "failed", "").map(drop)
    })
    .await?;

    // A right taken away; a definition of another version.
    kubectl.say(&["delete", "clusterrolebinding", "riskgate-operator"]).await?;
    eventually("the missing rights", PATIENCE, || async {
        let (code, checks) = riskgate.check(&[]).await?;
        ensure!(code == 1);
        let seen =
            wanted(&checks, "rights", "failed", "helm upgrade").map(|check| check["seen"].to_string())?;
        ensure!(seen.contains("patch riskpolicies"), "{seen}");
        Ok(())
    })
    .await?;
    let path = "/spec/versions/0/schema/openAPIV3Schema/description";
    let change = json!([{ "op": "replace", "path": path, "value": "Of another version." }]).to_string();
    kubectl.say(&["patch", "crd", "riskpolicies.riskgate.dev", "--type=json", "--patch", &change]).await?;
    wanted(&riskgate.check(&[]).await?.1, "definition", "failed", "helm upgrade").map(drop)
}

/// The command, with a kubeconfig and a namespace.
struct Riskgate {
    kubectl: Kubectl,
    namespace: String,
}

impl Riskgate {
    fn of(kubectl: Kubectl, namespace: &str) -> Self {
        Self { kubectl, namespace: namespace.to_owned() }
    }

    /// Runs it to its end: its exit code, and what it printed.
    async fn run(&self, arguments: &[&str]) -> Result<(i32, String)> {
        let mut command = tethered(binary("riskgate")?);
        command
            .args(arguments)
            .args(["--namespace", &self.namespace, "--kubeconfig"])
            .arg(self.kubectl.kubeconfig());
        command.stdin(Stdio::null());
        let mut command = tokio::process::Command::from(command);
        let output = tokio::time::timeout(PATIENCE * 2, command.kill_on_drop(true).output()).await??;
        let text = String::from_utf8(output.stdout)?;
        if text.is_empty() {
            bail!("riskgate {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok((output.status.code().context("it was killed")?, text))
    }

    async fn json(&self, arguments: &[&str]) -> Result<(i32, Value)> {
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--output", "json"]).collect();
        let (code, text) = self.run(&arguments).await?;
        Ok((code, serde_json::from_str(&text)?))
    }

    /// `riskgate check`: the exit code and the checks.
    async fn check(&self, arguments: &[&str]) -> Result<(i32, Vec<Value>)> {
        let arguments: Vec<&str> = ["check"].into_iter().chain(arguments.iter().copied()).collect();
        let (code, mut answer) = self.json(&arguments).await?;
        ensure!(answer["usable"] == (code == 0) || arguments.contains(&"--strict"), "{code}: {answer}");
        let Value::Array(checks) = answer["checks"].take() else { bail!("no checks: {answer}") };
        Ok((code, checks))
    }
}

/// The check of this name, when it came out so and its hint says this.
fn wanted<'a>(checks: &'a [Value], name: &str, result: &str, hint: &str) -> Result<&'a Value> {
    let found = checks.iter().find(|check| check["check"] == name);
    let found = found.with_context(|| format!("no check {name}: {checks:?}"))?;
    let hinted = found["hint"].as_str().unwrap_or_default();
    ensure!(found["result"] == result && hinted.contains(hint), "{found}");
    Ok(found)
}

async fn all_is_well(scene: &Scene, riskgate: &Riskgate, leader: &str) -> Result<()> {
    eventually("the policy", PATIENCE, || async {
        scene.create::<RiskPolicy>(policy("retail", &json!({}))).await
    })
    .await?;
    let api: Api<RiskPolicy> = scene.api();
    settled(&api, "retail", ready).await?;
    scene.create::<Pod>(shop("web", &json!({ "riskgate.dev/policy": "retail" }))).await?;
    let (_, checks) = eventually("all to be well", PATIENCE, || async {
        let answer = riskgate.check(&["--strict"]).await?;
        ensure!(answer.0 == 0, "{answer:?}");
        Ok(answer)
    })
    .await?;
    for name in [
        "api-server",
        "definition",
        "operator",
        "lease",
        "rights",
        "webhooks",
        "certificates",
        "injection",
        "validation",
        "policies",
        "pods",
    ] {
        wanted(&checks, name, "passed", "")?;
    }
    let (code, text) = riskgate.run(&["check"]).await?;
    ensure!(code == 0 && text.ends_with("riskgate serves: 0 failed, 0 unwise, 11 checks\n"), "{text}");

    let (code, status) = eventually("the pod to be counted", PATIENCE, || async {
        let answer = riskgate.json(&["status"]).await?;
        ensure!(answer.1["policies"][0]["current"] == 1, "{answer:?}");
        Ok(answer)
    })
    .await?;
    ensure!(code == 0 && status["operators"][0]["leader"] == leader, "{status}");
    let (code, text) = riskgate.run(&["status"]).await?;
    ensure!(code == 0 && text.contains(&format!("{leader} leads")) && text.contains("retail"), "{text}");

    let (code, pod) = riskgate.json(&["explain", "pod", "web"]).await?;
    ensure!(code == 0 && pod["standing"] == "current" && pod["policy"] == "retail", "{pod}");
    ensure!(
        pod["injected"]["ports"]["providers"]["bankid"] == 15381 && pod["policyStatus"]["ready"] == true,
        "{pod}"
    );
    let (_, text) = riskgate.run(&["explain", "pod", "web"]).await?;
    ensure!(text.contains("provider bankid on 127.0.0.1:15381"), "{text}");
    Ok(())
}

fn shop(name: &str, annotations: &Value) -> Value {
    json!({ "metadata": { "name": name, "annotations": annotations }, "spec": { "containers": [{ "name": "shop", "image": "shop" }] } })
}

/// Under the name kubectl-riskgate it is kubectl's.
async fn as_a_plugin(kubectl: &Kubectl, namespace: &str) -> Result<()> {
    let folder = tempfile::tempdir()?;
    std::os::unix::fs::symlink(binary("riskgate")?, folder.path().join("kubectl-riskgate"))?;
    let said = kubectl.plugin(folder.path(), &["riskgate", "status", "--namespace", namespace]).await?;
    ensure!(said.success && said.stdout.contains("retail"), "{said:?}");
    Ok(())
}

/// Whoever may see little is told what could not be asked, and that is no failure of riskgate's.
async fn with_few_rights(control_plane: &ControlPlane, scene: &Scene) -> Result<()> {
    let kubectl = scene.kubectl()?;
    let binding = ["create", "rolebinding", "viewer", "--clusterrole=riskgate-policy-viewer", "--user=otto"];
    kubectl.say(&binding).await?;
    let otto = control_plane.kubectl(Identity::User("otto"), &scene.namespace)?;
    let riskgate = Riskgate::of(otto, &scene.namespace);
    eventually("the role", PATIENCE, || async {
        let (code, checks) = riskgate.check(&[]).await?;
        wanted(&checks, "policies", "passed", "")?;
        wanted(&checks, "operator", "warned", "rights of a cluster administrator")?;
        wanted(&checks, "injection", "warned", "rights")?;
        ensure!(code == 0 && riskgate.check(&["--strict"]).await?.0 == 1, "{checks:?}");
        Ok(())
    })
    .await
}

async fn pods_that_are_not_as_they_would_be(scene: &Scene, riskgate: &Riskgate) -> Result<()> {
    let kubectl = scene.kubectl()?;
    // It opted in when it was there already.
    scene.create::<Pod>(shop("late", &json!({}))).await?;
    let (code, pod) = riskgate.json(&["explain", "pod", "late"]).await?;
    ensure!(code == 0 && pod["standing"] == "notOptedIn", "{pod}");
    kubectl.say(&["annotate", "pod", "late", "riskgate.dev/policy=retail"]).await?;
    let (code, pod) = riskgate.json(&["explain", "pod", "late"]).await?;
    ensure!(code == 1 && pod["standing"] == "missing" && pod["reason"] == "NotInjected", "{pod}");
    kubectl.say(&["annotate", "pod", "late", "--overwrite", "riskgate.dev/policy=retial"]).await?;
    let (code, text) = riskgate.run(&["explain", "pod", "late"]).await?;
    ensure!(code == 1 && text.contains("did you mean retail?"), "{text}");
    ensure!(riskgate.run(&["explain", "pod", "nobody"]).await.is_err(), "there is no such pod");

    // The policy names another Secret now.
    let other = json!([{ "name": "bankid", "listen": { "port": 15381 },
        "bankIdSe": { "environment": "Test", "clientCertificateRefs": [{ "name": "another" }] } }]);
    kubectl.apply(&policy("retail", &json!({ "providers": other })).to_string()).await?;
    let (code, pod) = riskgate.json(&["explain", "pod", "web"]).await?;
    ensure!(code == 1 && pod["standing"] == "outdated" && pod["reason"] == "BindingsChanged", "{pod}");
    let (code, checks) = riskgate.check(&[]).await?;
    let namespace = &scene.namespace;
    wanted(&checks, &format!("pods {namespace}/web"), "warned", "rollout restart")?;
    wanted(&checks, &format!("pods {namespace}/late"), "warned", "did you mean retail?")?;
    ensure!(code == 0, "pods that are outdated run: {checks:?}");
    Ok(())
}

/// Such as the webhook would have refused, had it been asked.
async fn a_policy_that_is_refused(scene: &Scene, riskgate: &Riskgate) -> Result<()> {
    let kubectl = scene.kubectl()?;
    let map = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "riskgate-taken" } });
    kubectl.apply(&map.to_string()).await?;
    kubectl.apply(&policy("taken", &json!({})).to_string()).await?;
    eventually("the policy to be told", PATIENCE, || async {
        let (code, checks) = riskgate.check(&[]).await?;
        wanted(&checks, &format!("policy {}/taken", scene.namespace), "failed", "describe riskpolicy taken")?;
        let (status, text) = riskgate.run(&["status"]).await?;
        ensure!(code == 1 && status == 1 && text.contains("NameTaken"), "{text}");
        Ok(())
    })
    .await?;
    kubectl.say(&["delete", "riskpolicy", "taken"]).await.map(drop)
}
