//! TIC Identity: the client that others wrote, against the simulator and through the sidecar.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod enrichment;
mod example;
mod hub;
mod receiver;
mod roads;
mod simulated;
mod stage;
mod webhooks;
