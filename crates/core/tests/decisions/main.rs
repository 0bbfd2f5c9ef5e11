//! Golden decisions: every case of the tables beside comes out as written there, reasons included, and its record computes the
//! same again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod addresses;
mod case;

use std::collections::BTreeSet;

use case::Case;
use riskgate_core::{Outcome, ReasonCode, SidecarConfig};

/// The policy: one that a sidecar would take, but for its sources.
fn config() -> SidecarConfig {
    let config: SidecarConfig = serde_yaml::from_str(include_str!("config.yaml")).unwrap();
    let findings = config.check();
    assert!(findings.iter().all(|found| found.message.starts_with("no source is named")), "{findings:?}");
    config
}

fn cases() -> Vec<Case> {
    [
        include_str!("indication.yaml"),
        include_str!("sources.yaml"),
        include_str!("orders.yaml"),
        include_str!("addresses.yaml"),
        include_str!("norway.yaml"),
        include_str!("tic.yaml"),
        include_str!("one_span.yaml"),
        include_str!("mixed.yaml"),
    ]
    .iter()
    .flat_map(|table| serde_yaml::from_str::<Vec<Case>>(table).unwrap())
    .collect()
}

/// An outcome in the words of the table.
fn written(outcome: &Outcome) -> Vec<String> {
    let required: Vec<String> = outcome.required.iter().map(ToString::to_string).collect();
    let first = format!("{} {:?} [{}]", outcome.verdict, outcome.enforcement, required.join(", "));
    let reasons = outcome.reasons.iter().map(|reason| {
        let source = reason.source.as_deref().unwrap_or("-");
        format!("{} {source} ({}) {}", reason.code, reason.rule, reason.observed)
    });
    std::iter::once(first).chain(reasons).collect()
}

fn expected(case: &Case) -> Vec<String> {
    std::iter::once(case.then.clone()).chain(case.because.iter().cloned()).collect()
}

#[test]
fn every_case_is_decided_as_written() {
    let policy = config();
    for case in &cases() {
        let config = case.config(&policy);
        let outcome = case.decide(&config);
        assert_eq!(written(&outcome), expected(case), "{}", case.what);
        assert_eq!(
            case.record(&config, &outcome).recompute(&config),
            outcome,
            "{}, computed again",
            case.what
        );
    }
}

#[test]
fn the_cases_show_every_reason() {
    let cases = cases();
    assert!(cases.len() >= 170, "only {} cases", cases.len());
    let shown: BTreeSet<String> = cases
        .iter()
        .flat_map(|case| &case.because)
        .filter_map(|line| line.split(' ').next().map(str::to_owned))
        .collect();
    let mut all: BTreeSet<String> = [
        ReasonCode::BlockAt,
        ReasonCode::BlockAtScore,
        ReasonCode::BlockWhen,
        ReasonCode::ProviderDeclined,
        ReasonCode::RequirementRisk,
        ReasonCode::ChallengeAt,
        ReasonCode::ChallengeAtScore,
        ReasonCode::ProviderChallenged,
        ReasonCode::WhenUnknown,
        ReasonCode::WhenUnavailable,
        ReasonCode::WhenNotApplicable,
        ReasonCode::ContextLost,
        ReasonCode::ChallengeMet,
        ReasonCode::BelowThresholds,
        ReasonCode::Uncovered,
        ReasonCode::Unresolved,
    ]
    .iter()
    .map(ToString::to_string)
    .collect();
    // StoreDegraded is noted and decides nothing: see the property of a decision while the shared store was away.
    all.remove("Unresolved"); // decided without evidence: see the property of a result that was lost
    assert_eq!(shown, all);
}
