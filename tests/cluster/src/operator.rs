//! The operator as a process, under the rights that it ships with.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::{Metrics, PATIENCE, Process, binary, eventually, root, tethered, web};
use kube::Client;
use kube::config::Kubeconfig;
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{ControlPlane, FaultyWay, Identity, Kubectl};

/// The ServiceAccount, and the names of its roles.
const NAME: &str = "riskgate-operator";
/// What the sidecars are injected with.
pub const SIDECAR_IMAGE: &str = "registry.example/riskgate-sidecar:test";
/// Others take over as soon as they may.
const LEASE: &str = "3s";

/// A namespace with the operator's ServiceAccount and its roles, as the chart makes them.
pub struct OperatorAccount {
    /// The namespace.
    pub namespace: String,
    kubeconfig: Kubeconfig,
    folder: TempDir,
}

impl OperatorAccount {
    /// Makes namespace, ServiceAccount, roles and bindings.
    ///
    /// # Errors
    /// When the API server refuses one of them.
    pub async fn create(control_plane: &ControlPlane, namespace: &str) -> Result<Self> {
        let kubectl = control_plane.kubectl(Identity::Admin, namespace)?;
        kubectl.say(&["create", "namespace", namespace]).await?;
        kubectl.say(&["create", "serviceaccount", NAME]).await?;
        kubectl.apply_files(&root().join("crates/operator/rbac.yaml")).await?;
        let account = format!("--serviceaccount={namespace}:{NAME}");
        for [kind, role] in [["clusterrolebinding", "--clusterrole"], ["rolebinding", "--role"]] {
            kubectl.say(&["create", kind, NAME, &format!("{role}={NAME}"), &account]).await?;
        }
        let token = kubectl.say(&["create", "token", NAME]).await?;
        let kubeconfig = control_plane.kubeconfig(Identity::Token(token.trim()), namespace)?;
        Ok(Self { namespace: namespace.to_owned(), kubeconfig, folder: tempfile::tempdir()? })
    }

    /// Gives it the rights of another file beside `rbac.yaml`, which it has only where somebody wants it to.
    ///
    /// # Errors
    /// When the API server refuses them.
    pub async fn may_also(&self, control_plane: &ControlPlane, file: &str, role: &str) -> Result<()> {
        let kubectl = control_plane.kubectl(Identity::Admin, &self.namespace)?;
        kubectl.apply_files(&root().join("crates/operator").join(file)).await?;
        let account = format!("--serviceaccount={}:{NAME}", self.namespace);
        let role = format!("--clusterrole={role}");
        kubectl.say(&["create", "clusterrolebinding", file, &role, &account]).await.map(drop)
    }

    /// A way to the API server that can be made to fail, in its name.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn way(&self) -> Result<FaultyWay> {
        FaultyWay::open(self.kubeconfig.clone()).await
    }

    /// The name by which the API server knows it.
    #[must_use]
    pub fn user(&self) -> String {
        format!("system:serviceaccount:{}:{NAME}", self.namespace)
    }

    /// kubectl in the hands of whoever holds its token.
    ///
    /// # Errors
    /// When no token is made.
    pub async fn kubectl(&self, control_plane: &ControlPlane, namespace: &str) -> Result<Kubectl> {
        let admin = control_plane.kubectl(Identity::Admin, &self.namespace)?;
        let token = admin.say(&["create", "token", NAME]).await?;
        control_plane.kubectl(Identity::Token(token.trim()), namespace)
    }

    /// Starts a replica, and returns when it is ready.
    ///
    /// # Errors
    /// When it does not become ready, with its last words.
    pub async fn start(&self, identity: &str) -> Result<Operator> {
        self.start_with(identity, &[]).await
    }

    /// The same, with further arguments of its command line.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn start_with(&self, identity: &str, arguments: &[&str]) -> Result<Operator> {
        let operator = self.launch(identity, &self.kubeconfig, arguments).await?;
        operator.ready().await?;
        Ok(operator)
    }

    /// Starts a replica, and returns when its ports listen: it may never become ready.
    ///
    /// # Errors
    /// When it does not come so far, with its last words.
    pub async fn start_unready(&self, identity: &str, arguments: &[&str]) -> Result<Operator> {
        self.launch(identity, &self.kubeconfig, arguments).await
    }

    /// Starts a replica that reaches the API server by this way.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn start_by(&self, way: &FaultyWay, identity: &str) -> Result<Operator> {
        let kubeconfig = json!({
            "clusters": [{ "name": "way", "cluster": { "server": way.url() } }],
            "contexts": [{ "name": "way", "context": { "cluster": "way", "user": "nobody" } }],
            "users": [{ "name": "nobody", "user": {} }],
            "current-context": "way",
        });
        let operator = self.launch(identity, &serde_json::from_value(kubeconfig)?, &[]).await?;
        operator.ready().await?;
        Ok(operator)
    }

    async fn launch(&self, identity: &str, kubeconfig: &Kubeconfig, arguments: &[&str]) -> Result<Operator> {
        let path = self.folder.path().join(identity);
        std::fs::write(&path, serde_yaml::to_string(kubeconfig)?)?;
        let mut command = tethered(binary(NAME)?);
        command
            .env("KUBECONFIG", path)
            .args(["--namespace", &self.namespace, "--identity", identity])
            .args(["--admin-address", "127.0.0.1:0", "--lease-duration", LEASE, "--log-level", "debug"])
            .args(["--webhook-address", "127.0.0.1:0", "--webhook-host", "127.0.0.1"])
            .args(["--sidecar", &json!({ "image": SIDECAR_IMAGE }).to_string()])
            .args(arguments);
        Operator::listening(identity, command).await
    }

    /// Who holds the Lease; nobody is empty.
    ///
    /// # Errors
    /// When there is none yet.
    pub async fn holder(&self, client: &Client) -> Result<String> {
        let leases: kube::Api<k8s_openapi::api::coordination::v1::Lease> =
            kube::Api::namespaced(client.clone(), &self.namespace);
        let spec = leases.get(NAME).await?.spec.unwrap_or_default();
        Ok(spec.holder_identity.unwrap_or_default())
    }

    /// The rules of every role in these files of the operator's.
    ///
    /// # Errors
    /// When one does not read.
    pub fn rules(files: &[&str]) -> Result<Vec<Value>> {
        let mut rules = Vec::new();
        for file in files {
            let text = std::fs::read_to_string(root().join("crates/operator").join(file))?;
            for role in serde_yaml::Deserializer::from_str(&text) {
                let role = Value::deserialize(role)?;
                rules.extend(role["rules"].as_array().context("a role without rules")?.clone());
            }
        }
        Ok(rules)
    }
}

#[derive(Deserialize)]
struct Said {
    listening: Listening,
}

#[derive(Deserialize)]
struct Listening {
    admin: SocketAddr,
    webhook: SocketAddr,
}

/// A running replica. Dropping it kills it.
pub struct Operator {
    /// The process.
    pub process: Process,
    /// Where it answers the API server.
    pub webhook: SocketAddr,
    admin: SocketAddr,
}

impl Operator {
    /// Starts the command of a replica, and returns when its ports listen.
    pub(crate) async fn listening(name: &str, command: std::process::Command) -> Result<Self> {
        let mut process = Process::start(name, command)?;
        let Said { listening: Listening { admin, webhook } } = process.ready(PATIENCE).await?;
        Ok(Self { process, webhook, admin })
    }

    /// Waits until it is ready.
    ///
    /// # Errors
    /// When it does not become so, with its last words.
    pub async fn ready(&self) -> Result<()> {
        let ready = || async {
            let (status, body) = self.get("/readyz").await?;
            ensure!(status == 200, "{status}: {body}");
            Ok(())
        };
        let ready = eventually("the operator", PATIENCE, ready).await;
        ready.with_context(|| self.process.stderr().tail())
    }

    /// A scrape of its metrics.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn metrics(&self) -> Result<Metrics> {
        Metrics::parse(&self.get("/metrics").await?.1)
    }

    /// Asks its admin port.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn get(&self, path: &str) -> Result<(u16, String)> {
        let answer = web::get(&format!("http://{}", self.admin), path).await?;
        Ok((answer.status().as_u16(), String::from_utf8_lossy(answer.body()).into_owned()))
    }

    /// Ends it as Kubernetes does, and waits.
    ///
    /// # Errors
    /// When it takes longer than `deadline`.
    pub async fn stop(&mut self, deadline: Duration) -> Result<()> {
        let status = self.process.stop(deadline).await?;
        ensure!(status.success(), "{status}: {}", self.process.stderr().tail());
        Ok(())
    }
}
