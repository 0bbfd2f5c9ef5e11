//! Swedish BankID through the sidecar: processes on loopback, the simulator over mutual TLS behind it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod addresses;
mod bad_input;
mod bad_upstream;
mod challenge;
mod clients;
mod deliver_once;
mod drain;
mod examples;
mod guard;
mod modes;
mod reload;
mod rotation;
mod secrecy;
mod stage;
mod unknown_orders;
