//! BankID Norway: a provider and an application that we did not write, with the sidecar between them.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test")]

mod calls;
mod example;
mod logins;
mod reasons;
mod stage;
mod trouble;
