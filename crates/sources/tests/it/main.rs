//! The outbound client against servers that behave and servers that do not.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]

mod exchange;
mod identity;
mod one_span;
mod pool;
mod support;
mod tls;
mod trouble;
