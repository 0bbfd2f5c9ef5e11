//! How long the operator takes to answer for a pod: asked as the API server asks, and by the API server itself.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use cluster::{Identity, Operator, Scene};
use futures_util::{StreamExt, TryStreamExt, stream};
use harness::{Latencies, Metrics, PATIENCE, eventually};
use k8s_openapi::api::admissionregistration::v1::MutatingWebhookConfiguration;
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, Client, Config};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::stage::Stage;

/// Pods that are made at a time: more, and it is the API server that is measured.
const AT_ONCE: usize = 4;
/// What the API server tells of its webhooks.
const SECONDS: &str = "apiserver_admission_webhook_admission_duration_seconds";
/// The bound among its buckets that is the goal of design section 9.
const WITHIN: &str = "0.005";

/// Answers to questions on a schedule.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answers {
    count: usize,
    /// Microseconds from the question to its whole answer, TLS included.
    us: Latencies,
}

/// Pods that were made, as the API server saw the operator's answers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Created {
    count: f64,
    /// Pods made a second.
    rate: f64,
    /// The share of answers within 5 ms.
    within5_ms: f64,
    mean_ms: f64,
}

/// Asks about pods of all policies in turn, over connections that are kept, as API servers do. A question waits for no other, so that
/// a stall is seen in full.
pub(crate) async fn answers(stage: &Stage, operator: &Operator, rate: u32, seconds: u32) -> Result<Answers> {
    let client = trusting(stage, operator).await?;
    let count = (rate * seconds) as usize;
    let questions: Vec<Vec<u8>> = (0..count).map(|number| question(stage, number)).collect();
    // Connections are opened before they are measured, as API servers have them open.
    ask(&client, question(stage, 0)).await?;
    let mut asked = JoinSet::new();
    let mut schedule = interval(Duration::from_secs(1) / rate);
    schedule.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for question in questions {
        schedule.tick().await;
        let client = client.clone();
        asked.spawn(async move {
            let begun = Instant::now();
            let answer = ask(&client, question).await?;
            let took = begun.elapsed();
            ensure!(answer.contains("\"patchType\":\"JSONPatch\""), "not injected: {answer}");
            Ok(took)
        });
    }
    let mut latencies = Vec::with_capacity(count);
    while let Some(answered) = asked.join_next().await {
        latencies.push(answered??);
    }
    Ok(Answers { count, us: Latencies::of(latencies) })
}

/// Makes pods through the API server, as fast as it does so for a few at a time, and reads from its metrics how long it waited for the
/// operator.
pub(crate) async fn created(stage: &Stage, pods: usize) -> Result<Created> {
    let admin = stage.control_plane.client(Identity::Admin, "default").await?;
    let (calls, sum, within) = waits(&admin).await?;
    let begun = Instant::now();
    let made = stream::iter(0..pods).map(async |number| {
        let (team, policy) = stage.place(number);
        let made: Pod = team.create(pod(&format!("created-{number}"), &policy)).await?;
        let injected = made.spec.and_then(|spec| spec.init_containers).is_some_and(|all| !all.is_empty());
        ensure!(injected, "a pod was made without the sidecar");
        Ok(())
    });
    made.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    let rate = pods as f64 / begun.elapsed().as_secs_f64();
    let after = waits(&admin).await?;
    let (calls, sum, within) = (after.0 - calls, after.1 - sum, after.2 - within);
    ensure!(calls >= pods as f64, "the API server asked {calls} times for {pods} pods");
    Ok(Created { count: calls, rate, within5_ms: within / calls, mean_ms: sum / calls * 1000.0 })
}

async fn ask(client: &Client, question: Vec<u8>) -> Result<String> {
    let request = http::Request::post("/inject").header("Content-Type", "application/json").body(question)?;
    Ok(client.request_text(request).await?)
}

/// A client that trusts what the API server trusts: the bundle of the webhook configuration.
async fn trusting(stage: &Stage, operator: &Operator) -> Result<Client> {
    let admin = stage.control_plane.client(Identity::Admin, "default").await?;
    let configurations: Api<MutatingWebhookConfiguration> = Api::all(admin);
    let bundle = eventually("the CA", PATIENCE, || async {
        let webhooks = configurations.get("riskgate").await?.webhooks.context("no webhooks")?;
        let first = webhooks.into_iter().next().context("no webhook")?;
        first.client_config.ca_bundle.map(|bundle| bundle.0).context("no CA yet")
    })
    .await?;
    let roots = cluster::certificates(&bundle)?;
    let mut config = Config::new(format!("https://{}", operator.webhook).parse()?);
    config.root_cert = Some(roots);
    config.default_retry = false;
    Ok(Client::try_from(config)?)
}

fn question(stage: &Stage, number: usize) -> Vec<u8> {
    let (team, policy) = stage.place(number);
    let Scene { namespace, .. } = team;
    let review = json!({
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": format!("question-{number}"),
            "kind": { "group": "", "version": "v1", "kind": "Pod" },
            "resource": { "group": "", "version": "v1", "resource": "pods" },
            "operation": "CREATE",
            "namespace": namespace,
            "userInfo": { "username": "system:serviceaccount:kube-system:replicaset-controller" },
            "object": pod(&format!("asked-{number}"), &policy),
            "dryRun": false,
        },
    });
    review.to_string().into_bytes()
}

/// A pod as applications have them.
fn pod(name: &str, policy: &str) -> Value {
    let probe = json!({ "httpGet": { "path": "/health", "port": 8080 }, "periodSeconds": 10 });
    let env: Vec<Value> = (0..12)
        .map(|it| json!({ "name": format!("SETTING_{it}"), "value": format!("value of {it}") }))
        .collect();
    let container = |name: &str| {
        json!({ "name": name, "image": format!("{name}:1"), "env": env, "readinessProbe": probe, "livenessProbe": probe,
            "resources": { "requests": { "cpu": "100m", "memory": "128Mi" }, "limits": { "memory": "256Mi" } },
            "volumeMounts": [{ "name": "settings", "mountPath": "/settings" }] })
    };
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": { "name": name, "labels": { "app": "shop" }, "annotations": { "riskgate.dev/policy": policy } },
        "spec": {
            "containers": [container("shop"), container("log-shipper")],
            "volumes": [{ "name": "settings", "emptyDir": {} }],
        },
    })
}

/// Calls of the webhooks for pods, the seconds that they took, and how many were within the bound.
async fn waits(admin: &Client) -> Result<(f64, f64, f64)> {
    let text = admin.request_text(http::Request::get("/metrics").body(Vec::new())?).await?;
    let ours: Vec<&str> = text.lines().filter(|line| line.starts_with(SECONDS)).collect();
    let metrics = Metrics::parse(&ours.join("\n"))?;
    let of = |part: &str, more: &[(&str, &str)]| {
        let labels = [&[("type", "admit")], more].concat();
        metrics.sum(&format!("{SECONDS}_{part}"), &labels)
    };
    Ok((of("count", &[]), of("sum", &[]), of("bucket", &[("le", WITHIN)])))
}
