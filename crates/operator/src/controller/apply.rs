//! Step 4: the cluster is made to hold what was built. Server-side apply, and only where something differs.

use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Patch, PatchParams};
use kube::{Api, ResourceExt};

use super::build::{Applied, Prepared, Resources};
use super::context::WrittenMap;
use super::dereference::Found;
use super::{Context, said};
use crate::names::CONFIG_MANAGER;
use crate::reason::Reason;
use crate::watches::PolicyKey;

/// Why what was built does not stand in the cluster.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApplyError {
    /// Somebody else's ConfigMap has the name.
    #[error("ConfigMap {0} is there already and is not riskgate's; rename it, or the policy")]
    NameTaken(String),
    /// The API server did not take it.
    #[error("the API server did not take ConfigMap {name}: {}", said(.error))]
    Refused {
        /// The ConfigMap.
        name: String,
        /// What it answered.
        error: kube::Error,
    },
}

impl ApplyError {
    /// The error as conditions and metrics name it.
    pub(super) fn reason(&self) -> Reason {
        match self {
            Self::NameTaken(_) => Reason::NameTaken,
            Self::Refused { .. } => Reason::ApplyFailed,
        }
    }
}

/// # Errors
/// [`ApplyError`].
pub(super) async fn apply(
    key: &PolicyKey,
    prepared: Resources<Prepared>,
    found: &Found,
    context: &Context,
) -> Result<Resources<Applied>, ApplyError> {
    let name = prepared.state.config_map.name_any();
    let before = match found {
        Found::Foreign => return Err(ApplyError::NameTaken(name)),
        Found::Nothing => None,
        Found::Ours { version } => version.clone(),
    };
    if context
        .written(key)
        .config_map
        .is_some_and(|written| stands(&written, &prepared.revision, before.as_ref()))
    {
        return Ok(prepared.applied(false));
    }
    let api: Api<ConfigMap> = Api::namespaced(context.client.clone(), &key.namespace);
    let params = PatchParams::apply(CONFIG_MANAGER).force();
    match api.patch_metadata(&name, &params, &Patch::Apply(&prepared.state.config_map)).await {
        Ok(applied) => {
            let after = applied.resource_version().unwrap_or_default();
            let revision = prepared.revision.clone();
            tracing::info!(policy = %key, config_map = name, revision, "configuration applied");
            let changed = before.as_ref() != Some(&after);
            context.wrote_map(key, WrittenMap { revision, before, after });
            Ok(prepared.applied(changed))
        }
        Err(error) => Err(ApplyError::Refused { name, error }),
    }
}

/// Whether the ConfigMap stands as it was last written, or the watch has not shown that write yet.
fn stands(written: &WrittenMap, revision: &str, seen: Option<&String>) -> bool {
    written.revision == revision
        && seen.is_some_and(|seen| *seen == written.after || Some(seen) == written.before.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_written_again() {
        let written =
            WrittenMap { revision: "a".to_owned(), before: Some("1".to_owned()), after: "2".to_owned() };
        let seen = ["1", "2", "3"].map(str::to_owned);
        assert!(stands(&written, "a", Some(&seen[1])));
        // The watch is behind.
        assert!(stands(&written, "a", Some(&seen[0])));
        // Somebody wrote after us, or deleted it.
        assert!(!stands(&written, "a", Some(&seen[2])));
        assert!(!stands(&written, "a", None));
        // The policy changed.
        assert!(!stands(&written, "b", Some(&seen[1])));
        // Deleted, and there was none before we wrote either.
        assert!(!stands(&WrittenMap { before: None, ..written }, "a", None));
    }
}
