//! Whatever risk a flow lets pass, its author is warned of it: of High, and of not knowing. Every flow there can be.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use riskgate_api::RiskPolicy;
use riskgate_api::compile::compile;
use riskgate_core::evaluate::decide;
use riskgate_core::{
    Assessment, Evidence, Flow, Level, PROVIDER_SOURCE, Phase, RequirementSet, Scope, Signal, Verdict,
};
use serde_json::{Value, json};

/// A policy with one flow of a login, completed by `rules`; fields that are null are left out.
fn policy(rules: &Value) -> RiskPolicy {
    let mut flow = json!({ "name": "login", "provider": "bankid", "operations": ["Auth"] });
    let given = rules.as_object().unwrap().clone().into_iter().filter(|(_, value)| !value.is_null());
    flow.as_object_mut().unwrap().extend(given);
    let spec = json!({
        "providers": [{
            "name": "bankid",
            "listen": { "port": 15381 },
            "bankIdSe": { "environment": "Test", "clientCertificateRefs": [{ "name": "rp" }] },
        }],
        "riskParameters": { "start": "Web", "referringDomain": "shop.example.se" },
        "flows": [flow],
    });
    RiskPolicy::new("retail", serde_json::from_value(spec).unwrap())
}

/// Whether a login passes with nothing asked of its user that was not asked of everybody.
fn passes(flow: &Flow, assessment: Assessment) -> bool {
    let signals = [Signal::new(PROVIDER_SOURCE, Phase::Assess, assessment)];
    let evidence =
        Evidence { signals: &signals, application_threshold: None, carried: RequirementSet::default() };
    decide(&Scope::Flow(flow), &evidence).enforced() == Verdict::Allow
}

#[test]
fn what_passes_is_warned_of() {
    const VERDICTS: [&str; 3] = ["Allow", "Challenge", "Block"];
    let levels = [Value::Null, json!("Moderate"), json!("High")];
    let order = json!({ "when": "Always", "require": ["PinCode"] });
    let challenges = [
        Value::Null,
        json!({ "atOrder": order, "atCollect": "AllowIfRequired" }),
        json!({ "atCollect": "PassWithHeader" }),
    ];
    let (mut silent, mut warned) = (0, 0);
    for block in &levels {
        for challenge_at in &levels {
            for unknown in VERDICTS {
                for unavailable in VERDICTS {
                    for challenge in &challenges {
                        let policy = policy(&json!({
                            "blockAt": block,
                            "challengeAt": challenge_at,
                            "whenUnknown": unknown,
                            "whenUnavailable": unavailable,
                            "challenge": challenge,
                        }));
                        let Ok((config, warnings)) = compile(&policy) else {
                            assert_eq!(
                                (block.as_str(), challenge_at.as_str()),
                                (Some("Moderate"), Some("High"))
                            );
                            continue;
                        };
                        let flow = &config.flows[0];
                        let about: Vec<&str> = warnings.iter().map(|warning| warning.path.as_str()).collect();
                        let holes =
                            [Assessment::Level(Level::High), Assessment::Unknown, Assessment::Unavailable]
                                .map(|assessment| passes(flow, assessment));
                        if holes.contains(&true) {
                            warned += 1;
                            assert!(!about.is_empty(), "{holes:?} pass without a word: {flow:?}");
                        } else if about.is_empty() {
                            silent += 1;
                        }
                    }
                }
            }
        }
    }
    assert!(
        warned > 100 && silent > 10,
        "{warned} warned of, {silent} in order: the flows are not what they were"
    );
}
