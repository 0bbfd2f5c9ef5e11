//! Injection as a whole: what comes out of a pod, what is told about it, and what holds of every pod.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod docs;
mod golden;
mod injectors;
mod messages;
mod properties;
mod reinvocation;
mod resources;
mod support;
