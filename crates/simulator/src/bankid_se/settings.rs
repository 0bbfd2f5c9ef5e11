//! How the stand-in behaves where the real API is undocumented, has changed, or differs between sources.

use serde::{Deserialize, Serialize};

use super::lifetimes::Lifetimes;

/// Choices that `bankid-se.md` leaves open. All can be changed while running, through the control API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    /// What happens to members that the API does not know.
    pub unknown_members: UnknownMembers,
    /// What happens to `requirement.risk`.
    pub requirement_risk: RequirementRisk,
    /// The body of a 405.
    pub method_not_allowed: MethodNotAllowed,
    /// What a second order for a personal number does to the first.
    pub parallel_order: ParallelOrder,
    /// How long orders and their answers live.
    pub lifetimes: Lifetimes,
    /// The most orders that are kept; the oldest is forgotten beyond that.
    pub max_orders: usize,
    /// The most bytes of user data that are kept with them.
    pub max_order_bytes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            unknown_members: UnknownMembers::default(),
            requirement_risk: RequirementRisk::default(),
            method_not_allowed: MethodNotAllowed::default(),
            parallel_order: ParallelOrder::default(),
            lifetimes: Lifetimes::default(),
            max_orders: 200_000,
            max_order_bytes: 256 << 20,
        }
    }
}

/// What happens to members that the API does not know (`bankid-se.md section 13 b`: not known of the real one).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "camelCase")]
pub enum UnknownMembers {
    /// 400, which shows mistakes early.
    #[default]
    Strict,
    /// They are ignored.
    Lenient,
}

/// What happens to `requirement.risk` (`bankid-se.md section 0.1`: its support ended around January 2025).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "camelCase")]
pub enum RequirementRisk {
    /// As in 2024: BankID itself fails the order with `transactionRiskBlocked`, and tells no risk then.
    Legacy,
    /// It has no effect.
    #[default]
    Ignore,
    /// 400 `Invalid requirement`.
    Reject,
}

/// The body of a 405; both have been seen (`bankid-se.md section 1`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "camelCase")]
pub enum MethodNotAllowed {
    /// `errorCode` and `details`.
    #[default]
    Json,
    /// Nothing.
    Empty,
}

/// What a second order for a personal number does to the first (`bankid-se.md section 6`: ambiguous). The second is
/// refused with `alreadyInProgress` either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "camelCase")]
pub enum ParallelOrder {
    /// The first lives on.
    #[default]
    Keep,
    /// The first fails with `cancelled`.
    CancelFirst,
}
