//! The real helm, and the chart of this tree.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use kube::config::Kubeconfig;
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

use crate::assets::Assets;
use crate::tool::{Said, run};

/// helm in a home of its own.
pub struct Helm {
    program: PathBuf,
    home: TempDir,
    chart: PathBuf,
}

impl Helm {
    /// Without a cluster.
    ///
    /// # Errors
    /// When helm is missing; the message says how to get it.
    pub fn offline() -> Result<Self> {
        Self::new(None)
    }

    pub(crate) fn new(kubeconfig: Option<&Kubeconfig>) -> Result<Self> {
        let home = tempfile::tempdir()?;
        if let Some(kubeconfig) = kubeconfig {
            // Where it looks by itself.
            fs::create_dir(home.path().join(".kube"))?;
            fs::write(home.path().join(".kube/config"), serde_yaml::to_string(kubeconfig)?)?;
        }
        let chart = harness::root().join("charts/riskgate");
        Ok(Self { program: Assets::locate()?.program("helm")?, home, chart })
    }

    /// The same, with another chart.
    #[must_use]
    pub fn with_chart(self, chart: &Path) -> Self {
        Self { chart: chart.to_owned(), ..self }
    }

    /// The chart's folder.
    #[must_use]
    pub fn chart(&self) -> &Path {
        &self.chart
    }

    /// Runs it: its arguments first, such as `["install", "riskgate"]`, then the chart where it is asked for.
    ///
    /// # Errors
    /// When it cannot be started, or does not end. What it refuses is no error.
    pub async fn run(&self, arguments: &[&str], values: &Value) -> Result<Said> {
        let path = self.home.path().join("values.yaml");
        fs::write(&path, serde_yaml::to_string(values)?)?;
        let (chart, values) = (self.chart.display().to_string(), format!("--values={}", path.display()));
        let arguments: Vec<&str> =
            arguments.iter().copied().chain([chart.as_str(), values.as_str()]).collect();
        run(&self.program, self.home.path(), &arguments, "").await
    }

    /// Runs it on the chart, and returns its standard output.
    ///
    /// # Errors
    /// As [`run`](Self::run), and when it is not content, with its standard error.
    pub async fn say(&self, arguments: &[&str], values: &Value) -> Result<String> {
        self.run(arguments, values).await?.content(&format!("helm {}", arguments.join(" ")))
    }

    /// `helm uninstall`.
    ///
    /// # Errors
    /// As [`say`](Self::say).
    pub async fn uninstall(&self, release: &str, namespace: &str) -> Result<String> {
        let arguments = ["uninstall", release, "--namespace", namespace, "--wait"];
        run(&self.program, self.home.path(), &arguments, "").await?.content("helm uninstall")
    }

    /// What a release would consist of.
    ///
    /// # Errors
    /// When the values are refused.
    pub async fn render(&self, release: &str, namespace: &str, values: &Value) -> Result<Rendered> {
        let text = self.say(&["template", release, "--namespace", namespace], values).await?;
        Rendered::parse(text)
    }
}

/// The objects of a release.
#[derive(Debug)]
pub struct Rendered {
    /// As helm writes them.
    pub text: String,
    /// One by one.
    pub objects: Vec<Value>,
}

impl Rendered {
    fn parse(text: String) -> Result<Self> {
        let mut objects = Vec::new();
        for document in serde_yaml::Deserializer::from_str(&text) {
            let object = Value::deserialize(document).context("helm writes YAML")?;
            if !object.is_null() {
                objects.push(object);
            }
        }
        Ok(Self { text, objects })
    }

    /// The objects of a kind.
    pub fn of<'a>(&'a self, kind: &str) -> impl Iterator<Item = &'a Value> {
        let kind = kind.to_owned();
        self.objects.iter().filter(move |object| object["kind"] == kind)
    }

    /// The one object of a kind.
    ///
    /// # Errors
    /// When there is none, or another.
    pub fn one(&self, kind: &str) -> Result<&Value> {
        let mut all = self.of(kind);
        let first = all.next().with_context(|| format!("no {kind}"))?;
        anyhow::ensure!(all.next().is_none(), "several of {kind}");
        Ok(first)
    }
}
