//! What an answer needs to know: from the watches, and from the API server itself where they could be behind. A pod that is
//! made a moment after its policy is not refused, and one that is made a moment after its namespace's label not let in bare.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::Namespace;
use kube::core::PartialObjectMeta;
use kube::runtime::reflector::ObjectRef;
use kube::{Api, Client, ResourceExt};
use tokio::time::timeout;

use crate::watches::{GuardedPolicy, PolicyKey, Watches};

/// The longest that the API server is waited for: it waits for us, meanwhile.
const LIMIT: Duration = Duration::from_secs(3);
/// The longest name of an object.
const LONGEST_NAME: usize = 253;

/// Why something could not be found out.
#[derive(Debug, thiserror::Error)]
pub(super) enum LookupError {
    /// The API server.
    #[error("cannot ask the API server for {what}: {error}; try again")]
    Kube {
        /// What was looked for.
        what: String,
        /// What it answered.
        error: kube::Error,
    },
    /// Its answer took too long.
    #[error("the API server did not answer within {LIMIT:?} for {what}; try again")]
    Slow {
        /// What was looked for.
        what: String,
    },
}

/// Finds policies and namespaces.
pub(super) struct Lookup {
    pub(super) client: Client,
    pub(super) watches: Watches,
}

impl Lookup {
    /// A policy, as the watch shows it.
    pub(super) fn watched(&self, key: &PolicyKey) -> Option<Arc<GuardedPolicy>> {
        self.watches.policies.get(&ObjectRef::new(&key.name).within(&key.namespace))
    }

    /// A policy, as the API server has it now.
    ///
    /// # Errors
    /// [`LookupError`].
    pub(super) async fn policy(&self, key: &PolicyKey) -> Result<Option<Arc<GuardedPolicy>>, LookupError> {
        // Both become parts of a path, and anybody can write anything into an annotation.
        if !is_name(&key.name) || !is_name(&key.namespace) {
            return Ok(None);
        }
        let api: Api<GuardedPolicy> = Api::namespaced(self.client.clone(), &key.namespace);
        let what = || format!("RiskPolicy {key}");
        asked(what, api.get_opt(&key.name)).await.map(|policy| policy.map(Arc::new))
    }

    /// The names of a namespace's policies.
    pub(super) fn names(&self, namespace: &str) -> Vec<String> {
        let policies = self.watches.policies.state();
        let here = policies.iter().filter(|it| it.namespace().as_deref() == Some(namespace));
        here.map(|policy| policy.name_any()).collect()
    }

    /// riskgate's labels of a namespace, as the watch shows them.
    pub(super) fn watched_labels(&self, namespace: &str) -> Option<BTreeMap<String, String>> {
        self.watches.namespaces.get(&ObjectRef::new(namespace)).map(|it| it.labels().clone())
    }

    /// The labels of a namespace, as the API server has them now. One that is gone has none.
    ///
    /// # Errors
    /// [`LookupError`].
    pub(super) async fn labels(&self, namespace: &str) -> Result<BTreeMap<String, String>, LookupError> {
        if !is_name(namespace) {
            return Ok(BTreeMap::new());
        }
        let api: Api<Namespace> = Api::all(self.client.clone());
        let what = || format!("namespace {namespace}");
        let found: Option<PartialObjectMeta<Namespace>> =
            asked(what, api.get_metadata_opt(namespace)).await?;
        Ok(found.map(|it| it.labels().clone()).unwrap_or_default())
    }
}

async fn asked<T>(
    what: impl Fn() -> String,
    asking: impl Future<Output = Result<T, kube::Error>>,
) -> Result<T, LookupError> {
    let answer = timeout(LIMIT, asking).await.map_err(|_| LookupError::Slow { what: what() })?;
    answer.map_err(|error| LookupError::Kube { what: what(), error })
}

/// Whether a text can be the name of an object: a subdomain of RFC 1123.
fn is_name(text: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let part = |part: &str| {
        let bytes = part.as_bytes();
        let ends = [bytes.first(), bytes.last()];
        ends.into_iter().all(|end| end.is_some_and(|byte| is_inner(*byte)))
            && bytes.iter().all(|byte| is_inner(*byte) || *byte == b'-')
    };
    text.len() <= LONGEST_NAME && text.split('.').all(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_become_paths() {
        for name in ["retail", "a", "a-b.c", "0"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", ".", "a/b", "../secrets", "A", "a..b", "-a", "a-", "a b", "å", "a?b", "a%2f"] {
            assert!(!is_name(name), "{name}");
        }
        assert!(!is_name(&"a".repeat(254)));
    }
}
