//! A part of step 1, where the operator may (`--verify-secret-refs`): the Secrets and ConfigMaps that a policy names, before a
//! sidecar stumbles over them. Each is got by its name, judged and forgotten; what goes on is the verdict, which holds nothing
//! of their contents. They are asked for again and again rather than watched: docs/adr/0017-verified-references.md says why.

mod contents;
mod judge;
mod memory;

use std::collections::HashMap;
use std::time::Duration;

use futures_util::future;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{Api, Resource};
use riskgate_api::RiskPolicy;
use riskgate_inject::references::{Kind, Reference, references};

use super::{Context, said};
use crate::watches::PolicyKey;
use contents::Entries;

#[cfg(test)]
pub(super) use judge::Fault;
pub(super) use judge::Verdict;
pub(super) use memory::Memory;

/// What is known of the objects that a policy names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Looked {
    /// Nothing: the operator is not to look.
    Unasked,
    /// Nothing: the API server does not let it look, with what it said.
    Forbidden(String),
    /// What they are worth.
    At(Verdict),
}

/// The objects by kind and name, with what they hold; none where there is no such object.
type Objects = HashMap<(Kind, String), Option<Entries>>;

/// Looks, or remembers what was seen when it was looked last.
///
/// # Errors
/// When the API server does not answer.
pub(super) async fn look(
    key: &PolicyKey,
    policy: &RiskPolicy,
    every: Duration,
    context: &Context,
) -> Result<Looked, kube::Error> {
    let of = (policy.meta().uid.clone(), policy.meta().generation);
    if let Some(looked) = context.verified.recall(key, &of) {
        return Ok(looked);
    }
    let references = references(&policy.spec);
    let now = Timestamp::now();
    let looked = match objects(&references, key, context).await {
        Ok(objects) => Looked::At(judge::judge(&references, &objects, now)),
        Err(kube::Error::Api(status)) if status.is_forbidden() => Looked::Forbidden(format!(
            "{}; the chart's rbac.verifySecretRefs gives the right to look, or leave --verify-secret-refs out",
            said(&kube::Error::Api(status))
        )),
        Err(error) => return Err(error),
    };
    context.verified.keep(key, of, &looked, every, now);
    Ok(looked)
}

/// Every object once, however often it is named.
async fn objects(
    references: &[Reference],
    key: &PolicyKey,
    context: &Context,
) -> Result<Objects, kube::Error> {
    let mut names: Vec<(Kind, &str)> = references.iter().map(|it| (it.kind, it.name.as_str())).collect();
    names.sort_unstable();
    names.dedup();
    // A claim's databases cannot be read from here.
    names.retain(|(kind, _)| *kind != Kind::Claim);
    let got = names.into_iter().map(|(kind, name)| async move {
        Ok::<_, kube::Error>(((kind, name.to_owned()), entries(kind, name, key, context).await?))
    });
    Ok(future::try_join_all(got).await?.into_iter().collect())
}

async fn entries(
    kind: Kind,
    name: &str,
    key: &PolicyKey,
    context: &Context,
) -> Result<Option<Entries>, kube::Error> {
    let (client, namespace) = (context.client.clone(), key.namespace.as_str());
    Ok(match kind {
        Kind::Secret => {
            let secret = Api::<Secret>::namespaced(client, namespace).get_opt(name).await?;
            secret.map(|secret| Entries::of(secret.data, None))
        }
        Kind::ConfigMap => {
            let map = Api::<ConfigMap>::namespaced(client, namespace).get_opt(name).await?;
            map.map(|map| Entries::of(map.binary_data, map.data))
        }
        Kind::Claim => None,
    })
}
