//! `riskgate-simulator`: see `--help`.

mod cli;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use riskgate_simulator::{Running, pki, start};
use tokio::runtime;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::cli::{Arguments, Command};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<()> {
    if let Some(Command::Pki { out, server_names }) = &arguments.command {
        pki::ensure(out, server_names)?;
        return Ok(());
    }
    let mut builder = match arguments.threads {
        0 | 1 => runtime::Builder::new_current_thread(),
        _ => runtime::Builder::new_multi_thread(),
    };
    if arguments.threads > 1 {
        builder.worker_threads(arguments.threads);
    }
    builder.enable_all().build().context("cannot start the runtime")?.block_on(serve(arguments))
}

async fn serve(arguments: Arguments) -> anyhow::Result<()> {
    // Before readiness is told, so that a signal right after it finds its handler.
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    let options = arguments.options()?;
    if !options.control.ip().is_loopback() {
        tracing::warn!(address = %options.control, "whoever reaches the control API may use it");
    }
    let running = start(options).await?;
    announce(&running)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    running.stop().await;
    Ok(())
}

/// The one line on stdout.
fn announce(running: &Running) -> anyhow::Result<()> {
    let mut ready = serde_json::json!({
        "ready": true,
        "bankidSe": running.bankid_se(),
        "oneSpan": running.one_span(),
        "control": running.control(),
    });
    let optional = [
        ("ticIdentity", running.tic_identity()),
        ("bankidNo", running.bankid_no()),
        ("riskService", running.risk_service()),
    ];
    for (name, address) in optional {
        if let Some(address) = address {
            ready[name] = address.into();
        }
    }
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{ready}").and_then(|()| stdout.flush()).context("cannot tell readiness on stdout")
}
