//! `riskgate demo`: the whole path on one machine, from an application to the simulated services, with a policy in between.
//!
//! ```text
//! persons, errand   who acts, and what they want        simulated   what the services are made to say of them
//! setting, stage    the policy fitted to this machine; everything that runs
//! application       drives the errands                  web         its HTTP client
//! decisions, check  what the sidecar decided, and whether that is what the policy says
//! report, table     what was found out                  keep        left running, to be played with
//! ```

mod application;
mod check;
mod decisions;
mod errand;
mod keep;
mod persons;
mod redis;
mod report;
mod setting;
mod simulated;
mod stage;
mod table;
mod web;

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use self::errand::Errand;
use self::persons::{PERSONS, Person};
use self::report::{Addresses, Report, Row};
use self::stage::{Stage, StageError, Wishes};
use crate::exit::{Exit, Failure};
use crate::output::{Form, OutputArgs, print, print_json};
use crate::policy_file::Choice;
use crate::progress::Progress;

/// Run logins, signatures, payments and phone logins at every risk, and show what becomes of each
///
/// Starts simulated services and a sidecar in this process, with throw-away certificates in a temporary folder and every
/// port free, and drives them over the network as an application does: Swedish BankID, with --all also BankID Norway, TIC
/// Identity and OneSpan, and every source. Nothing is installed, and nothing leaves this machine. With --replicas 2 it needs
/// a redis-server on the path, or --redis.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0   every transaction ended as the policy says
  1   one did not, or something failed
  2   the command line is wrong
  78  the policy cannot be used")]
pub(crate) struct DemoArgs {
    /// All four services and every source, by the policy in examples/everything.yaml
    #[arg(long, conflicts_with_all = ["policy", "name"])]
    all: bool,
    /// Your own policy; addresses, ports, Secrets and lists in it are replaced by the demo's
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
    let DemoArgs { all, policy, choice, replicas, redis, keep, output: OutputArgs { output } } = args;
    let progress = Progress::new();
    let wishes = Wishes { all, policy, choice, replicas, redis };
    let mut stage = Box::pin(Stage::set(wishes, &progress)).await.map_err(|error| match error {
        StageError::File(_) | StageError::Policy(_) => Failure::configuration(error),
        other => other.into(),
    })?;
    let rows = drive(&mut stage, all, &progress).await?;
    drop(progress);
    let wrong = check::check(&rows, stage.config());
    let report = Report {
        policy: stage.config().policy.to_string(),
        left_out: stage.left_out().to_vec(),
        rows,
        addresses: keep.then(|| Addresses::of(&stage)),
    };
    match output {
        Form::Text => print(&table::of(&report, all))?,
        Form::Json => print_json(&report)?,
    }
    if !wrong.is_empty() {
        let lines: Vec<String> = wrong.iter().map(ToString::to_string).collect();
        return Err(anyhow::anyhow!("not as the policy says: {}", lines.join("; ")).into());
    }
    if keep {
        keep::follow(&mut stage, output).await?;
    }
    stage.strike().await;
    Ok(Exit::Fine)
}

/// Runs every errand with every provider at every risk, one after the other; with `covered`, only what the policy has a flow for.
async fn drive(stage: &mut Stage, covered: bool, progress: &Progress) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    let entries: Vec<(String, riskgate_core::Provider)> =
        stage.config().providers.iter().map(|entry| (entry.name.clone(), entry.provider())).collect();
    for (entry, provider) in &entries {
        for errand in Errand::at(*provider) {
            let is_covered = stage.config().flows.iter().any(|flow| flow.covers(entry, errand.operation));
            for person in PERSONS.iter().filter(|_| is_covered || !covered) {
                progress.step(&format!("{} at risk {}", errand.name, person.risk));
                let row = transact(stage, entry, errand, person)
                    .await
                    .with_context(|| format!("{} at risk {}", errand.name, person.risk))?;
                rows.push(row);
            }
        }
    }
    Ok(rows)
}

async fn transact(stage: &mut Stage, entry: &str, errand: &Errand, person: &Person) -> anyhow::Result<Row> {
    stage.simulated().expect(person).await?;
    let (received, route) = stage.application().run(entry, errand, person).await?;
    let decision = stage.decisions().of(&received).await?;
    let (provider, operation) = (entry.to_owned(), errand.operation);
    Ok(Row { provider, operation, risk: person.risk, route, received, decision })
}
