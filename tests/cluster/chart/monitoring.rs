//! Alerts and dashboard ask for metrics that there are.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::render;

/// The metrics that the documentation of sidecar and operator names; tests of theirs hold it against the code.
fn documented() -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for page in ["docs/operations.md", "docs/operator.md"] {
        let text = std::fs::read_to_string(harness::root().join(page))?;
        // Code spans are every second piece.
        for code in text.split('`').skip(1).step_by(2) {
            names.extend(metrics(code));
        }
    }
    Ok(names)
}

/// The names of ours in an expression, without what a histogram appends.
fn metrics(expression: &str) -> BTreeSet<String> {
    let words = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let ours = words.filter(|word| word.starts_with("riskgate_"));
    ours.map(|word| word.trim_end_matches("_bucket").to_owned()).collect()
}

fn expressions<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_str().filter(|_| name == "expr" || name == "query") {
                    Some(expression) => found.push(expression),
                    None => expressions(member, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| expressions(item, found)),
        _ => {}
    }
}

#[tokio::test]
async fn every_metric_is_one_of_ours() -> Result<()> {
    let rendered =
        render(&json!({ "monitoring": { "prometheusRule": true, "grafanaDashboard": true } })).await?;
    let rules = rendered.one("PrometheusRule")?;
    let dashboard = rendered.of("ConfigMap").next().context("no dashboard")?;
    let dashboard: Value =
        serde_json::from_str(dashboard["data"]["riskgate.json"].as_str().context("no JSON")?)?;
    let documented = documented()?;
    for (what, value) in [("alerts", rules), ("dashboard", &dashboard)] {
        let mut asked = Vec::new();
        expressions(value, &mut asked);
        ensure!(asked.len() > 7, "{what}: {asked:?}");
        for expression in asked {
            let names = metrics(expression);
            ensure!(!names.is_empty() || expression == "prometheus", "{what}: {expression}");
            let unknown: Vec<_> = names.difference(&documented).collect();
            ensure!(unknown.is_empty(), "{what} asks for {unknown:?}, which nothing documents");
        }
    }
    Ok(())
}

#[tokio::test]
async fn every_alert_says_what_to_do() -> Result<()> {
    let rendered = render(&json!({ "monitoring": { "prometheusRule": true } })).await?;
    let groups = rendered.one("PrometheusRule")?["spec"]["groups"].as_array().context("no groups")?;
    for rule in groups.iter().flat_map(|group| group["rules"].as_array().into_iter().flatten()) {
        let severity = rule["labels"]["severity"].as_str().unwrap_or_default();
        let annotations = &rule["annotations"];
        ensure!(["warning", "critical"].contains(&severity), "{rule}");
        ensure!(annotations["summary"].is_string() && annotations["description"].is_string(), "{rule}");
    }
    Ok(())
}

/// Nothing that a cluster may not serve is there by default.
#[tokio::test]
async fn nothing_of_prometheus_is_there_unasked() -> Result<()> {
    let rendered = render(&json!({})).await?;
    let foreign =
        rendered.objects.iter().find(|it| it["apiVersion"].as_str().unwrap_or_default().contains("coreos"));
    ensure!(foreign.is_none(), "{foreign:?}");
    Ok(())
}
