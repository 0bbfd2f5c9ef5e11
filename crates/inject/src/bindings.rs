//! What a policy binds a pod to: the Secrets and ConfigMaps that its sidecar mounts, and the ports that it takes. All else
//! in a policy reaches running pods through the ConfigMap.

use std::collections::{BTreeMap, BTreeSet};

use riskgate_api::RiskPolicySpec;
use riskgate_api::compile::free_ports;
use riskgate_core::config::Ports;
use riskgate_core::hex;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::reason::{Notice, Reason};
use crate::references::{Kind, Reference, references};

/// What a policy binds a pod to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bindings {
    /// The policy's namespace.
    pub namespace: String,
    /// The policy.
    pub policy: String,
    /// Ports of the sidecar's own endpoints.
    pub ports: Ports,
    /// Where it listens for the application, in the order of the policy.
    pub listeners: Vec<Listener>,
    /// Where it listens for webhooks: the field of the policy, and the port.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub webhooks: Vec<(String, u16)>,
    /// The Secrets, with the keys that are mounted of each.
    pub secrets: BTreeMap<String, BTreeSet<String>>,
    /// The ConfigMaps, with the keys that are mounted of each; the configuration's own is not among them.
    pub config_maps: BTreeMap<String, BTreeSet<String>>,
    /// The claims with databases.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub databases: BTreeSet<String>,
}

/// A listener for one provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listener {
    /// The provider's entry in the policy.
    pub provider: String,
    /// The port on loopback.
    pub port: u16,
    /// The variables that point an application at it.
    pub env: Vec<String>,
}

impl Listener {
    /// What the variables are set to.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Bindings {
    /// The bindings of a policy.
    ///
    /// # Errors
    ///
    /// [`Reason::PolicyUnusable`] where a port is 0: a pod needs ports that are known before it starts.
    pub fn of(namespace: &str, policy: &str, spec: &RiskPolicySpec) -> Result<Self, Notice> {
        let free = free_ports(spec);
        if !free.is_empty() {
            let fields = free.join(", ");
            let message = format!(
                "policy {namespace}/{policy} takes a free port in {fields}; in a cluster a port must be known: write a number above 0"
            );
            return Err(Notice::new(Reason::PolicyUnusable, message));
        }
        let mut bindings = Self {
            namespace: namespace.to_owned(),
            policy: policy.to_owned(),
            ports: spec.ports,
            listeners: Vec::new(),
            webhooks: Vec::new(),
            secrets: BTreeMap::new(),
            config_maps: BTreeMap::new(),
            databases: BTreeSet::new(),
        };
        for (index, entry) in spec.providers.iter().enumerate() {
            bindings.listeners.push(Listener {
                provider: entry.name.clone(),
                port: entry.listen.port,
                env: entry.listen.env.clone(),
            });
            if let Some(webhook) = entry.tic_identity.as_ref().and_then(|tic| tic.webhook.as_ref()) {
                let field = format!("spec.providers[{index}].ticIdentity.webhook.listen.port");
                bindings.webhooks.push((field, webhook.listen.port));
            }
        }
        for Reference { field: _, kind, name, holds } in references(spec) {
            let keys = holds.keys().into_iter().map(str::to_owned);
            match kind {
                Kind::Secret => bindings.secrets.entry(name).or_default().extend(keys),
                Kind::ConfigMap => bindings.config_maps.entry(name).or_default().extend(keys),
                Kind::Claim => {
                    bindings.databases.insert(name);
                }
            }
        }
        Ok(bindings)
    }

    /// The ports that the sidecar takes in the pod, by the field of the policy that names them.
    #[must_use]
    pub fn taken(&self) -> Vec<(String, u16)> {
        let own = [
            ("spec.ports.admin".to_owned(), self.ports.admin),
            ("spec.ports.health".to_owned(), self.ports.health),
        ];
        let listeners = self.listeners.iter().enumerate();
        let listeners =
            listeners.map(|(index, it)| (format!("spec.providers[{index}].listen.port"), it.port));
        own.into_iter().chain(listeners).chain(self.webhooks.iter().cloned()).collect()
    }

    /// A hash over all of it. A pod whose [`Status`](crate::Status) has another one is outdated.
    #[must_use]
    pub fn hash(&self) -> String {
        let mut sorted = self.clone();
        sorted.listeners.sort_by_key(|it| it.port);
        // Serialising this type to memory cannot fail: no map has keys that are not text.
        let canonical = serde_json::to_vec(&sorted).unwrap_or_default();
        hex::prefixed("sha256:", &Sha256::digest(&canonical))
    }
}

#[cfg(test)]
mod tests;
