//! Warnings on a flow of TIC Identity.

use riskgate_core::config::EnrichmentType::{CompanyRoles, Income, IpIntelligence, PropertyOwnership, Spar};
use riskgate_core::config::{EnrichmentType, SourceKind, TicEnrichmentConfig, TicIdentityConfig};
use riskgate_core::{Flow, SidecarConfig, SourceRule, Verdict};

use super::Warnings;
use super::flow::{self, Challenged, effective};

const CHALLENGED: Challenged = Challenged {
    refused: Some(
        "a challenge is refused as a block would be, since challenge.atCollect is Block; write PassWithHeader there, or \
         say here that it is blocked",
    ),
    unmet: Some("TIC's sessions carry no requirement"),
};

/// The facts of an enrichment, with the type that brings each.
const FACTS: [(&str, EnrichmentType); 10] = [
    ("protectedIdentity", Spar),
    ("deceased", Spar),
    ("deregistered", Spar),
    ("noCompanyRoles", CompanyRoles),
    ("noLongerInOffice", CompanyRoles),
    ("noActiveCompany", CompanyRoles),
    ("noProperty", PropertyOwnership),
    ("noIncome", Income),
    ("isTor", IpIntelligence),
    ("isLikelyVpn", IpIntelligence),
];

pub(super) fn warn(
    path: &str,
    flow: &Flow,
    (config, tic, screens): (&SidecarConfig, &TicIdentityConfig, bool),
    warnings: &mut Warnings,
) {
    match flow::threshold(flow) {
        None => flow::no_threshold(path, warnings),
        Some(threshold) => gaps(path, flow, threshold, tic, warnings),
    }
    for (here, rule) in flow::listed(path, flow) {
        let source = config.source(&rule.name);
        if let Some(SourceKind::TicEnrichment(enrichment)) = source.map(|source| &source.kind) {
            enriched(&here, flow, rule, enrichment, warnings);
        }
    }
    flow::challenge(path, flow, screens, &CHALLENGED, warnings);
}

fn gaps(path: &str, flow: &Flow, threshold: &str, tic: &TicIdentityConfig, warnings: &mut Warnings) {
    if effective(flow, |rule| rule.when_unknown, flow.when_unknown) == Verdict::Allow {
        let brings = if tic.webhook.is_some() {
            "at a tenant without IP enrichment"
        } else {
            "without the webhook that brings ipIntelligence, or at a tenant without IP enrichment"
        };
        let message = format!(
            "{threshold} holds only where TIC says something of the addresses, which it does not {brings}; write Challenge or \
             Block"
        );
        warnings.add(format!("{path}.whenUnknown"), message);
    }
    flow::own_unavailable(path, flow, threshold, warnings);
}

/// An enrichment whose rules can never hold, or hold for everybody.
fn enriched(
    path: &str,
    flow: &Flow,
    rule: &SourceRule,
    enrichment: &TicEnrichmentConfig,
    warnings: &mut Warnings,
) {
    if !enrichment.consume {
        warnings.add(
            path,
            "is always Unknown: the session's one enrichment is left to the application; write consume: true in the source",
        );
        return;
    }
    let asked = |kind| enrichment.types.contains(&kind);
    for (index, condition) in rule.block_when.iter().enumerate() {
        if let Some((fact, kind)) = FACTS.iter().find(|(fact, kind)| fact == condition && !asked(*kind)) {
            let message =
                format!("{fact} is never said: write {} among the types of the source", kind.name());
            warnings.add(format!("{path}.blockWhen[{index}]"), message);
        }
    }
    let not_applicable = rule.when_not_applicable.unwrap_or(flow.when_not_applicable);
    if not_applicable != Verdict::Allow && !asked(IpIntelligence) {
        let message = format!(
            "every session gets {not_applicable}: facts have no level, which is NotApplicable; write Allow, and blockWhen with \
             the facts that count"
        );
        warnings.add(format!("{path}.whenNotApplicable"), message);
    }
}
