//! The cluster that commands ask, as kubectl would find it, and what riskgate has in it.

mod operator;
pub(crate) mod pods;
pub(crate) mod policies;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{DynamicObject, ListParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::ApiResource;
use kube::{Api, Client, Config, Resource, ResourceExt};
use serde_json::Value;

pub(crate) use operator::{Operator, leader, operators};

/// The longest that an API server is waited for.
const PATIENCE: Duration = Duration::from_secs(15);
/// How many objects are asked for at once.
const PAGE: u32 = 500;

/// Which cluster is asked, and about which namespace.
#[derive(Debug, Args)]
pub(crate) struct ClusterArgs {
    /// The kubeconfig; by default as kubectl finds it
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig; by default its current one
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
    /// The namespace to look into
    #[arg(long, short, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
}

/// A cluster.
pub(crate) struct Cluster {
    /// What asks it.
    pub(crate) client: Client,
    /// The namespace of the command line, or else of the context.
    pub(crate) namespace: String,
    /// The namespace of the command line alone: without one, all are looked at.
    pub(crate) only: Option<String>,
}

impl ClusterArgs {
    /// Prepares to ask; nothing is asked yet.
    pub(crate) async fn connect(&self) -> anyhow::Result<Cluster> {
        // The client would refuse to choose between providers; fails only where one is chosen already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let options = KubeConfigOptions { context: self.context.clone(), ..KubeConfigOptions::default() };
        let config = match &self.kubeconfig {
            Some(path) => {
                let file = Kubeconfig::read_from(path)
                    .with_context(|| format!("--kubeconfig {} cannot be used", path.display()))?;
                Config::from_custom_kubeconfig(file, &options).await
            }
            None if self.context.is_some() => Config::from_kubeconfig(&options).await,
            None => return self.cluster(Config::infer().await.context("no kubeconfig can be used")?),
        };
        self.cluster(config.context("the kubeconfig cannot be used")?)
    }

    fn cluster(&self, mut config: Config) -> anyhow::Result<Cluster> {
        config.connect_timeout = Some(PATIENCE);
        config.read_timeout = Some(PATIENCE);
        let default = config.default_namespace.clone();
        let client = Client::try_from(config).context("no client of the API server can be made")?;
        let only = self.namespace.clone();
        Ok(Cluster { client, namespace: only.clone().unwrap_or(default), only })
    }
}

impl Cluster {
    /// Objects of a kind, of the namespace that was asked for or of all, as they are: what another version wrote is not lost.
    pub(crate) async fn list<K>(&self) -> kube::Result<Vec<Value>>
    where
        K: Resource<DynamicType = ()>,
    {
        let resource = ApiResource::erase::<K>(&());
        let api: Api<DynamicObject> = match &self.only {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, &resource),
            None => Api::all_with(self.client.clone(), &resource),
        };
        let (mut objects, mut page) = (Vec::new(), ListParams::default().limit(PAGE));
        loop {
            let found = api.list(&page).await?;
            let next = found.metadata.continue_.clone().filter(|token| !token.is_empty());
            for object in found {
                objects.push(serde_json::to_value(object).map_err(kube::Error::SerdeError)?);
            }
            match next {
                Some(token) => page = page.continue_token(&token),
                None => return Ok(objects),
            }
        }
    }

    /// The labels of the namespaces that are looked at, by name.
    pub(crate) async fn namespaces(&self) -> kube::Result<BTreeMap<String, BTreeMap<String, String>>> {
        let api: Api<Namespace> = Api::all(self.client.clone());
        let found = match &self.only {
            Some(name) => vec![api.get(name).await?],
            None => api.list(&ListParams::default()).await?.items,
        };
        Ok(found.into_iter().map(|it| (it.name_any(), it.metadata.labels.unwrap_or_default())).collect())
    }
}

/// A text in an object: empty where there is none.
pub(crate) fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// Runs what asks a cluster.
pub(crate) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("cannot start the runtime")?.block_on(work)
}

/// What an API server refused, in a line.
pub(crate) fn told(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) => status.message.clone(),
        other => other.to_string(),
    }
}
