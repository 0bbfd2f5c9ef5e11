//! Values that are wrong are refused before anything is installed, and the message names them.

use anyhow::{Context, Result, ensure};
use cluster::{Helm, Said};
use serde_json::{Value, json};

async fn template(values: &Value) -> Result<Said> {
    Helm::offline()?.run(&["template", "riskgate", "--namespace", "riskgate-system"], values).await
}

/// The paths of every mapping of the chart's own; what is empty by default is Kubernetes' or the user's.
fn mappings(path: &[String], value: &Value, found: &mut Vec<Vec<String>>) {
    let Some(members) = value.as_object().filter(|members| path.is_empty() || !members.is_empty()) else {
        return;
    };
    found.push(path.to_vec());
    for (name, member) in members {
        let path: Vec<String> = path.iter().cloned().chain([name.clone()]).collect();
        mappings(&path, member, found);
    }
}

#[tokio::test]
async fn a_typing_error_is_refused_wherever_it_is() -> Result<()> {
    let text = std::fs::read_to_string(Helm::offline()?.chart().join("values.yaml"))?;
    let mut paths = Vec::new();
    mappings(&[], &serde_yaml::from_str(&text)?, &mut paths);
    ensure!(paths.len() > 20, "{paths:?}");
    for path in paths {
        let values =
            path.iter().rev().fold(json!({ "mistyped": true }), |inner, name| json!({ name: inner }));
        let said = template(&values).await?;
        let place = format!("at '/{}'", path.join("/")).replace("at '/'", "at ''");
        ensure!(
            !said.success && said.stderr.contains(&place) && said.stderr.contains("'mistyped' not allowed"),
            "{place}: {said:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_wrong_value_is_refused_by_name() -> Result<()> {
    for (values, place) in [
        (json!({ "operator": { "replicas": 0 } }), "/operator/replicas"),
        (json!({ "operator": { "replicas": "2" } }), "/operator/replicas"),
        (json!({ "operator": { "leaseDuration": "1s" } }), "/operator/leaseDuration"),
        (json!({ "operator": { "log": { "level": "loud" } } }), "/operator/log/level"),
        (json!({ "operator": { "runAsUser": 0 } }), "/operator/runAsUser"),
        (json!({ "operator": { "image": { "digest": "sha256:1" } } }), "/operator/image/digest"),
        (json!({ "operator": { "image": { "repository": "a:tag" } } }), "/operator/image/repository"),
        (json!({ "operator": { "resources": { "limits": { "memory": "lots" } } } }), "/operator/resources"),
        (
            json!({ "sidecar": { "probes": { "startup": { "periodSeconds": 0 } } } }),
            "/sidecar/probes/startup",
        ),
        (json!({ "webhook": { "url": "http://riskgate.example" } }), "/webhook/url"),
        (json!({ "webhook": { "url": "https://riskgate.example/inject" } }), "/webhook/url"),
        (json!({ "webhook": { "certificates": { "mode": "helm" } } }), "/webhook/certificates/mode"),
        (json!({ "imagePullSecrets": ["pull"] }), "/imagePullSecrets/0"),
        (json!({ "imagePullSecrets": [{}] }), "/imagePullSecrets/0"),
        (json!({ "networkPolicy": { "apiServer": { "ports": [] } } }), "/networkPolicy/apiServer/ports"),
    ] {
        let said = template(&values).await?;
        ensure!(!said.success && said.stderr.contains(place), "{values}: {said:?}");
    }
    Ok(())
}

#[tokio::test]
async fn values_that_need_another_say_which() -> Result<()> {
    for (values, wanted) in [
        (json!({ "serviceAccount": { "create": false } }), "serviceAccount.name"),
        (
            json!({ "webhook": { "certificates": { "mode": "existingSecret" } } }),
            "webhook.certificates.existingSecret",
        ),
    ] {
        let said = template(&values).await?;
        ensure!(!said.success && said.stderr.contains(wanted), "{values}: {said:?}");
    }
    Ok(())
}

/// A chart that depends on ours hands it `global`.
#[tokio::test]
async fn another_chart_may_contain_this_one() -> Result<()> {
    let said = template(&json!({ "global": { "of": { "another": "chart" } } })).await?;
    ensure!(said.success, "{said:?}");
    Ok(())
}

#[tokio::test]
async fn an_older_kubernetes_is_refused() -> Result<()> {
    let helm = Helm::offline()?;
    for (version, fits) in [("1.32.9", false), ("1.33.0", true), ("v1.34.1-gke.1", true)] {
        let arguments = ["template", "riskgate", "--kube-version", version];
        let said = helm.run(&arguments, &json!({})).await.context(version)?;
        ensure!(said.success == fits, "{version}: {said:?}");
    }
    Ok(())
}
