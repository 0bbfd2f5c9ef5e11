//! OneSpan, as provider and as source, over real processes.
//!
//! The application is a plain HTTP client: nobody publishes an independent client of this API.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod attach;
mod challenge;
mod codes;
mod example;
mod faults;
mod look_up;
mod secrecy;
mod sessions;
mod source;
mod stage;
