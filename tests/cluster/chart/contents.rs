//! What a release holds, and what it must never hold.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use cluster::{Helm, Rendered};
use riskgate_inject::InjectorOptions;
use serde::Deserialize;
use serde_json::{Value, json};

use super::render;

/// Values that bring everything that there is.
fn everything() -> Value {
    json!({
        "monitoring": { "serviceMonitor": true, "podMonitor": true, "prometheusRule": true, "grafanaDashboard": true },
        "rbac": { "nudgePods": true, "verifySecretRefs": true },
    })
}

#[tokio::test]
async fn pods_satisfy_the_restricted_standard() -> Result<()> {
    let rendered = render(&everything()).await?;
    let mut pods = 0;
    for object in &rendered.objects {
        let Some(spec) = object.pointer("/spec/template/spec") else { continue };
        pods += 1;
        let of_pod = &spec["securityContext"];
        ensure!(
            of_pod["runAsNonRoot"] == true && of_pod["seccompProfile"]["type"] == "RuntimeDefault",
            "{of_pod}"
        );
        for host in ["hostNetwork", "hostPID", "hostIPC"] {
            ensure!(spec[host].is_null(), "{host}");
        }
        for container in spec["containers"].as_array().context("containers")? {
            let own = &container["securityContext"];
            ensure!(
                own["allowPrivilegeEscalation"] == false && own["readOnlyRootFilesystem"] == true,
                "{own}"
            );
            ensure!(own["capabilities"] == json!({ "drop": ["ALL"] }), "{own}");
            ensure!(container["resources"]["requests"]["memory"].is_string(), "{container}");
        }
    }
    ensure!(pods == 1, "{pods} pods");
    Ok(())
}

/// Keys and certificates are made in the cluster: one in the chart would be everybody's, or made anew at every render.
#[tokio::test]
async fn there_is_no_secret_and_no_certificate() -> Result<()> {
    let rendered = render(&everything()).await?;
    ensure!(rendered.of("Secret").next().is_none(), "a Secret");
    ensure!(!rendered.text.contains("caBundle:") && !rendered.text.contains("BEGIN "), "a certificate");
    Ok(())
}

/// To write a policy equals reading the namespace's Secrets (design section 7): no role that people have anyway may.
#[tokio::test]
async fn no_role_reaches_further_than_it_says() -> Result<()> {
    let rendered = render(&everything()).await?;
    for role in rendered.of("ClusterRole").chain(rendered.of("Role")) {
        ensure!(role["aggregationRule"].is_null(), "{role}");
        ensure!(!role["metadata"].to_string().contains("aggregate-to"), "{role}");
        ensure!(!role["rules"].to_string().contains("\"*\""), "{role}");
        for rule in role["rules"].as_array().context("rules")? {
            let secrets = rule["resources"].as_array().is_some_and(|all| all.contains(&json!("secrets")));
            let named = rule["resourceNames"].is_array() || rule["verbs"] == json!(["create"]);
            // The one that its value gives, and whose name says so.
            let name = role["metadata"]["name"].as_str().unwrap_or_default();
            let verifies = name.ends_with("-verify-secret-refs") && rule["verbs"] == json!(["get"]);
            ensure!(!secrets || verifies || (role["kind"] == "Role" && named), "{rule}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_definition_is_that_of_this_tree() -> Result<()> {
    let folder = harness::root().join("crds");
    let text = std::fs::read_to_string(folder.join("riskgate.dev_riskpolicies.yaml"))?;
    let document = serde_yaml::Deserializer::from_str(&text).next().context("no document")?;
    let wanted = Value::deserialize(document)?;
    for keep in [true, false] {
        let rendered = render(&json!({ "crds": { "keep": keep } })).await?;
        let crd = rendered.one("CustomResourceDefinition")?;
        ensure!(crd["spec"] == wanted["spec"] && crd["metadata"]["name"] == wanted["metadata"]["name"]);
        let policy = &crd["metadata"]["annotations"]["helm.sh/resource-policy"];
        ensure!(policy == &if keep { json!("keep") } else { Value::Null }, "{policy}");
    }
    Ok(())
}

/// Of another name in another namespace, everything refers to what is there.
#[tokio::test]
async fn names_follow_the_release() -> Result<()> {
    let rendered = Helm::offline()?.render("other", "elsewhere", &everything()).await?;
    ensure!(!rendered.text.contains("riskgate-system"), "the namespace of the documentation");
    let names = names(&rendered);
    let mut referred = 0;
    for object in &rendered.objects {
        for (kind, name) in references(object) {
            ensure!(
                names.contains(&(kind.to_owned(), name.clone())),
                "no {kind} {name} for {}",
                object["kind"]
            );
            referred += 1;
        }
        let namespace = &object["metadata"]["namespace"];
        ensure!(namespace.is_null() || namespace == "elsewhere", "{namespace}");
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        ensure!(name.starts_with("other-riskgate") || object["kind"] == "CustomResourceDefinition", "{name}");
    }
    ensure!(referred > 10, "{referred} references");
    let user = "'system:serviceaccount:elsewhere:other-riskgate-operator'";
    ensure!(rendered.text.matches(user).count() == 2, "the operator in the admission policies");
    Ok(())
}

fn names(rendered: &Rendered) -> BTreeSet<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    rendered.objects.iter().map(|it| (text(&it["kind"]), text(&it["metadata"]["name"]))).collect()
}

/// The objects of the release that an object names.
fn references(object: &Value) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    let mut add = |kind, value: &Value| found.extend(value.as_str().map(|name| (kind, name.to_owned())));
    match object["roleRef"]["kind"].as_str() {
        Some("ClusterRole") => add("ClusterRole", &object["roleRef"]["name"]),
        Some(_) => add("Role", &object["roleRef"]["name"]),
        None => {}
    }
    for subject in object["subjects"].as_array().into_iter().flatten() {
        add("ServiceAccount", &subject["name"]);
    }
    for webhook in object["webhooks"].as_array().into_iter().flatten() {
        add("Service", &webhook["clientConfig"]["service"]["name"]);
    }
    add("ValidatingAdmissionPolicy", &object["spec"]["policyName"]);
    add("ServiceAccount", &object["spec"]["template"]["spec"]["serviceAccountName"]);
    for rule in object["rules"].as_array().into_iter().flatten() {
        if rule["resources"].to_string().contains("webhookconfigurations") {
            add("MutatingWebhookConfiguration", &rule["resourceNames"][0]);
            add("ValidatingWebhookConfiguration", &rule["resourceNames"][0]);
        }
    }
    found
}

/// Services, budgets and policies select the operator's pods, and a selector, which no upgrade can change, names no version.
#[tokio::test]
async fn selectors_find_the_pods() -> Result<()> {
    let rendered = render(&everything()).await?;
    let labels = &rendered.one("Deployment")?["spec"]["template"]["metadata"]["labels"];
    let mut selectors = vec![&rendered.one("Deployment")?["spec"]["selector"]["matchLabels"]];
    selectors.extend(rendered.of("Service").map(|service| &service["spec"]["selector"]));
    selectors.push(&rendered.one("PodDisruptionBudget")?["spec"]["selector"]["matchLabels"]);
    selectors.push(&rendered.one("NetworkPolicy")?["spec"]["podSelector"]["matchLabels"]);
    for selector in selectors {
        let selector = selector.as_object().context("no selector")?;
        ensure!(
            selector.len() == 3 && selector.iter().all(|(name, value)| labels[name] == *value),
            "{selector:?}"
        );
        ensure!(!selector.contains_key("app.kubernetes.io/version"), "{selector:?}");
    }
    Ok(())
}

/// What the chart has sidecars injected with, unless it is told otherwise, is what everybody else injects.
#[tokio::test]
async fn sidecars_are_those_of_the_injector() -> Result<()> {
    let rendered = render(&json!({})).await?;
    let container = &rendered.one("Deployment")?["spec"]["template"]["spec"]["containers"][0];
    let variables = container["env"].as_array().context("no variables")?;
    let sidecar =
        variables.iter().find(|variable| variable["name"] == "RISKGATE_SIDECAR").context("no sidecar")?;
    let options: InjectorOptions = serde_json::from_str(sidecar["value"].as_str().context("no value")?)?;
    ensure!(
        options == InjectorOptions::new(concat!("riskgate-sidecar:", env!("CARGO_PKG_VERSION"))),
        "{options:?}"
    );
    Ok(())
}
