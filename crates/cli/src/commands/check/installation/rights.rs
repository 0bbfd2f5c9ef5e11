//! Whether the operator has every right that it needs: the API server is asked, rule by rule of the roles that ship.

use k8s_openapi::api::authorization::v1::{ResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec};
use kube::Api;
use kube::api::PostParams;
use serde::Deserialize;

use super::unasked;
use crate::cluster::{Cluster, Operator};
use crate::commands::check::report::Check;

/// The roles that ship.
const ROLES: &str = include_str!("../../../../../operator/rbac.yaml");
/// The roles that come with a flag.
const WIDENINGS: [(&str, &str); 2] = [
    ("nudge-pods", include_str!("../../../../../operator/rbac-nudge-pods.yaml")),
    ("verify-secret-refs", include_str!("../../../../../operator/rbac-verify-secret-refs.yaml")),
];
const NAME: &str = "rights";

#[derive(Deserialize)]
struct Role {
    kind: String,
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    api_groups: Vec<String>,
    resources: Vec<String>,
    #[serde(default)]
    resource_names: Vec<String>,
    verbs: Vec<String>,
}

pub(super) async fn check(cluster: &Cluster, operator: &Operator) -> Check {
    let user = format!("system:serviceaccount:{}:{}", operator.namespace, operator.account);
    let wanted = wanted(operator);
    let reviews: Api<SubjectAccessReview> = Api::all(cluster.client.clone());
    let mut missing = Vec::new();
    for attributes in &wanted {
        let spec = SubjectAccessReviewSpec {
            resource_attributes: Some(attributes.clone()),
            user: Some(user.clone()),
            ..SubjectAccessReviewSpec::default()
        };
        let review = SubjectAccessReview { spec, ..SubjectAccessReview::default() };
        match reviews.create(&PostParams::default(), &review).await {
            Ok(answer) if answer.status.as_ref().is_some_and(|status| status.allowed) => {}
            Ok(_) => missing.push(said(attributes)),
            Err(error) => return unasked(NAME, &error),
        }
    }
    if missing.is_empty() {
        return Check::passed(NAME, format!("{user} has all {} that the operator uses", wanted.len()));
    }
    let hint =
        "run helm upgrade with the chart of this version, which holds its roles; or look at who changed them";
    Check::failed(NAME, format!("{user} may not {}", missing.join(", ")), hint)
}

/// The rights of an operator that runs as this one does.
fn wanted(operator: &Operator) -> Vec<ResourceAttributes> {
    let own = operator.flag("certificates", "self") == "self";
    let named = |name: &str| match name {
        "riskgate" => operator.flag("webhook-configuration", name),
        "riskgate-operator" => operator.flag("lease", name),
        "riskgate-webhook-ca" => operator.flag("certificate-secret", name),
        other => other.to_owned(),
    };
    let widened = WIDENINGS.into_iter().filter(|(flag, _)| operator.switched(flag)).map(|(_, roles)| roles);
    let roles = std::iter::once(ROLES).chain(widened).flat_map(serde_yaml::Deserializer::from_str);
    let mut wanted = Vec::new();
    for role in roles.filter_map(|document| Role::deserialize(document).ok()) {
        let namespace = (role.kind == "Role").then(|| operator.namespace.clone());
        for rule in &role.rules {
            let names: Vec<Option<String>> = match rule.resource_names.as_slice() {
                [] => vec![None],
                names => names.iter().map(|name| Some(named(name))).collect(),
            };
            for (group, resource, verb, name) in rule.each(&names) {
                if !own && is_of_own_authority(resource, verb) {
                    continue;
                }
                let (resource, subresource) = match resource.split_once('/') {
                    Some((resource, subresource)) => (resource, Some(subresource.to_owned())),
                    None => (resource, None),
                };
                wanted.push(ResourceAttributes {
                    group: Some(group.to_owned()),
                    resource: Some(resource.to_owned()),
                    subresource,
                    verb: Some(verb.to_owned()),
                    name: name.clone(),
                    namespace: namespace.clone(),
                    ..ResourceAttributes::default()
                });
            }
        }
    }
    wanted
}

impl Rule {
    /// Each right of it by itself.
    fn each<'a>(
        &'a self,
        names: &'a [Option<String>],
    ) -> impl Iterator<Item = (&'a str, &'a str, &'a str, &'a Option<String>)> {
        self.api_groups.iter().flat_map(move |group| {
            self.resources.iter().flat_map(move |resource| {
                let verbs = self.verbs.iter();
                verbs.flat_map(move |verb| {
                    names.iter().map(move |name| (group.as_str(), resource.as_str(), verb.as_str(), name))
                })
            })
        })
    }
}

/// What only an operator does that keeps its own CA.
fn is_of_own_authority(resource: &str, verb: &str) -> bool {
    resource.ends_with("webhookconfigurations")
        || (resource == "secrets" && ["create", "update"].contains(&verb))
}

fn said(attributes: &ResourceAttributes) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let name = attributes.name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
    format!("{} {}{name}", text(&attributes.verb), text(&attributes.resource))
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::apps::v1::Deployment;
    use serde_json::json;

    use super::*;

    fn rights(arguments: &[&str]) -> Vec<String> {
        let deployment: Deployment = serde_json::from_value(json!({
            "metadata": { "name": "o", "namespace": "n" },
            "spec": { "selector": {}, "template": { "spec": { "containers": [{ "name": "o", "args": arguments }] } } },
        }))
        .unwrap();
        wanted(&Operator::of(deployment)).iter().map(said).collect()
    }

    #[test]
    fn rights_are_those_of_the_installation() {
        let own = rights(&["--lease=other", "--webhook-configuration=gate"]);
        for right in [
            "list riskpolicies",
            "patch riskpolicies",
            "update leases other",
            "patch mutatingwebhookconfigurations gate",
        ] {
            assert!(own.contains(&right.to_owned()), "{right}: {own:?}");
        }
        for (flag, right) in [("--nudge-pods", "patch pods"), ("--verify-secret-refs", "get secrets")] {
            assert!(!own.contains(&right.to_owned()), "{right}: {own:?}");
            let widened = rights(&[flag]);
            assert!(widened.contains(&right.to_owned()), "{right}: {widened:?}");
        }
        let existing = rights(&["--certificates=existing-secret", "--certificate-secret=tls"]);
        assert!(existing.contains(&"watch secrets tls".to_owned()), "{existing:?}");
        assert!(
            !existing
                .iter()
                .any(|it| it.contains("webhookconfigurations") || it.starts_with("create secrets")),
            "{existing:?}"
        );
    }
}
