//! Whether the cluster's RiskPolicy is that of this version.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{Api, ResourceExt};
use riskgate_api::schema;

use super::unasked;
use crate::cluster::Cluster;
use crate::commands::check::report::Check;

const NAME: &str = "definition";
/// What makes it so.
const UPGRADE: &str = "run helm upgrade with crds.enabled: true and the chart of this command's version; or take the riskgate command of \
                       the version that is installed";

pub(super) async fn check(cluster: &Cluster) -> Check {
    let wanted = schema::crd();
    let name = wanted.name_any();
    let definitions: Api<CustomResourceDefinition> = Api::all(cluster.client.clone());
    match definitions.get_opt(&name).await {
        Ok(Some(found)) => compare(&wanted, &found),
        Ok(None) => Check::failed(
            NAME,
            format!("there is no {name}"),
            "install riskgate's chart with crds.enabled: true",
        ),
        Err(error) => unasked(NAME, &error),
    }
}

fn compare(wanted: &CustomResourceDefinition, found: &CustomResourceDefinition) -> Check {
    let conditions = found.status.iter().flat_map(|status| status.conditions.iter().flatten());
    let is = |kind: &str| conditions.clone().any(|it| it.type_ == kind && it.status == "True");
    if !is("Established") {
        return Check::failed(
            NAME,
            "the API server does not serve it yet",
            "look with kubectl describe crd riskpolicies.riskgate.dev",
        );
    }
    for version in &wanted.spec.versions {
        let Some(served) = found.spec.versions.iter().find(|it| it.name == version.name) else {
            return Check::failed(NAME, format!("{} is not among its versions", version.name), UPGRADE);
        };
        if !served.served {
            return Check::failed(NAME, format!("{} is not served", version.name), UPGRADE);
        }
        if served.schema != version.schema {
            let seen = format!("the schema of {} is of another version of riskgate", version.name);
            return Check::failed(NAME, seen, UPGRADE);
        }
    }
    Check::passed(NAME, "RiskPolicy is served, with the schema of this version")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::commands::check::report::Grade;

    #[test]
    fn another_schema_is_seen() {
        let wanted = schema::crd();
        let mut found = wanted.clone();
        assert_eq!(compare(&wanted, &found).seen, "the API server does not serve it yet");
        let established = json!({ "conditions": [{ "type": "Established", "status": "True", "lastTransitionTime": null,
            "reason": "", "message": "" }] });
        found.status = serde_json::from_value(established).unwrap();
        assert_eq!(compare(&wanted, &found).result, Grade::Passed);
        found.spec.versions[0].served = false;
        assert_eq!(compare(&wanted, &found).seen, "v1alpha1 is not served");
        found.spec.versions[0].served = true;
        found.spec.versions[0].schema = None;
        assert!(compare(&wanted, &found).seen.contains("another version"));
    }
}
