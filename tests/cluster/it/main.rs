//! Tests on a real control plane. Each gets a namespace of its own; see `Suite`.

mod chart;
mod cli;
mod control_plane;
mod crd;
mod operator;
mod quick_start;

use std::process::ExitCode;

use cluster::Suite;

fn main() -> ExitCode {
    let suite = match Suite::new() {
        Ok(suite) => suite,
        Err(error) => {
            eprintln!("error: {error:#}");
            return ExitCode::FAILURE;
        }
    };
    quick_start::add(operator::add(crd::add(cli::add(chart::add(control_plane::add(suite)))))).run()
}
