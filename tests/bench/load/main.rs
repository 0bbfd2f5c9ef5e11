//! The two ends of a measurement: an upstream that answers as the RP API at next to no cost, and a loader that knows when
//! each request was due. Between them stands whatever is measured. `docs/benchmarks.md` tells how they are used.

mod connection;
mod http1;
mod loader;
mod orders;
mod pace;
mod upstream;

use clap::Parser;

/// The upstream and the loader of `make bench`.
#[derive(Debug, Parser)]
#[command(name = "riskgate-bench")]
enum Arguments {
    /// Answer as the RP API, over plain HTTP and over mutual TLS, until SIGTERM
    Upstream(upstream::Options),
    /// Send requests on a schedule, and print what became of them as one line of JSON
    Load(loader::Options),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse() {
        Arguments::Upstream(options) => upstream::run(&options),
        Arguments::Load(options) => loader::run(&options),
    }
}
