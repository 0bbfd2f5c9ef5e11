//! The operator at its size: thousands of policies and pods on a real control plane, from a cold start to every policy ready, and
//! the API server's questions while they are there. Prints one JSON line; `make bench` makes rows of it (docs/benchmarks.md).

mod admission;
mod cold;
mod stage;

use anyhow::{Context, Result};
use clap::Parser;
use serde::Serialize;

use admission::{Answers, Created};
use cold::Cold;
use stage::Stage;

/// Bring an operator to its size, and measure it.
#[derive(Debug, Parser)]
#[command(name = "riskgate-bench-operator")]
struct Arguments {
    /// Policies
    #[arg(long, default_value_t = 2000)]
    policies: usize,
    /// Pods that carry the sidecar, spread over them
    #[arg(long, default_value_t = 5000)]
    pods: usize,
    /// Pods that the operator is asked about each second
    #[arg(long, default_value_t = 100)]
    rate: u32,
    /// For how many seconds it is asked
    #[arg(long, default_value_t = 20)]
    seconds: u32,
}

/// What was measured.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Measured {
    kubernetes: String,
    policies: usize,
    pods: usize,
    rate: u32,
    cold: Cold,
    answers: Answers,
    created: Created,
}

#[tokio::main]
async fn main() -> Result<()> {
    let Arguments { policies, pods, rate, seconds } = Arguments::parse();
    say("a control plane");
    let stage = Stage::set(policies).await?;
    say(&format!("{policies} policies and {pods} pods"));
    stage.fill(pods).await?;
    let kubernetes = stage.version().await?;
    say("the operator, from cold to all ready");
    let (operator, cold) = cold::measure(&stage, policies, pods).await?;
    say(&format!("{rate} questions a second"));
    let answers = admission::answers(&stage, &operator, rate, seconds).await?;
    say("pods through the API server");
    let created = admission::created(&stage, (rate * seconds) as usize / 2).await;
    let created = created.with_context(|| operator.process.stderr().tail())?;
    let measured = Measured { kubernetes, policies, pods, rate, cold, answers, created };
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}

fn say(what: &str) {
    eprintln!("==> {what}");
}
