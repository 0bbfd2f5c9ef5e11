//! The simulator over the wire: every line of `bankid-se.md section 12`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

mod bankid_no;
mod bench;
mod completion;
mod control;
mod documentation;
mod endpoints;
mod faults;
mod norway;
mod one_span;
mod orders;
mod process;
mod risk_service;
mod transport;
