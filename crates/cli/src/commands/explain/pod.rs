//! `riskgate explain pod`: why a pod carries a sidecar or does not, what was injected, and how it fares.

use anyhow::{Context, anyhow};
use clap::Args;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::DynamicObject;
use kube::core::ApiResource;
use riskgate_api::RiskPolicy;
use riskgate_inject::names::SIDECAR;
use riskgate_inject::{Pod as Injected, Status};
use serde::Serialize;
use serde_json::Value;

use crate::cluster::pods::{Judged, Policies, Standing, judge};
use crate::cluster::policies::{Known, policies};
use crate::cluster::{Cluster, ClusterArgs, block_on, text, told};
use crate::exit::{Exit, Failure};
use crate::output::{Form, OutputArgs, print, print_json};

/// Tell why a pod carries the sidecar or does not, what was injected, and how it fares
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0   it carries the sidecar as it would be injected today, or asks for none
  1   it does not; or the cluster cannot be asked, or has no such pod
  2   the command line is wrong")]
pub(crate) struct PodArgs {
    /// The pod
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    cluster: ClusterArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// The answer for programs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Explained {
    namespace: String,
    pod: String,
    #[serde(flatten)]
    judged: Judged,
    /// What injection noted on the pod; null where it notes nothing.
    injected: Option<Value>,
    /// How the sidecar fares; null where there is none, or no node has told.
    sidecar: Option<Sidecar>,
    /// What became of the policy; null where there is none.
    policy_status: Option<Known>,
}

/// A running sidecar.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Sidecar {
    ready: bool,
    restarts: u64,
    /// `running`, `waiting` or `terminated`.
    state: String,
    /// Its last words, where it ended.
    last_words: Option<String>,
}

pub(super) fn run(args: &PodArgs) -> Result<Exit, Failure> {
    let explained = block_on(async { explain(&args.cluster.connect().await?, &args.name).await })?;
    match args.output.output {
        Form::Text => print(&explained.text())?,
        Form::Json => print_json(&explained)?,
    }
    let fine =
        [Standing::Current, Standing::NotOptedIn, Standing::Skipped].contains(&explained.judged.standing);
    Ok(if fine { Exit::Fine } else { Exit::No })
}

async fn explain(cluster: &Cluster, name: &str) -> anyhow::Result<Explained> {
    let namespace = cluster.namespace.clone();
    // Everything is asked of the one namespace.
    let here = Cluster {
        client: cluster.client.clone(),
        namespace: namespace.clone(),
        only: Some(namespace.clone()),
    };
    let refused = |what: &str, error: &kube::Error| anyhow!("{what} cannot be asked for: {}", told(error));
    let pods: Api<DynamicObject> =
        Api::namespaced_with(here.client.clone(), &namespace, &ApiResource::erase::<Pod>(&()));
    let found = pods.get_opt(name).await.map_err(|error| refused("the pod", &error))?;
    let found = found.with_context(|| {
        format!("namespace {namespace} has no pod {name}; --namespace NAME looks into another")
    })?;
    let pod = serde_json::to_value(found)?;
    let labels = here.namespaces().await.map_err(|error| refused("the namespace", &error))?;
    let labels = labels.into_values().next().unwrap_or_default();
    let known = here.list::<RiskPolicy>().await.map_err(|error| refused("policies", &error))?;
    let known = policies(&known);
    let specs: Policies = known
        .iter()
        .filter_map(|it| Some(((it.namespace.clone(), it.name.clone()), it.spec.clone()?)))
        .collect();
    let judged = judge(&pod, &namespace, &labels, &specs);
    let policy_status = known.into_iter().find(|it| Some(&it.name) == judged.policy.as_ref());
    let injected = Injected::new(&pod).ok().and_then(|read| Status::of(&read));
    let injected = injected.map(serde_json::to_value).transpose()?;
    Ok(Explained { namespace, pod: name.to_owned(), injected, sidecar: sidecar(&pod), policy_status, judged })
}

fn sidecar(pod: &Value) -> Option<Sidecar> {
    let statuses = pod["status"]["initContainerStatuses"].as_array()?;
    let status = statuses.iter().find(|status| status["name"] == SIDECAR)?;
    let state = status["state"].as_object().and_then(|state| state.keys().next().cloned());
    let words = ["/state/terminated/message", "/lastState/terminated/message"];
    let last_words = words.into_iter().map(|at| text(status, at)).find(|text| !text.is_empty());
    Some(Sidecar {
        ready: status["ready"] == true,
        restarts: status["restartCount"].as_u64().unwrap_or(0),
        state: state.unwrap_or_else(|| "waiting".to_owned()),
        // Nothing that a terminal would obey.
        last_words: last_words.map(|text| text.replace(char::is_control, " ").trim().to_owned()),
    })
}

impl Explained {
    fn text(&self) -> String {
        let Self { namespace, pod, judged, injected, sidecar, policy_status } = self;
        let what = match judged.standing {
            Standing::Current => "current",
            Standing::Outdated => "outdated",
            Standing::Missing => "without a sidecar",
            Standing::Refused => "would be refused today",
            Standing::Skipped => "skipped",
            Standing::NotOptedIn => "not opted in",
        };
        let mut text = format!("pod {namespace}/{pod}: {what} ({})\n  {}\n", judged.reason, judged.message);
        if let Some(policy) = policy_status {
            let ready = if policy.ready { "ready" } else { "not ready" };
            text.push_str(&format!(
                "policy {namespace}/{}: {ready} ({})\n  {}\n",
                policy.name, policy.reason, policy.message
            ));
        }
        if let Some(status) = injected {
            text.push_str(&format!("injected by riskgate {}\n", self::text(status, "/version")));
            let ports = status["ports"]["providers"].as_object();
            for (provider, port) in ports.into_iter().flatten() {
                text.push_str(&format!("  provider {provider} on 127.0.0.1:{port}\n"));
            }
            for (container, variables) in status["env"].as_object().into_iter().flatten() {
                let variables: Vec<&str> =
                    variables.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                text.push_str(&format!("  container {container} has {}\n", variables.join(", ")));
            }
            for warning in status["warnings"].as_array().into_iter().flatten() {
                let (reason, message) = (self::text(warning, "/reason"), self::text(warning, "/message"));
                text.push_str(&format!("  warned, {reason}: {message}\n"));
            }
        }
        if let Some(Sidecar { ready, restarts, state, last_words }) = sidecar {
            let ready = if *ready { "ready" } else { "not ready" };
            text.push_str(&format!("sidecar: {state}, {ready}, {restarts} restarts\n"));
            if let Some(words) = last_words {
                text.push_str(&format!("  it said when it ended: {words}\n"));
            }
        }
        text
    }
}
