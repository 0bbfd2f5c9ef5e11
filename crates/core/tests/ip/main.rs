//! What is known of addresses: lists as they are published, and TIC's scoring table.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod lists;
mod model;
mod rating;
mod rating_properties;
