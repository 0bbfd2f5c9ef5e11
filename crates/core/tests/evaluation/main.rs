//! What holds for every flow and every evidence.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod assessments;
mod monotone;
mod order;
mod own;
mod recompute;
mod strategies;
