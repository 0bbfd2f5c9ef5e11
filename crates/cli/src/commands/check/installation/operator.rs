//! Whether the operator runs, and one of its replicas leads.

use jiff::Timestamp;

use super::unasked;
use crate::cluster::{Cluster, Operator, leader, operators};
use crate::commands::check::report::Check;

/// This command's version; chart, operator and command are released together.
const OURS: &str = env!("CARGO_PKG_VERSION");

/// The operator, and what is to be said of it.
pub(super) async fn find(cluster: &Cluster, checks: &mut Vec<Check>) -> Option<Operator> {
    let mut found = match operators(&cluster.client).await {
        Ok(found) => found,
        Err(error) => {
            checks.push(unasked("operator", &error));
            return None;
        }
    };
    let first = found.pop();
    checks.push(match &first {
        None => Check::failed(
            "operator",
            "there is none",
            "install riskgate's chart, which labels its Deployment",
        ),
        Some(operator) if !found.is_empty() => {
            let all = found.iter().chain([operator]).map(|it| format!("{}/{}", it.namespace, it.name));
            let seen = format!("several write the same policies: {}", all.collect::<Vec<_>>().join(", "));
            Check::failed("operator", seen, "uninstall all of them but one; each sees every namespace")
        }
        Some(operator) => runs(operator),
    });
    first
}

fn runs(operator: &Operator) -> Check {
    let Operator { namespace, name, version, replicas, available, .. } = operator;
    let seen = format!("{namespace}/{name} {version}: {available} of {replicas} replicas are available");
    let look = format!("look with kubectl --namespace {namespace} describe deployment {name}");
    if *available == 0 {
        return Check::failed("operator", seen, look);
    }
    if available < replicas {
        return Check::warned("operator", seen, look);
    }
    if version != OURS {
        let hint = format!(
            "this command is {OURS}: what it says of pods and policies may not be what that operator does"
        );
        return Check::warned("operator", seen, hint);
    }
    Check::passed("operator", seen)
}

/// Whether one of its replicas holds the Lease.
pub(super) async fn leads(cluster: &Cluster, operator: &Operator) -> Check {
    let lease = match operator.lease(&cluster.client).await {
        Ok(lease) => lease.unwrap_or_default(),
        Err(error) => return unasked("lease", &error),
    };
    match leader(&lease, Timestamp::now()) {
        Ok(holder) => Check::passed("lease", format!("{holder} leads")),
        Err(seen) => {
            let hint = format!(
                "changes of policies reach no pod; look with kubectl --namespace {} logs deployment/{}",
                operator.namespace, operator.name
            );
            Check::failed("lease", seen, hint)
        }
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::apps::v1::Deployment;
    use serde_json::json;

    use super::*;
    use crate::commands::check::report::Grade;

    #[test]
    fn replicas_that_are_away_are_told() {
        for (available, version, grade) in [
            (2, OURS, Grade::Passed),
            (1, OURS, Grade::Warned),
            (0, OURS, Grade::Failed),
            (2, "9.9.9", Grade::Warned),
        ] {
            let deployment: Deployment = serde_json::from_value(json!({
                "metadata": { "name": "o", "namespace": "n", "labels": { "app.kubernetes.io/version": version } },
                "spec": { "replicas": 2, "selector": {}, "template": { "spec": { "containers": [] } } },
                "status": { "availableReplicas": available },
            }))
            .unwrap();
            assert_eq!(runs(&Operator::of(deployment)).result, grade, "{available} {version}");
        }
    }
}
