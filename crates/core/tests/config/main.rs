//! Every contradiction that `SidecarConfig::check` knows, provoked once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod addresses;
mod findings;
mod lost;
mod norway;
mod reading;

use riskgate_core::SidecarConfig;

/// A configuration without contradiction: two flows, one selectable.
fn sound() -> SidecarConfig {
    SidecarConfig::from_yaml(include_str!("sound.yaml")).unwrap()
}
