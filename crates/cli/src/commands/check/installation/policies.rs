//! Which policies are not in force as they stand.

use riskgate_api::RiskPolicy;

use super::unasked;
use crate::cluster::Cluster;
use crate::cluster::pods::Policies;
use crate::cluster::policies::{Known, policies};
use crate::commands::check::report::Check;

/// The specifications of policies that read; none where they cannot be asked for.
pub(super) async fn check(cluster: &Cluster, checks: &mut Vec<Check>) -> Option<Policies> {
    let found = match cluster.list::<RiskPolicy>().await {
        Ok(found) => policies(&found),
        Err(error) => {
            checks.push(unasked("policies", &error));
            return None;
        }
    };
    let ready = found.iter().filter(|policy| policy.ready).count();
    let seen = format!("{ready} of {} are ready", found.len());
    checks.push(match found.is_empty() {
        true => Check::warned(
            "policies",
            "there is none",
            "write one, and kubectl apply it: examples/ has some to start from",
        ),
        false => Check::passed("policies", seen),
    });
    for Known { namespace, name, reason, message, .. } in found.iter().filter(|policy| !policy.ready) {
        let hint = format!("kubectl --namespace {namespace} describe riskpolicy {name}");
        checks.push(Check::failed(
            format!("policy {namespace}/{name}"),
            format!("{reason}: {message}"),
            hint,
        ));
    }
    let read = found.into_iter().filter_map(|it| Some(((it.namespace, it.name), it.spec?)));
    Some(read.collect())
}
