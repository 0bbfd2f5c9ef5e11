//! riskgate in a cluster, check by check.

mod asked;
mod definition;
mod operator;
mod pods;
mod policies;
mod rights;
mod webhooks;

use super::report::Check;
use crate::cluster::{Cluster, told};

/// The oldest Kubernetes in which native sidecars are stable.
const OLDEST: (u32, u32) = (1, 33);

/// Every check, in an order in which one that failed explains the ones below it.
pub(super) async fn checks(cluster: &Cluster) -> Vec<Check> {
    let server = server(cluster).await;
    let reached = server.hint.is_none();
    let mut checks = vec![server];
    if !reached {
        return checks;
    }
    checks.push(definition::check(cluster).await);
    let operator = operator::find(cluster, &mut checks).await;
    if let Some(operator) = &operator {
        checks.push(operator::leads(cluster, operator).await);
        checks.push(rights::check(cluster, operator).await);
    }
    webhooks::check(cluster, &mut checks).await;
    let excluded = operator.as_ref().map(|operator| operator.namespace.as_str());
    checks.extend(asked::checks(cluster, excluded).await);
    let policies = policies::check(cluster, &mut checks).await;
    if let Some(policies) = policies {
        pods::check(cluster, &policies, &mut checks).await;
    }
    checks
}

async fn server(cluster: &Cluster) -> Check {
    let name = "api-server";
    let info = match cluster.client.apiserver_version().await {
        Ok(info) => info,
        Err(error) => {
            return Check::failed(
                name,
                told(&error),
                "look at the kubeconfig, with kubectl version; --context NAME takes another",
            );
        }
    };
    let seen = format!("Kubernetes {}", info.git_version);
    // Some add a sign, such as 33+.
    let number =
        |text: &str| text.trim_end_matches(|c: char| !c.is_ascii_digit()).parse::<u32>().unwrap_or(0);
    if (number(&info.major), number(&info.minor)) < OLDEST {
        let hint = "use Kubernetes 1.33 or newer: the sidecar is a native one";
        return Check::failed(name, seen, hint);
    }
    Check::passed(name, seen)
}

/// What could not be asked is no proof that anything is wrong.
fn unasked(check: impl Into<String>, error: &kube::Error) -> Check {
    let hint = "ask with rights of a cluster administrator, or --namespace NAME for one namespace";
    Check::warned(check, format!("it could not be asked: {}", told(error)), hint)
}
