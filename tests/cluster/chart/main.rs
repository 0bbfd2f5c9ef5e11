//! The chart without a cluster, by the real helm: what it renders, and what it refuses.

mod contents;
mod golden;
mod manifests;
mod monitoring;
mod values;

use anyhow::Result;
use cluster::{Helm, Rendered};
use serde_json::Value;

/// The release of the documentation.
async fn render(values: &Value) -> Result<Rendered> {
    Helm::offline()?.render("riskgate", "riskgate-system", values).await
}
