//! `riskgate demo`: the whole path on one machine, from an application to a simulated BankID, with a policy in between.

mod application;
mod decisions;
mod errand;
mod keep;
mod persons;
mod redis;
mod report;
mod stage;
mod table;

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use self::application::Application;
use self::errand::ERRANDS;
use self::persons::PERSONS;
use self::report::{Addresses, Report, Row};
use self::stage::{Stage, StageError, Wishes};
use crate::exit::{Exit, Failure};
use crate::output::{Form, OutputArgs, print, print_json};
use crate::policy_file::Choice;
use crate::progress::Progress;

/// Run logins, signatures, payments and phone logins at every risk, and show what becomes of each
///
/// Starts a simulated BankID and a sidecar in this process, with throw-away certificates in a temporary folder and every
/// port free, and drives them over the network as an application does. Nothing is installed, and nothing leaves this
/// machine. With --replicas 2 it needs a redis-server on the path, or --redis.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0   the demo ran through
  1   something failed
  2   the command line is wrong
  78  the policy cannot be used")]
pub(crate) struct DemoArgs {
    /// Your own policy; its providers, ports and Secrets are replaced by the demo's
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    #[command(flatten)]
    choice: Choice,
    /// How many sidecars share one store: orders are made at one and collected at the next
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=8))]
    replicas: u8,
    /// Share this Redis or Valkey server, instead of a redis-server of the demo's own
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
    /// Leave everything running to be played with, until Ctrl-C
    #[arg(long)]
    keep: bool,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: DemoArgs) -> Result<Exit, Failure> {
    log();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
        let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for Ctrl-C")?;
        let mut hangup = signal(SignalKind::hangup()).context("cannot listen for SIGHUP")?;
        let ended = async {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                _ = hangup.recv() => {} // the terminal was closed
            }
        };
        let keep = args.keep;
        tokio::select! {
            // The folder with the throw-away keys is removed when the play is dropped.
            result = Box::pin(play(args)) => result,
            () = ended => if keep { Ok(Exit::Fine) } else { Ok(Exit::No) },
        }
    })
}

/// What goes on behind the scenes goes to standard error: what fails, and what the sidecar takes over while it is left
/// running. What is unwise in a policy is told by `policy validate`.
fn log() {
    let targets = Targets::new()
        .with_target("riskgate", LevelFilter::ERROR)
        .with_target("riskgate_sidecar", LevelFilter::INFO)
        .with_target("riskgate_simulator", LevelFilter::WARN);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false);
    tracing_subscriber::registry().with(targets).with(lines).init();
}

async fn play(args: DemoArgs) -> Result<Exit, Failure> {
    let DemoArgs { policy, choice, replicas, redis, keep, output: OutputArgs { output } } = args;
    let progress = Progress::new();
    let wishes = Wishes { policy, choice, replicas, redis };
    let mut stage = Stage::set(wishes, &progress).await.map_err(|error| match error {
        StageError::Policy(_) | StageError::Unplayable(_) => Failure::configuration(error),
        other => other.into(),
    })?;
    let rows = drive(&mut stage, &progress).await?;
    drop(progress);
    let addresses = keep.then(|| Addresses::of(&stage));
    let report = Report::new(stage.policy_name(), rows, addresses);
    match output {
        Form::Text => print(&table::of(&report))?,
        Form::Json => print_json(&report)?,
    }
    if keep {
        keep::follow(&mut stage, output).await?;
    }
    stage.strike().await;
    Ok(Exit::Fine)
}

/// Runs every errand at every risk, one after the other.
async fn drive(stage: &mut Stage, progress: &Progress) -> anyhow::Result<Vec<Row>> {
    let mut application = Application::new(stage.provider_urls()?);
    let mut rows = Vec::with_capacity(ERRANDS.len() * PERSONS.len());
    for errand in &ERRANDS {
        for person in &PERSONS {
            progress.step(&format!("{} at risk {}", errand.name, person.risk));
            let (received, route) = application
                .run(errand, person)
                .await
                .with_context(|| format!("{} at risk {}", errand.name, person.risk))?;
            let decision = stage.decisions().of(&received).await?;
            rows.push(Row { operation: errand.operation, risk: person.risk, route, received, decision });
        }
    }
    Ok(rows)
}
