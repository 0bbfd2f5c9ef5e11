//! Reasons as sentences.

use riskgate_core::signal::PROVIDER_SOURCE;
use riskgate_core::{Reason, ReasonCode};

/// What a reason says, for people: the observation first, then the rule of the policy.
pub(super) fn of(reason: &Reason) -> String {
    let Reason { code, source, rule, observed } = reason;
    let who = match source.as_deref() {
        None => "the transaction".to_owned(),
        Some(PROVIDER_SOURCE) => "the provider's indication".to_owned(),
        Some(name) => format!("source {name}"),
    };
    match code {
        ReasonCode::BlockAt | ReasonCode::ChallengeAt => {
            format!("{who} is {observed}, and the flow says {rule}")
        }
        ReasonCode::BlockAtScore | ReasonCode::ChallengeAtScore => {
            format!("{who} gives {observed}, and the flow says {rule} for it")
        }
        ReasonCode::BlockWhen => format!("{who} found {observed}, and the flow says {rule}"),
        ReasonCode::RequirementRisk => {
            format!("{who} is {observed}, and the application itself set {rule}")
        }
        ReasonCode::ProviderDeclined => "the provider declined by itself".to_owned(),
        ReasonCode::ProviderChallenged => "the provider challenges the user by itself".to_owned(),
        ReasonCode::WhenUnknown => format!("{who} tells nothing, and the policy says {rule}"),
        ReasonCode::WhenUnavailable => format!("{who} could not be had, and the policy says {rule}"),
        ReasonCode::WhenNotApplicable => {
            format!("{who} does not apply to this operation, and the policy says {rule}")
        }
        ReasonCode::ContextLost if source.is_some() => {
            format!("what {who} said when the order was made is lost, and the policy says {rule}")
        }
        ReasonCode::ContextLost
        | ReasonCode::ChallengeMet
        | ReasonCode::StoreDegraded
        | ReasonCode::Uncovered => {
            format!("{observed}, and the policy says {rule}")
        }
        ReasonCode::BelowThresholds if rule == "no threshold" => {
            format!("{who} is {observed}, and the flow has no threshold")
        }
        ReasonCode::BelowThresholds => format!("{who} is {observed}, below {rule}"),
        ReasonCode::Unresolved => format!("{observed}; {rule}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn observation_and_rule_are_both_told() {
        let reason = |code, source: Option<&str>, rule: &str, observed: &str| Reason {
            code,
            source: source.map(str::to_owned),
            rule: rule.to_owned(),
            observed: observed.to_owned(),
        };
        let said = of(&reason(ReasonCode::BlockAt, Some(PROVIDER_SOURCE), "blockAt: High", "High"));
        assert_eq!(said, "the provider's indication is High, and the flow says blockAt: High");
        let said = of(&reason(ReasonCode::BlockAtScore, Some("ip"), "blockAtScore: 80", "score 85"));
        assert_eq!(said, "source ip gives score 85, and the flow says blockAtScore: 80 for it");
        let said = of(&reason(ReasonCode::ContextLost, Some("ip"), "whenUnavailable: Block", "Unavailable"));
        assert_eq!(
            said,
            "what source ip said when the order was made is lost, and the policy says whenUnavailable: Block"
        );
    }
}
