//! The sidecar's binary: `riskgate-sidecar --config FILE --credentials DIR`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use riskgate_sidecar::config::made_with::{MadeWith, listener};
use riskgate_sidecar::ops::log::LogHandle;
use riskgate_sidecar::{ConfigFile, Options, run};

/// A request makes some 140 small allocations: with the system's allocator they are a fifth of its cost (docs/adr/0006).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Stands between an application and its BankID provider, and enforces a compiled risk policy.
///
/// When it is ready it prints one JSON line on standard output; decision records follow there, everything else goes to
/// standard error. Exit codes: 0 drained, 1 failed or cut short, 78 the configuration cannot be used.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The compiled configuration (`riskgate policy compile` prints one).
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Credentials: DIR/secrets/NAME/KEY and DIR/configmaps/NAME/KEY.
    #[arg(long, value_name = "DIR")]
    credentials: PathBuf,
    /// Databases of addresses: DIR/NAME/*.mmdb, by the name of a claim; left out, DIR/databases of the credentials.
    #[arg(long, value_name = "DIR")]
    databases: Option<PathBuf>,
    /// This pod's name, for decision records.
    #[arg(long, env = "POD_NAME", default_value_t = run::host_name())]
    pod: String,
    /// The admin port, whatever the configuration says: injection sets what the pod was made with.
    #[arg(long, value_name = "PORT")]
    admin_port: Option<u16>,
    /// The port of health and metrics, whatever the configuration says.
    #[arg(long, value_name = "PORT")]
    health_port: Option<u16>,
    /// The port of a provider's listener, whatever the configuration says.
    #[arg(long, value_name = "NAME=PORT", value_parser = listener)]
    listen: Vec<(String, u16)>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let log = LogHandle::install();
    // One thread: the sidecar's work is short and its memory is paid for in every pod (proxy-practice.md section 4b).
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "no runtime could be made");
            return ExitCode::FAILURE;
        }
    };
    let Arguments { config, credentials, databases, pod, admin_port, health_port, listen } = arguments;
    let made_with = MadeWith { admin: admin_port, health: health_port, listen: listen.into_iter().collect() };
    let source = Box::new(ConfigFile::new(config));
    let options = Options { source, credentials, databases, made_with, pod, log };
    runtime.block_on(run::serve(options))
}
