//! Chores of the project: what is generated is generated here, and what the design promises of the tree is proved here.

mod boundaries;
mod command;
mod generate;
mod image;
mod sizes;
mod tree;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::tree::Tree;

/// `cargo xtask`: generation and checks of the source tree.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Write the generated files (crds/, what the chart has of them, reference pages, docs/schemas).
    Generate {
        /// Write nothing; fail when a file differs from what would be written.
        #[arg(long)]
        check: bool,
    },
    /// Prove that no crate depends on what design.md section 2 forbids it.
    Boundaries,
    /// Fail on source files over 500 lines.
    Sizes,
    Binaries(image::BinariesArgs),
    Image(image::ImageArgs),
}

fn main() -> ExitCode {
    match run(&Cli::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: &Task) -> Result<()> {
    let tree = Tree::locate()?;
    match task {
        Task::Generate { check: false } => generate::write(&tree),
        Task::Generate { check: true } => generate::check(&tree),
        Task::Boundaries => boundaries::check(&tree),
        Task::Sizes => sizes::check(&tree),
        Task::Binaries(args) => image::build(&tree, args),
        Task::Image(args) => image::write(&tree, args),
    }
}
