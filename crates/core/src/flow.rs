//! Flows: which operations they cover and what risk they may carry (design.md section 3).

use serde::{Deserialize, Serialize};

use crate::level::{Level, Threshold};
use crate::operation::Operation;
use crate::requirement::Requirement;
use crate::verdict::Verdict;

/// A named entry of a policy: the operations it covers and the risk they may carry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Flow {
    /// The flow's name, in decision records and in the request header `Riskgate-Flow`.
    #[cfg_attr(
        feature = "schema",
        schemars(length(min = 1, max = 63), regex(pattern = crate::patterns::NAME))
    )]
    pub name: String,
    /// The name of the provider entry whose operations the flow covers.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 63)))]
    pub provider: String,
    /// The operations covered, each once.
    #[cfg_attr(
        feature = "schema",
        schemars(length(min = 1, max = 16), extend("x-kubernetes-list-type" = "set"))
    )]
    pub operations: Vec<Operation>,
    /// Whether the flow is chosen only by a request that names it in the header `Riskgate-Flow`; left out, it is not. Of
    /// several flows that cover one operation, at most one is not: the default.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub selectable_by_header: bool,
    /// The level from which a transaction is blocked; left out, no level blocks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block_at: Option<Threshold>,
    /// The level from which a transaction is challenged, as `challenge` says; left out, no level challenges. Not above
    /// `blockAt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge_at: Option<Threshold>,
    /// The verdict when a source answered and cannot tell. A BankID login by QR code looks exactly like that, and a
    /// fraudster can choose it. There is no default: none is right for everybody.
    pub when_unknown: Verdict,
    /// The verdict when a source failed, timed out, or what it said was lost. There is no default: none is right for
    /// everybody.
    pub when_unavailable: Verdict,
    /// The verdict when a source does not apply, as BankID's indication does not to a phone operation.
    #[serde(default)]
    pub when_not_applicable: Verdict,
    /// Enrichment sources of this flow, with rules of their own. The provider's own indication always counts; an entry
    /// named `provider` gives it rules of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(
        feature = "schema",
        schemars(
            length(max = 16),
            extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"])
        )
    )]
    pub sources: Vec<SourceRule>,
    /// What a challenge becomes; left out, the refusal.
    #[serde(default)]
    pub challenge: Challenge,
}

impl Flow {
    /// Whether the flow covers `operation` of the provider entry named `provider`.
    #[must_use]
    pub fn covers(&self, provider: &str, operation: Operation) -> bool {
        self.provider == provider && self.operations.contains(&operation)
    }

    /// The flow's own rules for the source named `source`, if it lists any.
    #[must_use]
    pub fn rule(&self, source: &str) -> Option<&SourceRule> {
        self.sources.iter().find(|rule| rule.name == source)
    }

    /// The checks that a challenge at the order requires; empty when there is none.
    #[must_use]
    pub fn required(&self) -> &[Requirement] {
        self.challenge.at_order.as_ref().map_or(&[], |at_order| &at_order.require)
    }

    /// The verdict that this flow's level thresholds give to `level`.
    #[must_use]
    pub fn at_level(&self, level: Level) -> Verdict {
        if self.block_at.is_some_and(|threshold| threshold.met_by(level)) {
            Verdict::Block
        } else if self.challenge_at.is_some_and(|threshold| threshold.met_by(level)) {
            Verdict::Challenge
        } else {
            Verdict::Allow
        }
    }
}

/// The rules of one source in one flow. Score and indicator rules add to the flow's thresholds; the `when…` rules replace
/// the flow's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SourceRule {
    /// The source's name, or `provider` for the provider's own indication.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 63)))]
    pub name: String,
    /// Block from this score, 1 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100)))]
    pub block_at_score: Option<u8>,
    /// Challenge from this score, 1 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100)))]
    pub challenge_at_score: Option<u8>,
    /// Block when the source gives any of these indicators, or when one of these conditions on what it says holds:
    /// `isTor`, `clientIPCountry != SE`, `amount >= 10000`. A condition on what the source does not say never holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 32), inner(length(min = 1, max = 128))))]
    pub block_when: Vec<String>,
    /// Replaces the flow's `whenUnknown` for this source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when_unknown: Option<Verdict>,
    /// Replaces the flow's `whenUnavailable` for this source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when_unavailable: Option<Verdict>,
    /// Replaces the flow's `whenNotApplicable` for this source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when_not_applicable: Option<Verdict>,
}

/// What a `Challenge` becomes, at the order and at the result.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Challenge {
    /// Tightens the order before it is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_order: Option<AtOrder>,
    /// What the application gets when the completed transaction is to be challenged.
    #[serde(default)]
    pub at_collect: AtCollect,
}

/// How an order is tightened. What the application set stricter stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AtOrder {
    /// When the order is tightened.
    pub when: When,
    /// What the order then requires of the user.
    #[cfg_attr(
        feature = "schema",
        schemars(length(min = 1, max = 2), extend("x-kubernetes-list-type" = "set"))
    )]
    pub require: Vec<Requirement>,
}

/// When an order is tightened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum When {
    /// When the sources that are asked before the order say `Challenge`.
    Screen,
    /// Every order of the flow.
    Always,
}

/// What the application gets when a completed transaction is to be challenged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum AtCollect {
    /// The refusal, as for `Block`.
    #[default]
    Block,
    /// The result, with `Riskgate-Verdict: challenge`: the application steps up by itself.
    PassWithHeader,
    /// The result when the order already carried what `atOrder.require` asks, else the refusal.
    AllowIfRequired,
}
