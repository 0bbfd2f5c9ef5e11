//! Why a decision came out as it did, in a form that machines can count.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Every reason that a decision can name. The order is the order in records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ReasonCode {
    /// A source's level reached the flow's `blockAt`.
    BlockAt,
    /// A source's score reached its `blockAtScore`.
    BlockAtScore,
    /// A source gave an indicator of its `blockWhen`.
    BlockWhen,
    /// The provider declined by itself, whatever the thresholds.
    ProviderDeclined,
    /// The provider's indication reached the threshold that the application set itself (`requirement.risk`).
    RequirementRisk,
    /// A source's level reached the flow's `challengeAt`.
    ChallengeAt,
    /// A source's score reached its `challengeAtScore`.
    ChallengeAtScore,
    /// The provider challenges the user by itself, whatever the thresholds.
    ProviderChallenged,
    /// A source answered and cannot tell: `whenUnknown` decided.
    WhenUnknown,
    /// A source could not be heard: `whenUnavailable` decided.
    WhenUnavailable,
    /// A source does not apply: `whenNotApplicable` decided.
    WhenNotApplicable,
    /// The order, or its flow, is not known (any more): `whenOrderUnknown` decided, or `whenUnavailable` on what was lost.
    ContextLost,
    /// The order already carried what the challenge asks, or the user met the provider's challenge before this result.
    ChallengeMet,
    /// The shared store could not be asked, or was away when the order was made: what this sidecar alone knew was judged.
    StoreDegraded,
    /// A source's level is below every threshold of the flow.
    BelowThresholds,
    /// No flow covers the operation: `uncoveredOperations` decided.
    Uncovered,
    /// A result was read from the provider and lost on the way; what came of the transaction is not known.
    Unresolved,
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// One reason: which rule of the policy met which observation of which source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// What kind of rule decided.
    pub code: ReasonCode,
    /// The source the rule looked at; none for rules about the transaction itself.
    pub source: Option<String>,
    /// The rule as the policy states it, such as `blockAt: High`.
    pub rule: String,
    /// What was observed, such as `High` or `score 85`.
    pub observed: String,
}

impl Reason {
    /// A reason about a source.
    #[must_use]
    pub fn of_source(
        code: ReasonCode,
        source: &str,
        rule: impl Into<String>,
        observed: impl Into<String>,
    ) -> Self {
        Self { code, source: Some(source.to_owned()), rule: rule.into(), observed: observed.into() }
    }

    /// A reason about the transaction itself.
    #[must_use]
    pub fn of_transaction(code: ReasonCode, rule: impl Into<String>, observed: impl Into<String>) -> Self {
        Self { code, source: None, rule: rule.into(), observed: observed.into() }
    }
}
