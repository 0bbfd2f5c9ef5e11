//! What certificates come from: a Secret with a CA that gets lost, and a Secret with a certificate that others keep.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cluster::{Kubectl, Operator, OperatorAccount, Scene, Service, Tls, Webhooks};
use harness::{PATIENCE, eventually};
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::api::DeleteParams;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::json;

use super::outages::opted_in;
use super::told_of;

pub(super) const SECRET: &str = "riskgate-webhook-ca";

/// The CA that signs, as its Secret holds it.
pub(super) async fn authority(secrets: &Api<Secret>) -> Result<Vec<u8>> {
    let data = secrets.get(SECRET).await?.data.unwrap_or_default();
    Ok(data.get("ca.crt").context("no ca.crt")?.0.clone())
}

/// Deleted, it comes back as it was; overwritten, too: what API servers trust stays true.
pub(super) async fn the_cas_secret_is_lost(
    scene: &Scene,
    account: &OperatorAccount,
    operator: &Operator,
) -> Result<()> {
    let secrets: Api<Secret> = Api::namespaced(scene.client.clone(), &account.namespace);
    let kubectl = scene.kubectl()?;
    let before = authority(&secrets).await?;
    let shown = Tls::open(operator.webhook).await?.certificate();
    secrets.delete(SECRET, &DeleteParams::default()).await?;
    let is_back = || async {
        ensure!(authority(&secrets).await? == before, "another CA");
        Ok(())
    };
    eventually("the Secret", PATIENCE, is_back).await?;
    let garbage = json!({ "data": { "ca.crt": STANDARD.encode("garbage") } }).to_string();
    kubectl.say(&["patch", "secret", SECRET, "--namespace", &account.namespace, "--patch", &garbage]).await?;
    eventually("the CA", PATIENCE, is_back).await?;
    opted_in(&kubectl, "after-the-loss").await?;
    ensure!(Tls::open(operator.webhook).await?.certificate() == shown, "it was signed anew without need");
    for reason in ["AuthorityBroken", "AuthorityRestored"] {
        told_of(&scene.client, &account.namespace, SECRET, reason).await?;
    }
    Ok(())
}

/// As cert-manager keeps it: another writes `caBundle`, the Secret comes late, and its certificate is replaced.
pub(super) async fn a_secret_of_others_is_followed(
    scene: &Scene,
    account: &OperatorAccount,
    service: &Service,
) -> Result<()> {
    let kubectl = scene.kubectl()?;
    let secrets: Api<Secret> = Api::namespaced(scene.client.clone(), &account.namespace);
    secrets.delete(SECRET, &DeleteParams::default()).await?;
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;

    let operator = account.start_unready("replica-c", &["--certificates", "existing-secret"]).await?;
    eventually("the lack of a certificate", PATIENCE, || async {
        let (status, body) = operator.get("/readyz").await?;
        ensure!(status == 503 && body.contains("no certificate"), "{status}: {body}");
        Ok(())
    })
    .await?;
    put(&kubectl, account, &issuer).await?;
    operator.ready().await?;
    service.set(&[operator.webhook]);
    trust(&kubectl, &issuer.pem()).await?;
    Webhooks::answer(&kubectl).await?;
    opted_in(&kubectl, "of-others").await?;

    let shown = Tls::open(operator.webhook).await?.certificate();
    // What does not read is not taken.
    let garbage = json!({ "data": { "tls.key": STANDARD.encode("garbage") } }).to_string();
    kubectl.say(&["patch", "secret", SECRET, "--namespace", &account.namespace, "--patch", &garbage]).await?;
    operator
        .process
        .stderr()
        .wait("the refusal", PATIENCE, |line| line.contains("tls.key is not a private key").then_some(()))
        .await?;
    ensure!(Tls::open(operator.webhook).await?.certificate() == shown, "it shows another");
    put(&kubectl, account, &issuer).await?;
    eventually("the other certificate", PATIENCE, || async {
        ensure!(Tls::open(operator.webhook).await?.certificate() != shown, "it shows the same");
        Ok(())
    })
    .await?;
    opted_in(&kubectl, "of-others-anew").await?;
    // What the others wrote stays.
    ensure!(!operator.process.stderr().all().iter().any(|line| line.contains("BundleWritten")));
    for (reason, words) in [
        ("CertificateMissing", "Write tls.crt and tls.key"),
        ("CertificateInvalid", "tls.key is not a private key in PEM"),
        ("CertificateTaken", "Serial number"),
    ] {
        let note = told_of(&scene.client, &account.namespace, SECRET, reason).await?;
        ensure!(note.contains(words), "{reason}: {note}");
    }
    let steps = operator.metrics().await?;
    let taken = steps.sum("riskgate_operator_certificate_steps_total", &[("reason", "CertificateTaken")]);
    ensure!(taken == 2.0, "a certificate and its successor were taken {taken} times");
    Ok(())
}

async fn put(
    kubectl: &Kubectl,
    account: &OperatorAccount,
    issuer: &CertifiedIssuer<'static, KeyPair>,
) -> Result<()> {
    let key = KeyPair::generate()?;
    let leaf = CertificateParams::new(vec!["127.0.0.1".to_owned()])?.signed_by(&key, issuer)?;
    let secret = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": { "name": SECRET, "namespace": account.namespace },
        "stringData": { "tls.crt": leaf.pem(), "tls.key": key.serialize_pem() },
    });
    kubectl.apply(&secret.to_string()).await.map(drop)
}

async fn trust(kubectl: &Kubectl, root: &str) -> Result<()> {
    let bundle = STANDARD.encode(root);
    for (kind, count) in [("mutatingwebhookconfiguration", 2), ("validatingwebhookconfiguration", 1)] {
        let operations: Vec<_> = (0..count)
            .map(|at| json!({ "op": "add", "path": format!("/webhooks/{at}/clientConfig/caBundle"), "value": bundle }))
            .collect();
        let patch = serde_json::to_string(&operations)?;
        kubectl.say(&["patch", kind, "riskgate", "--type=json", "--patch", &patch]).await?;
    }
    Ok(())
}

/// Longer than any step of a CA in these tests.
pub(super) const ROTATION: Duration = Duration::from_secs(90);
