//! Whether API servers reach the webhooks, and trust what they show: they are made to call them, by dry runs that the webhooks
//! refuse. An answer of theirs is the proof that everything between is well.

use kube::Api;
use kube::api::{DynamicObject, PostParams};
use kube::core::ApiResource;
use riskgate_api::RiskPolicy;
use serde_json::{Value, json};

use super::unasked;
use crate::cluster::{Cluster, told};
use crate::commands::check::report::Check;

/// A policy that nobody has.
const NOBODYS: &str = "riskgate-check-asks-for-no-policy";

/// Something that a webhook refuses.
struct Question {
    check: &'static str,
    resource: ApiResource,
    object: Value,
    /// What only the webhook's refusal says.
    answer: &'static str,
}

/// Asks both kinds of webhooks in the namespace of the command line. `operator` is the operator's namespace, which they leave out.
pub(super) async fn checks(cluster: &Cluster, operator: Option<&str>) -> Vec<Check> {
    let pod = Question {
        check: "injection",
        resource: ApiResource::erase::<k8s_openapi::api::core::v1::Pod>(&()),
        object: json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": { "name": NOBODYS, "annotations": { "riskgate.dev/policy": NOBODYS } },
            "spec": { "containers": [{ "name": "none", "image": "none" }] },
        }),
        answer: "has no RiskPolicy",
    };
    // Legal to the schema: only the compiler knows that a pod's ports cannot be any.
    let policy = Question {
        check: "validation",
        resource: ApiResource::erase::<RiskPolicy>(&()),
        object: json!({
            "apiVersion": "riskgate.dev/v1alpha1",
            "kind": "RiskPolicy",
            "metadata": { "name": NOBODYS },
            "spec": {
                "ports": { "admin": 0 },
                "providers": [{ "name": "bankid", "listen": { "port": 15381 },
                    "bankIdSe": { "environment": "Test", "clientCertificateRefs": [{ "name": "none" }] } }],
                "flows": [{ "name": "login", "provider": "bankid", "operations": ["Auth"], "blockAt": "High",
                    "whenUnknown": "Block", "whenUnavailable": "Block" }],
            },
        }),
        answer: "known before it starts",
    };
    let mut checks = Vec::new();
    for question in [pod, policy] {
        let left_out = question.check == "injection"
            && (operator == Some(&cluster.namespace) || cluster.namespace == "kube-system");
        checks.push(if left_out {
            let seen = format!("pods of {} are never injected", cluster.namespace);
            Check::warned(question.check, seen, "ask in a namespace of applications, with --namespace NAME")
        } else {
            ask(cluster, &question).await
        });
    }
    checks
}

async fn ask(cluster: &Cluster, question: &Question) -> Check {
    let Question { check, resource, object, answer } = question;
    let api: Api<DynamicObject> = Api::namespaced_with(cluster.client.clone(), &cluster.namespace, resource);
    let object: DynamicObject = match serde_json::from_value(object.clone()) {
        Ok(object) => object,
        Err(error) => return Check::failed(*check, error.to_string(), "report this"),
    };
    let params = PostParams { dry_run: true, ..PostParams::default() };
    let error = match api.create(&params, &object).await {
        Ok(_) => {
            let seen = format!("the API server took what the webhook refuses, in {}", cluster.namespace);
            let hint = "it does not call the webhook: look at webhook.excludedNamespaces, and at the webhook configurations' selectors";
            return Check::failed(*check, seen, hint);
        }
        Err(error) => error,
    };
    let said = told(&error);
    if said.contains(answer) {
        return Check::passed(
            *check,
            format!("the API server asked in {}, and was answered", cluster.namespace),
        );
    }
    if said.contains("failed calling webhook") {
        return Check::failed(*check, said.clone(), why(&said));
    }
    if matches!(&error, kube::Error::Api(status) if status.code == 403) {
        return unasked(*check, &error);
    }
    Check::failed(
        *check,
        said,
        "something else refuses it first; ask in another namespace, with --namespace NAME",
    )
}

/// What an API server's failure comes from.
fn why(said: &str) -> &'static str {
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if has(&["x509", "certificate", "tls:"]) {
        "it does not trust the certificate: see the check certificates, and the log of the operator's leader"
    } else if has(&["no endpoints", "connection refused"]) {
        "no replica of the operator answers: see the check operator"
    } else if has(&["deadline", "timeout", "timed out", "no route", "unreachable"]) {
        "it does not reach the operator: look at firewalls between API server and nodes (private clusters let it reach only some ports: \
         webhook.port), at NetworkPolicies, or set webhook.url"
    } else {
        "look at the operator's log"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_of_the_api_server_says_where_to_look() {
        for (said, hint) in [
            (
                "tls: failed to verify certificate: x509: certificate signed by unknown authority",
                "certificates",
            ),
            (r#"Post "https://a": dial tcp: connect: connection refused"#, "the check operator"),
            (r#"no endpoints available for service "riskgate-webhook""#, "the check operator"),
            (r#"Post "https://a": context deadline exceeded"#, "webhook.port"),
            ("an error on the server", "log"),
        ] {
            assert!(why(said).contains(hint), "{said}");
        }
    }
}
