//! From an answer of OneSpan to the decision with its reasons: every code, under two flows (other-systems.md section C.5).

use riskgate_core::evaluate::decide;
use riskgate_core::{
    Enforcement, Evidence, Flow, Operation, PROVIDER_SOURCE, Phase, ReasonCode, RequirementSet, Scope,
    Signal, Verdict,
};
use riskgate_wire::one_span::OneSpan;
use riskgate_wire::{Exchanged, Protocol};
use serde_json::{Value, json};

/// A flow that blocks from this level on, challenges nothing by itself, and blocks what is not known.
fn flow(block_at: &str) -> Flow {
    let rules = json!({
        "name": "login", "provider": "onespan", "operations": ["Login"], "blockAt": block_at,
        "whenUnknown": "Block", "whenUnavailable": "Block",
    });
    serde_json::from_value(rules).unwrap()
}

fn decided(answer: &Value, flow: &Flow) -> (Verdict, Enforcement, Vec<ReasonCode>) {
    let read =
        OneSpan::default().read_exchanged(Operation::Login, 200, answer.to_string().as_bytes()).unwrap();
    let Exchanged::Answered { completed, .. } = read else { panic!("not answered: {answer}") };
    let own = completed.indication.expect("an answer is always judged");
    let signals =
        [Signal { indicators: completed.indicators, ..Signal::new(PROVIDER_SOURCE, Phase::Assess, own) }];
    let evidence =
        Evidence { signals: &signals, application_threshold: None, carried: RequirementSet::default() };
    let outcome = decide(&Scope::Flow(flow), &evidence);
    (outcome.verdict, outcome.enforcement, outcome.reasons.iter().map(|reason| reason.code).collect())
}

#[test]
fn every_code_has_its_decision() {
    use ReasonCode::{BelowThresholds, BlockAt, ProviderChallenged, ProviderDeclined};
    for code in (0..100).chain([999, u64::from(u32::MAX), u64::MAX]) {
        let answer = json!({ "riskResponseCode": code, "sessionStatus": "pending", "requestID": "r-1" });
        let (high, moderate) = (decided(&answer, &flow("High")), decided(&answer, &flow("Moderate")));
        let refused = |codes: &[ReasonCode]| (Verdict::Block, Enforcement::Refuse, codes.to_vec());
        match code {
            0 => {
                let passes = (Verdict::Allow, Enforcement::Pass, vec![BelowThresholds]);
                assert_eq!((&high, &moderate), (&passes, &passes));
            }
            1 => {
                let declined = refused(&[BlockAt, ProviderDeclined]);
                assert_eq!((&high, &moderate), (&declined, &declined));
            }
            _ => {
                let passes = (Verdict::Challenge, Enforcement::PassChallenged, vec![ProviderChallenged]);
                assert_eq!((high, moderate), (passes, refused(&[BlockAt, ProviderChallenged])), "{code}");
            }
        }
    }
}

#[test]
fn what_is_no_code_is_left_to_the_policy_whatever_the_state() {
    let codes = [json!(null), json!(-1), json!("0"), json!(0.0), json!(true), json!([0]), json!({})];
    for code in codes {
        for state in ["accepted", "pending"] {
            let answer = json!({ "riskResponseCode": code, "sessionStatus": state });
            let (verdict, _, codes) = decided(&answer, &flow("High"));
            assert_eq!((verdict, codes), (Verdict::Block, vec![ReasonCode::WhenUnknown]), "{answer}");
        }
    }
}
