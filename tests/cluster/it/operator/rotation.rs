//! One CA for all replicas, and another in its place while pods are made without a pause.

use std::cell::Cell;

use anyhow::{Context, Result, bail, ensure};
use cluster::{Operator, OperatorAccount, Scene, Tls};
use harness::eventually;
use k8s_openapi::api::admissionregistration::v1::{
    MutatingWebhookConfiguration, ValidatingWebhookConfiguration,
};
use k8s_openapi::api::core::v1::{Pod, Secret};
use kube::api::PostParams;
use kube::{Api, Client};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::existing::{ROTATION, SECRET, authority};
use super::told_of;

/// Lifetimes under which a CA that was made with the first is due at once with the second.
pub(super) const SHORT: [&str; 6] = ["--ca-lifetime", "90s", "--leaf-lifetime", "12s", "--ca-overlap", "3s"];
pub(super) const LONG: [&str; 6] = ["--ca-lifetime", "300s", "--leaf-lifetime", "12s", "--ca-overlap", "3s"];

/// Every replica shows what the one CA signed.
pub(super) async fn one_authority(
    account: &OperatorAccount,
    scene: &Scene,
    replicas: &[&Operator],
) -> Result<()> {
    let secrets: Api<Secret> = Api::namespaced(scene.client.clone(), &account.namespace);
    let root = authority(&secrets).await?;
    for replica in replicas {
        Tls::trusted(replica.webhook, &root).await?;
    }
    Ok(())
}

/// Pods that name a policy, made one after the other.
pub(super) struct Creation {
    progress: watch::Receiver<Progress>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Progress {
    made: usize,
    refused: Option<String>,
}

impl Creation {
    pub(super) fn begin(scene: &Scene, policy: &str) -> Self {
        let (tell, progress) = watch::channel(Progress::default());
        let (stop, stopped) = watch::channel(false);
        let pods: Api<Pod> = scene.api();
        let pod = json!({
            "metadata": { "generateName": "shop-", "annotations": { "riskgate.dev/policy": policy } },
            "spec": { "containers": [{ "name": "shop", "image": "shop" }] },
        });
        let task = tokio::spawn(async move {
            while !*stopped.borrow() {
                match one_more(&pods, &pod).await {
                    Ok(()) => tell.send_modify(|progress| progress.made += 1),
                    Err(error) => {
                        return tell.send_modify(|progress| progress.refused = Some(format!("{error:#}")));
                    }
                }
            }
        });
        Self { progress, stop, task }
    }

    /// How many were made so far.
    ///
    /// # Errors
    /// When one was not.
    pub(super) fn made(&self) -> Result<usize> {
        let progress = self.progress.borrow();
        match &progress.refused {
            Some(refused) => bail!("after {} pods: {refused}", progress.made),
            None => Ok(progress.made),
        }
    }

    /// Ends it; how many were made.
    ///
    /// # Errors
    /// As [`made`](Self::made).
    pub(super) async fn end(mut self) -> Result<usize> {
        self.stop.send_replace(true);
        (&mut self.task).await?;
        self.made()
    }
}

async fn one_more(pods: &Api<Pod>, pod: &Value) -> Result<()> {
    let pod: Pod = serde_json::from_value(pod.clone())?;
    let made = pods.create(&PostParams::default(), &pod).await.context("a pod is not let in")?;
    let containers = made.spec.and_then(|spec| spec.init_containers).unwrap_or_default();
    ensure!(containers.first().is_some_and(|it| it.name == "riskgate-sidecar"), "a pod is bare");
    Ok(())
}

/// What the API server trusts, by webhook.
async fn bundles(client: &Client) -> Result<Vec<String>> {
    let mutating: Api<MutatingWebhookConfiguration> = Api::all(client.clone());
    let validating: Api<ValidatingWebhookConfiguration> = Api::all(client.clone());
    let (mutating, validating) = (mutating.get("riskgate").await?, validating.get("riskgate").await?);
    let mutating = mutating.webhooks.unwrap_or_default().into_iter().map(|it| it.client_config.ca_bundle);
    let validating = validating.webhooks.unwrap_or_default().into_iter().map(|it| it.client_config.ca_bundle);
    let all = mutating.chain(validating).map(|bundle| String::from_utf8(bundle.unwrap_or_default().0));
    Ok(all.collect::<Result<_, _>>()?)
}

/// The CA is replaced, step by step, and no pod is refused meanwhile.
pub(super) async fn another_authority(
    account: &OperatorAccount,
    scene: &Scene,
    replicas: &[&Operator],
    before: &[u8],
    policy: &str,
) -> Result<()> {
    let secrets: Api<Secret> = Api::namespaced(scene.client.clone(), &account.namespace);
    let creation = Creation::begin(scene, policy);
    let old = String::from_utf8_lossy(before).trim().to_owned();
    // How many were trusted at a time, and whether the old one was among several.
    let (most, both) = (Cell::new(0), Cell::new(false));
    eventually("the other CA", ROTATION, || async {
        creation.made()?;
        let bundles = bundles(&scene.client).await?;
        for bundle in &bundles {
            let roots = bundle.matches("BEGIN CERTIFICATE").count();
            both.set(both.get() || (roots == 2 && bundle.contains(&old)));
            most.set(roots.max(most.get()));
        }
        let data = secrets.get("riskgate-webhook-ca").await?.data.unwrap_or_default();
        let keys: Vec<_> = data.keys().map(String::as_str).collect();
        ensure!(keys == ["ca.crt", "ca.key"], "{keys:?}");
        let now = String::from_utf8(authority(&secrets).await?)?;
        ensure!(now.trim() != old, "the same one signs");
        ensure!(bundles.iter().all(|bundle| bundle.trim() == now.trim()), "not all trust it alone");
        Ok(())
    })
    .await?;
    ensure!(both.get() && most.get() == 2, "old and new were never trusted at a time ({})", most.get());
    one_authority(account, scene, replicas).await?;
    for reason in ["AuthorityIntroduced", "AuthoritySwitched", "AuthorityRetired", "BundleWritten"] {
        told_of(&scene.client, &account.namespace, SECRET, reason).await?;
        let mut steps = 0.0;
        for replica in replicas {
            let metrics = replica.metrics().await?;
            steps += metrics.sum("riskgate_operator_certificate_steps_total", &[("reason", reason)]);
        }
        ensure!(steps >= 1.0, "{reason} is not counted");
    }
    let begun = creation.made()?;
    eventually("more pods", ROTATION, || async {
        let made = creation.made()?;
        ensure!(made >= begun + 5, "{made}");
        Ok(())
    })
    .await?;
    let made = creation.end().await?;
    ensure!(made >= 20, "{made} pods are no proof");
    Ok(())
}
