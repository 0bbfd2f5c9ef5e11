//! The decision record: one JSON line for each decision, from which the decision can be computed again.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::config::{Mode, ProviderConfig, SidecarConfig};
use crate::evaluate::{self, Evidence, Outcome, Scope, requirement_risk_rule, unknown_to};
use crate::level::Threshold;
use crate::operation::{Operation, Provider};
use crate::reason::{Reason, ReasonCode};
use crate::requirement::RequirementSet;
use crate::signal::Signal;
use crate::verdict::Verdict;

/// The schema that every record names.
pub const SCHEMA: &str = "riskgate.dev/decision/v1";

/// One decision with all it was made from (design.md section 4). Borrowed where it is written, owned where it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DecisionRecord<'a> {
    /// [`SCHEMA`].
    pub schema: Cow<'a, str>,
    /// The decision id, as in the response header `Riskgate-Decision-Id`.
    pub id: Cow<'a, str>,
    /// When the decision was made: RFC 3339, UTC.
    pub time: Cow<'a, str>,
    /// The policy's namespace.
    pub namespace: Cow<'a, str>,
    /// The pod that decided.
    pub pod: Cow<'a, str>,
    /// The policy's name.
    pub policy: Cow<'a, str>,
    /// The revision of the configuration that the decision was made under.
    pub revision: Cow<'a, str>,
    /// The mode the decision was made in.
    pub mode: Mode,
    /// The provider.
    pub provider: Provider,
    /// The operation; none when the order was not known.
    pub operation: Option<Operation>,
    /// The flow; none when no flow covers the operation, or when every flow was asked.
    pub flow: Option<Cow<'a, str>>,
    /// The transaction's pseudonym; none when no order exists.
    pub transaction: Option<String>,
    /// The user's pseudonym, where the user is known.
    pub subject: Option<String>,
    /// The members that riskgate attached to the request.
    pub attached: Cow<'a, [String]>,
    /// What riskgate found wrong with the risk parameters that the application sent.
    pub lint: Cow<'a, [String]>,
    /// Every signal the decision was made from.
    pub signals: Cow<'a, [Signal]>,
    /// What the policy says.
    pub verdict: Verdict,
    /// What the application saw.
    pub enforced: Verdict,
    /// Why, strictest first.
    pub reasons: Cow<'a, [Reason]>,
}

impl DecisionRecord<'_> {
    /// Computes the decision again, under the configuration that the record names.
    ///
    /// What the record holds besides signals speaks through its reasons: a threshold of the application that decided,
    /// a challenge that the order met, an order that was not known. What did not decide changes nothing here either.
    #[must_use]
    pub fn recompute(&self, config: &SidecarConfig) -> Outcome {
        let outcome = self.decide_again(config);
        if self.has(ReasonCode::StoreDegraded) { outcome.with_store_degraded() } else { outcome }
    }

    fn decide_again(&self, config: &SidecarConfig) -> Outcome {
        let evidence = Evidence {
            signals: &self.signals,
            application_threshold: self.application_threshold(),
            carried: self.carried(),
        };
        if self.has(ReasonCode::Unresolved) {
            return evaluate::unresolved();
        }
        match self.flow.as_deref().and_then(|name| config.flow(name)) {
            Some(flow) if self.transaction.is_none() => evaluate::screen(flow, &self.signals),
            Some(flow) => evaluate::decide(&Scope::Flow(flow), &evidence),
            None => evaluate::decide(&self.scope(config), &evidence),
        }
    }

    fn scope<'a>(&self, config: &'a SidecarConfig) -> Scope<'a> {
        if self.has(ReasonCode::Uncovered) {
            return Scope::Uncovered(config.uncovered_operations.verdict());
        }
        let asked = |entry: &&ProviderConfig| {
            let observed = unknown_to(&entry.name);
            self.reasons.iter().any(|reason| reason.observed == observed)
        };
        config
            .providers
            .iter()
            .find(asked)
            .map_or(Scope::UnknownBlocked, |entry| config.scope_of_unknown(&entry.name))
    }

    fn has(&self, code: ReasonCode) -> bool {
        self.reasons.iter().any(|reason| reason.code == code)
    }

    fn application_threshold(&self) -> Option<Threshold> {
        let stated = self.reasons.iter().find(|reason| reason.code == ReasonCode::RequirementRisk)?;
        [Threshold::Moderate, Threshold::High]
            .into_iter()
            .find(|threshold| requirement_risk_rule(*threshold) == stated.rule)
    }

    fn carried(&self) -> RequirementSet {
        let met = self.has(ReasonCode::ChallengeMet);
        RequirementSet { pin_code: met, mrtd: met }
    }
}
