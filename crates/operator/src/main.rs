//! The operator's binary: `riskgate-operator --namespace NAMESPACE --identity NAME`.

use std::process::ExitCode;

use clap::Parser;
use riskgate_operator::run::{Drained, run};
use riskgate_operator::{Options, log};

fn main() -> ExitCode {
    let options = Options::parse();
    log::install(options.log_format, options.log_level);
    // The client would refuse to choose between providers; fails only where one is chosen already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "no runtime could be made");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(options)) {
        Ok(Drained::Whole) => ExitCode::SUCCESS,
        Ok(Drained::CutShort) => ExitCode::FAILURE,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}
