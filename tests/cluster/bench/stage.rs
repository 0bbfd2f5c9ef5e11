//! The cluster that is measured: the chart as it ships, policies, and pods as injection makes them.

use std::sync::Arc;

use anyhow::{Context, Result};
use cluster::manifests::{bound_pod, policy};
use cluster::{ControlPlane, Identity, Release, Scene, Service};
use futures_util::{StreamExt, TryStreamExt, stream};
use k8s_openapi::api::core::v1::Pod;
use riskgate_api::RiskPolicy;
use serde_json::json;

/// Policies share namespaces, as teams' do.
const NAMESPACES: usize = 20;
/// Requests to the API server at a time.
const AT_ONCE: usize = 16;
/// Where the chart is installed.
const OPERATORS: &str = "riskgate-system";

/// A control plane with namespaces for teams.
pub(crate) struct Stage {
    pub(crate) control_plane: Arc<ControlPlane>,
    pub(crate) release: Release,
    /// By which the API server reaches the operator.
    pub(crate) service: Service,
    pub(crate) teams: Vec<Scene>,
    policies: usize,
}

impl Stage {
    pub(crate) async fn set(policies: usize) -> Result<Self> {
        let control_plane = Arc::new(ControlPlane::start().await?);
        control_plane.install_crds().await?;
        let release = Release::prepare(&control_plane, OPERATORS).await?;
        let service = Service::open().await?;
        let teams = stream::iter(0..NAMESPACES).map(|_| Scene::set(Arc::clone(&control_plane)));
        let teams = teams.buffered(AT_ONCE).try_collect().await?;
        Ok(Self { control_plane, release, service, teams, policies })
    }

    /// The policy whose turn it is: the team that has it, and its name.
    pub(crate) fn place(&self, turn: usize) -> (&Scene, String) {
        let number = turn % self.policies;
        (&self.teams[number % self.teams.len()], format!("policy-{number}"))
    }

    /// Makes the policies, and the pods that are bound to them; then installs the chart, whose operator does not run yet.
    pub(crate) async fn fill(&self, pods: usize) -> Result<()> {
        let numbered = stream::iter(0..self.policies).map(async |number| {
            let (team, name) = self.place(number);
            team.create::<RiskPolicy>(policy(&name, &json!({}))).await
        });
        let made: Vec<RiskPolicy> = numbered.buffered(AT_ONCE).try_collect().await?;
        let numbered = stream::iter(0..pods).map(async |number| {
            let pod = bound_pod(&format!("pod-{number}"), &made[number % made.len()])?;
            self.place(number).0.create::<Pod>(pod).await.map(drop)
        });
        numbered.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
        let values = json!({
            "image": { "registry": "registry.example" },
            "webhook": { "url": self.service.url() },
            // They are there already: the policies were made first.
            "crds": { "enabled": false },
        });
        self.release.install(None, &values).await.map(drop)
    }

    pub(crate) async fn version(&self) -> Result<String> {
        let client = self.control_plane.client(Identity::Admin, "default").await?;
        let version = client.apiserver_version().await.context("the API server says no version")?;
        Ok(version.git_version.trim_start_matches('v').to_owned())
    }
}
