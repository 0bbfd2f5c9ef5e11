//! What happens while nobody answers the API server, and to what strangers send; on a control plane of its own.

use std::sync::Arc;

use anyhow::{Result, ensure};
use cluster::manifests::policy;
use cluster::{ControlPlane, Kubectl, Operator, OperatorAccount, Scene, Service, Suite, Tls, Webhooks};
use harness::{PATIENCE, eventually};
use serde_json::json;

use super::existing;

pub(super) fn add(suite: Suite) -> Suite {
    suite.with("admission::webhooks_that_nobody_answers", webhooks_that_nobody_answers)
}

async fn webhooks_that_nobody_answers(_: Scene) -> Result<()> {
    let control_plane = Arc::new(ControlPlane::start().await?);
    control_plane.install_crds().await?;
    let scene = Scene::set(Arc::clone(&control_plane)).await?;
    let kubectl = scene.kubectl()?;
    let account = OperatorAccount::create(&control_plane, "riskgate-system").await?;
    let service = Service::open().await?;
    Webhooks::install(&control_plane, &service.url(), true).await?;
    let mut operator = account.start("replica-a").await?;
    service.set(&[operator.webhook]);
    Webhooks::answer(&kubectl).await?;
    kubectl.apply(&policy("retail", &json!({})).to_string()).await?;
    strangers(&operator).await?;

    operator.stop(PATIENCE).await?;
    service.set(&[]);
    nobody_answers(&scene, &kubectl).await?;

    // It heals by itself: another process, another port, the same CA.
    let operator = account.start("replica-b").await?;
    service.set(&[operator.webhook]);
    eventually("the webhooks", PATIENCE, || async { opted_in(&kubectl, "healed").await }).await?;

    existing::the_cas_secret_is_lost(&scene, &account, &operator).await?;
    drop(operator);
    existing::a_secret_of_others_is_followed(&scene, &account, &service).await
}

/// Creates a pod that names the policy.
pub(super) async fn opted_in(kubectl: &Kubectl, name: &str) -> Result<()> {
    let annotation = "--annotations=riskgate.dev/policy=retail";
    kubectl.say(&["run", name, "--image=shop", annotation]).await.map(drop)
}

async fn nobody_answers(scene: &Scene, kubectl: &Kubectl) -> Result<()> {
    // Whoever did not opt in notices nothing.
    kubectl.say(&["run", "plain", "--image=shop"]).await?;
    let refused = opted_in(kubectl, "shop").await.err().map(|error| error.to_string()).unwrap_or_default();
    ensure!(refused.contains("failed calling webhook \"pod.inject.riskgate.dev\""), "{refused}");
    let namespace = scene.namespace.as_str();
    kubectl.say(&["label", "namespace", namespace, "riskgate.dev/policy=retail"]).await?;
    eventually("the namespace's webhook", PATIENCE, || async {
        let said = kubectl.run(&["run", "any", "--image=shop", "--dry-run=server"], "").await?;
        ensure!(said.stderr.contains("failed calling webhook \"namespace.inject.riskgate.dev\""), "{said:?}");
        Ok(())
    })
    .await?;
    kubectl.say(&["label", "namespace", namespace, "riskgate.dev/policy-"]).await?;
    // Policies cannot be changed unjudged, but labelled, and deleted.
    let changed = policy("retail", &json!({ "mode": "Monitor" })).to_string();
    let said = kubectl.run(&["apply", "-f", "-"], &changed).await?;
    ensure!(said.stderr.contains("failed calling webhook \"policy.validate.riskgate.dev\""), "{said:?}");
    kubectl.say(&["label", "riskpolicy", "retail", "team=payments"]).await?;
    // The operator's own namespace and the control plane's are never asked about.
    for namespace in ["riskgate-system", "kube-system"] {
        let run = ["run", "own", "--image=shop", "--namespace", namespace, "--dry-run=server"];
        let annotation = ["--annotations=riskgate.dev/policy=retail"];
        eventually("the namespace's account", PATIENCE, || async {
            kubectl.say(&[&run[..], &annotation[..]].concat()).await
        })
        .await?;
    }
    Ok(())
}

/// Whoever reaches the port without being the API server.
async fn strangers(operator: &Operator) -> Result<()> {
    let json = "application/json";
    let long = vec![b' '; 3 * 1024 * 1024 + 1];
    let other = json!({ "apiVersion": "admission.k8s.io/v1beta1", "kind": "AdmissionReview" }).to_string();
    let deep = r#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"object":"#
        .to_owned()
        + &"[".repeat(100_000);
    let pod = json!({ "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": "1", "operation": "CREATE", "namespace": "no/../where",
        "resource": { "group": "", "version": "v1", "resource": "pods" },
        "object": { "metadata": { "annotations": { "riskgate.dev/policy": 5 } }, "spec": {} },
    } })
    .to_string();
    for (path, content_type, body, status, told) in [
        ("/inject", json, &b"not json"[..], "400", "not an AdmissionReview"),
        ("/inject", json, &b"\xff\xfe\x00"[..], "400", "not an AdmissionReview"),
        ("/inject", json, deep.as_bytes(), "400", "recursion limit"),
        ("/validate", json, other.as_bytes(), "400", "answers AdmissionReview of admission.k8s.io/v1"),
        ("/validate", "text/plain", b"{}", "415", "write Content-Type: application/json"),
        ("/inject", json, &long, "413", "more than"),
        ("/other", json, b"{}", "404", ""),
        ("/inject", json, pod.as_bytes(), "200", "riskgate.dev/policy must be text"),
        ("/validate", json, pod.as_bytes(), "200", "answers for the creation and change of RiskPolicies"),
    ] {
        let answer = Tls::open(operator.webhook).await?.post(path, content_type, body).await?;
        ensure!(
            answer.starts_with(&format!("HTTP/1.1 {status}")) && answer.contains(told),
            "{told}: {answer}"
        );
    }
    for bytes in [
        &b"\x16\x03\x01 no http at all\r\n\r\n"[..],
        b"GET /inject HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ] {
        let answer = Tls::open(operator.webhook).await?.say(bytes).await?;
        ensure!(answer.starts_with("HTTP/1.1 40"), "{answer}");
    }
    ensure!(operator.process.running(), "{}", operator.process.stderr().tail());
    let metrics = operator.metrics().await?;
    let malformed = metrics.sum("riskgate_operator_admissions_total", &[("reason", "Malformed")]);
    ensure!(malformed >= 8.0, "{malformed}");
    Ok(())
}
