//! Where the operator is, and how it was told to run.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::ListParams;
use kube::{Api, Client, ResourceExt};

/// By which the chart's operator is found, whatever its release is called.
const OURS: &str = "app.kubernetes.io/part-of=riskgate,app.kubernetes.io/component=operator";
/// By which its version is told.
const VERSION: &str = "app.kubernetes.io/version";

/// An installed operator.
#[derive(Debug)]
pub(crate) struct Operator {
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// Empty where its label is missing.
    pub(crate) version: String,
    pub(crate) replicas: i32,
    pub(crate) available: i32,
    /// The ServiceAccount that it runs as.
    pub(crate) account: String,
    arguments: Vec<String>,
}

/// Every operator of the cluster.
pub(crate) async fn operators(client: &Client) -> kube::Result<Vec<Operator>> {
    let deployments: Api<Deployment> = Api::all(client.clone());
    let found = deployments.list(&ListParams::default().labels(OURS)).await?;
    Ok(found.into_iter().map(Operator::of).collect())
}

impl Operator {
    /// What a Deployment says of it.
    pub(crate) fn of(deployment: Deployment) -> Self {
        let (namespace, name) = (deployment.namespace().unwrap_or_default(), deployment.name_any());
        let version = deployment.labels().get(VERSION).cloned().unwrap_or_default();
        let available = deployment.status.and_then(|status| status.available_replicas).unwrap_or(0);
        let spec = deployment.spec.unwrap_or_default();
        let pod = spec.template.spec.unwrap_or_default();
        let arguments = pod.containers.into_iter().flat_map(|container| container.args.unwrap_or_default());
        Self {
            namespace,
            name,
            version,
            available,
            replicas: spec.replicas.unwrap_or(1),
            account: pod.service_account_name.unwrap_or_else(|| "default".to_owned()),
            arguments: arguments.collect(),
        }
    }

    /// The value of one of its flags, or what it is without.
    pub(crate) fn flag(&self, name: &str, default: &str) -> String {
        let prefix = format!("--{name}=");
        let given = self.arguments.iter().find_map(|argument| argument.strip_prefix(&prefix));
        given.unwrap_or(default).to_owned()
    }

    /// Whether one of its flags that take no value is set.
    pub(crate) fn switched(&self, name: &str) -> bool {
        let flag = format!("--{name}");
        self.arguments.contains(&flag)
    }

    /// The Lease of its leader.
    pub(crate) async fn lease(&self, client: &Client) -> kube::Result<Option<Lease>> {
        let leases: Api<Lease> = Api::namespaced(client.clone(), &self.namespace);
        leases.get_opt(&self.flag("lease", "riskgate-operator")).await
    }
}

/// The replica that holds a Lease, while it renews it.
pub(crate) fn leader(lease: &Lease, now: jiff::Timestamp) -> Result<String, String> {
    let spec = lease.spec.clone().unwrap_or_default();
    let Some(holder) = spec.holder_identity.filter(|holder| !holder.is_empty()) else {
        return Err("nobody holds it".to_owned());
    };
    let seconds = i64::from(spec.lease_duration_seconds.unwrap_or(0));
    let since = spec.renew_time.map_or(i64::MAX, |renewed| now.duration_since(renewed.0).as_secs());
    // Clocks of two machines may differ.
    if since > seconds + 5 {
        return Err(format!("{holder} holds it, and last renewed it {since} s ago"));
    }
    Ok(holder)
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};
    use serde_json::json;

    use super::*;

    fn lease(holder: &str, renewed: Timestamp) -> Lease {
        let spec = json!({ "holderIdentity": holder, "leaseDurationSeconds": 15, "renewTime": renewed });
        serde_json::from_value(json!({ "metadata": {}, "spec": spec })).unwrap()
    }

    #[test]
    fn a_leader_is_who_renews_the_lease() {
        let now = Timestamp::now();
        let ago = |seconds| now - SignedDuration::from_secs(seconds);
        assert_eq!(leader(&lease("a", ago(14)), now), Ok("a".to_owned()));
        assert!(leader(&lease("a", ago(60)), now).unwrap_err().contains("60 s ago"));
        assert!(leader(&lease("", ago(1)), now).is_err());
        assert!(leader(&Lease::default(), now).is_err());
    }
}
