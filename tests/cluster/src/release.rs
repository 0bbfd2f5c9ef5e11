//! The chart, installed on the control plane by the real helm, and its operator as a process, run by what the Deployment says.

use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use harness::{PATIENCE, binary, eventually, tethered};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Container, EnvVar, Pod};
use kube::api::ListParams;
use kube::{Api, Client, ResourceExt};
use serde_json::Value;
use tempfile::TempDir;

use crate::{ControlPlane, Helm, Identity, Kubectl, Operator, tell_ready};

/// The release's name.
const NAME: &str = "riskgate";
/// The operator's Deployment and its program.
const OPERATOR: &str = "riskgate-operator";

/// A release of the chart.
pub struct Release {
    control_plane: Arc<ControlPlane>,
    helm: Helm,
    /// Its namespace.
    pub namespace: String,
    client: Client,
    folder: TempDir,
}

impl Release {
    /// Makes its namespace, which takes nothing but what the Pod Security Standard `restricted` allows.
    ///
    /// # Errors
    /// When the API server refuses that.
    pub async fn prepare(control_plane: &Arc<ControlPlane>, namespace: &str) -> Result<Self> {
        let release = Self::of(control_plane, namespace).await?;
        release.make_namespace().await?;
        Ok(release)
    }

    /// One that somebody else installs.
    ///
    /// # Errors
    /// When no certificate can be made.
    pub async fn of(control_plane: &Arc<ControlPlane>, namespace: &str) -> Result<Self> {
        Ok(Self {
            helm: control_plane.helm(Identity::Admin, namespace)?,
            control_plane: Arc::clone(control_plane),
            namespace: namespace.to_owned(),
            client: control_plane.client(Identity::Admin, namespace).await?,
            folder: tempfile::tempdir()?,
        })
    }

    /// Makes its namespace, where it is gone.
    ///
    /// # Errors
    /// When the API server refuses that.
    pub async fn make_namespace(&self) -> Result<()> {
        let kubectl = self.kubectl()?;
        kubectl.say(&["create", "namespace", &self.namespace]).await?;
        let label = "pod-security.kubernetes.io/enforce=restricted";
        kubectl.say(&["label", "namespace", &self.namespace, label]).await.map(drop)
    }

    /// kubectl in its namespace, with every right.
    ///
    /// # Errors
    /// When no certificate can be made.
    pub fn kubectl(&self) -> Result<Kubectl> {
        self.control_plane.kubectl(Identity::Admin, &self.namespace)
    }

    /// `helm install`, of this tree's chart or of another; returns what it told.
    ///
    /// # Errors
    /// What helm refuses.
    pub async fn install(&self, chart: Option<&std::path::Path>, values: &Value) -> Result<String> {
        let arguments = ["install", NAME, "--namespace", &self.namespace];
        match chart {
            Some(chart) => {
                let helm = self.control_plane.helm(Identity::Admin, &self.namespace)?.with_chart(chart);
                helm.say(&arguments, values).await
            }
            None => self.helm.say(&arguments, values).await,
        }
    }

    /// `helm upgrade` to this tree's chart.
    ///
    /// # Errors
    /// What helm refuses.
    pub async fn upgrade(&self, values: &Value) -> Result<String> {
        self.helm.say(&["upgrade", NAME, "--namespace", &self.namespace], values).await
    }

    /// `helm uninstall`.
    ///
    /// # Errors
    /// What helm refuses.
    pub async fn uninstall(&self) -> Result<String> {
        self.helm.uninstall(NAME, &self.namespace).await
    }

    /// The names of the operator's pods, once the Deployment has all of them. No node runs them; that they are there says that
    /// the API server let them in.
    ///
    /// # Errors
    /// When they do not come.
    pub async fn pods(&self) -> Result<Vec<String>> {
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), &self.namespace);
        let ours = ListParams::default().labels("app.kubernetes.io/component=operator");
        let wanted = self.deployment().await?.spec.and_then(|spec| spec.replicas).unwrap_or(1);
        eventually("the operator's pods", PATIENCE, || async {
            let found: Vec<String> = pods.list(&ours).await?.iter().map(ResourceExt::name_any).collect();
            // More while one set of them takes over from another, which it never does without a node.
            ensure!(found.len() >= usize::try_from(wanted)?, "{found:?}");
            Ok(found)
        })
        .await
    }

    /// Has the operator's pods told ready, as a node's kubelet would.
    ///
    /// # Errors
    /// When the Deployment does not become available.
    pub async fn told_ready(&self) -> Result<()> {
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), &self.namespace);
        for pod in self.pods().await? {
            tell_ready(&pods, &pod).await?;
        }
        eventually("the Deployment to be available", PATIENCE, || async {
            let status = self.deployment().await?.status.unwrap_or_default();
            ensure!(status.available_replicas.unwrap_or(0) >= 2, "{status:?}");
            Ok(())
        })
        .await
    }

    async fn deployment(&self) -> Result<Deployment> {
        Ok(Api::<Deployment>::namespaced(self.client.clone(), &self.namespace).get(OPERATOR).await?)
    }

    /// Runs the operator as one of its pods would: the container's arguments and environment, the ServiceAccount's token. Its
    /// ports are other ones: a pod has a network of its own.
    ///
    /// # Errors
    /// When it does not become ready, with its last words.
    pub async fn run(&self, pod: &str) -> Result<Operator> {
        let spec = self.deployment().await?.spec.and_then(|spec| spec.template.spec).context("no pod")?;
        let account = spec.service_account_name.context("no ServiceAccount")?;
        let [container] = spec.containers.as_slice() else { bail!("one container: {:?}", spec.containers) };
        ensure!(container.command.is_none(), "the image's entry point is replaced");
        let token = self.kubectl()?.say(&["create", "token", &account]).await?;
        let kubeconfig = self.control_plane.kubeconfig(Identity::Token(token.trim()), &self.namespace)?;
        let path = self.folder.path().join(pod);
        std::fs::write(&path, serde_yaml::to_string(&kubeconfig)?)?;

        let mut command = tethered(binary(OPERATOR)?);
        // Nothing but what the container has.
        command.env_clear().env("KUBECONFIG", path);
        for variable in container.env.iter().flatten() {
            command.env(&variable.name, self.value(variable, pod)?);
        }
        for argument in container.args.iter().flatten() {
            command.arg(local(argument, container)?);
        }
        let operator = Operator::listening(pod, command).await?;
        operator.ready().await?;
        Ok(operator)
    }

    fn value(&self, variable: &EnvVar, pod: &str) -> Result<String> {
        if let Some(value) = &variable.value {
            return Ok(value.clone());
        }
        let field = variable.value_from.as_ref().and_then(|from| from.field_ref.as_ref());
        match field.map(|field| field.field_path.as_str()) {
            Some("metadata.name") => Ok(pod.to_owned()),
            Some("metadata.namespace") => Ok(self.namespace.clone()),
            other => bail!("{}: no value from {other:?} here", variable.name),
        }
    }
}

/// An argument, with a free port of loopback in place of a port of the container.
fn local(argument: &str, container: &Container) -> Result<String> {
    for (flag, name) in [("--admin-address=", "admin"), ("--webhook-address=", "webhook")] {
        if let Some(address) = argument.strip_prefix(flag) {
            let ports = container.ports.iter().flatten();
            let port = ports
                .filter(|port| port.name.as_deref() == Some(name))
                .map(|port| port.container_port)
                .next();
            let port = port.with_context(|| format!("no port {name}"))?;
            ensure!(address == format!("[::]:{port}"), "{argument} and the port {port} differ");
            return Ok(format!("{flag}127.0.0.1:0"));
        }
    }
    Ok(argument.to_owned())
}
