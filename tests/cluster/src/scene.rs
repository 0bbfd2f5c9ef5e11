//! What one test works in.

use std::sync::Arc;

use anyhow::{Context, Result};
use harness::{PATIENCE, eventually};
use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use kube::api::{ObjectMeta, PostParams};
use kube::{Api, Client, Resource, ResourceExt};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{ControlPlane, Identity, Kubectl};

/// A namespace of the test's own on the shared control plane.
pub struct Scene {
    /// The control plane, shared with other tests.
    pub control_plane: Arc<ControlPlane>,
    /// The namespace.
    pub namespace: String,
    /// May do everything.
    pub client: Client,
}

impl Scene {
    /// Makes the namespace, and waits for what Kubernetes puts into it.
    ///
    /// # Errors
    /// When the API server or the controller manager does not answer.
    pub async fn set(control_plane: Arc<ControlPlane>) -> Result<Self> {
        let client = control_plane.client(Identity::Admin, "default").await?;
        let wanted = Namespace {
            metadata: ObjectMeta { generate_name: Some("test-".to_owned()), ..ObjectMeta::default() },
            ..Namespace::default()
        };
        let made = Api::<Namespace>::all(client.clone()).create(&PostParams::default(), &wanted).await?;
        let scene = Self { control_plane, namespace: made.name_any(), client };
        // Pods are refused until their account exists.
        let accounts: Api<ServiceAccount> = scene.api();
        eventually("the default account", PATIENCE, || async { Ok(accounts.get("default").await?) }).await?;
        Ok(scene)
    }

    /// Objects of a kind in the namespace.
    #[must_use]
    pub fn api<K>(&self) -> Api<K>
    where
        K: Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// Creates an object in the namespace from what a manifest would say.
    ///
    /// # Errors
    /// When it is not of the kind, or the API server refuses it.
    pub async fn create<K>(&self, manifest: serde_json::Value) -> Result<K>
    where
        K: Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()>
            + Clone
            + std::fmt::Debug
            + Serialize
            + DeserializeOwned,
    {
        let object: K = serde_json::from_value(manifest).context("not of this kind")?;
        Ok(self.api().create(&PostParams::default(), &object).await?)
    }

    /// kubectl in the namespace, with every right.
    ///
    /// # Errors
    /// When no certificate can be made.
    pub fn kubectl(&self) -> Result<Kubectl> {
        self.control_plane.kubectl(Identity::Admin, &self.namespace)
    }
}
