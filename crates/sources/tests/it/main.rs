//! The outbound client against servers that behave and servers that do not, and the sources with what they ask.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]

mod exchange;
mod http_source;
mod identity;
mod ip;
mod one_span;
mod pool;
mod proxy;
mod support;
mod tls;
mod trouble;
