//! Which pods are not as they would be injected today, and why.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Pod;

use super::unasked;
use crate::cluster::pods::{Judged, Policies, Standing, judge, lives};
use crate::cluster::{Cluster, text};
use crate::commands::check::report::{Check, Grade};

/// How many pods of one kind are named.
const NAMED: usize = 3;

pub(super) async fn check(cluster: &Cluster, policies: &Policies, checks: &mut Vec<Check>) {
    let (pods, namespaces) = match (cluster.list::<Pod>().await, cluster.namespaces().await) {
        (Ok(pods), Ok(namespaces)) => (pods, namespaces),
        (Err(error), _) | (_, Err(error)) => return checks.push(unasked("pods", &error)),
    };
    let none = BTreeMap::new();
    let found = pods.iter().filter(|pod| lives(pod)).map(|pod| {
        let namespace = text(pod, "/metadata/namespace").to_owned();
        let labels = namespaces.get(&namespace).unwrap_or(&none);
        let judged = judge(pod, &namespace, labels, policies);
        (text(pod, "/metadata/name").to_owned(), judged, namespace)
    });
    let found: Vec<_> = found.collect();
    let current = found.iter().filter(|(_, judged, _)| judged.standing == Standing::Current).count();
    checks.push(Check::passed("pods", format!("{current} carry the sidecar as it would be injected today")));
    checks.extend(others(found));
}

/// One check for all the pods of a namespace that are told the same.
fn others(found: Vec<(String, Judged, String)>) -> Vec<Check> {
    let mut groups: BTreeMap<(String, String, String), (Judged, Vec<String>)> = BTreeMap::new();
    for (name, judged, namespace) in found {
        if matches!(judged.standing, Standing::Current | Standing::NotOptedIn) {
            continue;
        }
        let key = (namespace, judged.policy.clone().unwrap_or_default(), judged.reason.clone());
        groups.entry(key).or_insert_with(|| (judged, Vec::new())).1.push(name);
    }
    let check = |((namespace, _, reason), (judged, names)): ((String, _, String), (Judged, Vec<String>))| {
        let more = names.len().saturating_sub(NAMED);
        let mut listed = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        if more > 0 {
            listed.push_str(&format!(" and {more} more"));
        }
        let policy = judged.policy.as_ref().map(|policy| format!(", policy {policy}")).unwrap_or_default();
        let what = match judged.standing {
            Standing::Outdated => "outdated",
            Standing::Missing => "without a sidecar",
            Standing::Refused => "would be refused today",
            _ => "skipped",
        };
        let result = if judged.standing == Standing::Skipped { Grade::Passed } else { Grade::Warned };
        let hint = Some(judged.message);
        Check {
            check: format!("pods {namespace}/{listed}"),
            result,
            seen: format!("{what}, {reason}{policy}"),
            hint,
        }
    };
    groups.into_iter().map(check).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_of_one_kind_are_one_line() {
        let judged = |standing, reason: &str| Judged {
            standing,
            policy: Some("retail".to_owned()),
            reason: reason.to_owned(),
            message: "make it anew".to_owned(),
        };
        let outdated =
            |name: &str| (name.to_owned(), judged(Standing::Outdated, "BindingsChanged"), "shop".to_owned());
        let mut found: Vec<_> = ["a", "b", "c", "d", "e"].map(outdated).into();
        found.push(("f".to_owned(), judged(Standing::Current, "Injected"), "shop".to_owned()));
        found.push(("g".to_owned(), judged(Standing::Skipped, "OptedOut"), "shop".to_owned()));
        let checks = others(found);
        let lines: Vec<_> =
            checks.iter().map(|it| (it.check.as_str(), it.result, it.seen.as_str())).collect();
        let wanted = [
            ("pods shop/a, b, c and 2 more", Grade::Warned, "outdated, BindingsChanged, policy retail"),
            ("pods shop/g", Grade::Passed, "skipped, OptedOut, policy retail"),
        ];
        assert_eq!(lines, wanted);
    }
}
