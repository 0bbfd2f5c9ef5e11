//! The `riskgate` binary as people and scripts use it: what it prints, on which stream, and how it ends.
//!
//! Commands run in `fixtures/`, so that file names are short; what they print is compared with `golden/`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod cluster;
mod compile;
mod completions;
mod demo;
mod demo_all;
mod docs;
mod explain;
mod golden;
mod inject;
mod keep;
mod process;
mod run;
mod sidecar;
mod validate;
mod web;
